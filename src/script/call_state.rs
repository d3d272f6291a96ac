//! The state of one call: its caller, arguments, inputs and last answer. Placeholders take their values from it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::definition::{Script, ScriptLibrary};
use crate::script::path::KeyPath;
use crate::script::template::{InputKind, Placeholder, PlaceholderValue, PlaceholderValues};

/// The arguments from the dialplan, by name. In `AGI(url,first,…)` the name of the first argument is `1`. If a name
/// occurs twice, its first value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptArguments(Vec<(String, String)>);

impl ScriptArguments {
    /// The value of the argument `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FromIterator<(String, String)> for ScriptArguments {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// The state of a call while its scripts run.
pub(crate) struct CallState<'a> {
    library: &'a ScriptLibrary,
    caller: Arc<Caller>,
    arguments: ScriptArguments,
    script: Arc<Script>,
    attempt: u32,
    /// The last input of each script, by the name of the script.
    inputs: HashMap<String, EnteredInput>,
    /// The sensitive inputs of all attempts in all scripts.
    sensitive_inputs: Vec<String>,
    answer: Option<Arc<TriggerAnswer>>,
}

/// How a caller entered an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum InputMethod {
    /// By pressing keys.
    #[default]
    Keypress,
    /// By speaking.
    Speech,
}

#[derive(Default)]
struct EnteredInput {
    text: String,
    method: InputMethod,
    sensitive: bool,
}

impl EnteredInput {
    fn value(&self, kind: InputKind) -> PlaceholderValue<'_> {
        let text = match (kind, self.method) {
            (InputKind::Input, _)
            | (InputKind::Keypress, InputMethod::Keypress)
            | (InputKind::Speech, InputMethod::Speech) => &self.text,
            _ => "",
        };
        PlaceholderValue { text: Cow::Borrowed(text), sensitive: self.sensitive }
    }
}

impl<'a> CallState<'a> {
    /// A call that starts with `script`.
    pub(crate) fn new(
        library: &'a ScriptLibrary,
        caller: Arc<Caller>,
        script: Arc<Script>,
        arguments: ScriptArguments,
    ) -> Self {
        let (inputs, sensitive_inputs, answer) = (HashMap::new(), Vec::new(), None);
        Self { library, caller, arguments, script, attempt: 1, inputs, sensitive_inputs, answer }
    }

    /// Continues the call with another script. If that script has run before in this call, its earlier input is
    /// removed.
    pub(crate) fn start_script(&mut self, script: Arc<Script>) {
        self.inputs.remove(&script.name);
        self.script = script;
        self.attempt = 1;
    }

    pub(crate) fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// Starts another attempt if `repeat` allows one; returns whether it does.
    pub(crate) fn start_next_attempt(&mut self) -> bool {
        let allowed = self.attempt <= self.script.prompt.repeat;
        self.attempt += u32::from(allowed);
        allowed
    }

    /// Stores the input of the running script.
    pub(crate) fn record_input(&mut self, text: String, method: InputMethod) {
        let sensitive = self.script.has_sensitive_input();
        if sensitive && !text.is_empty() {
            self.sensitive_inputs.push(text.clone());
        }
        self.inputs.insert(self.script.name.clone(), EnteredInput { text, method, sensitive });
    }

    /// Stores a complete answer.
    pub(crate) fn record_answer(&mut self, answer: Arc<TriggerAnswer>) {
        self.answer = Some(answer);
    }

    /// The input of the running script.
    pub(crate) fn input(&self) -> PlaceholderValue<'_> {
        self.input_value(&self.script.name, InputKind::Input)
    }

    /// Whether the text contains a secret, or a sensitive input of this call.
    pub(crate) fn contains_sensitive(&self, text: &str) -> bool {
        let inputs = self.sensitive_inputs.iter().map(String::as_str);
        inputs.chain(self.library.secrets.values()).any(|secret| text.contains(secret))
    }

    fn input_value(&self, script: &str, kind: InputKind) -> PlaceholderValue<'_> {
        self.inputs.get(script).map(|input| input.value(kind)).unwrap_or_default()
    }

    /// A value of the last answer. It is sensitive if it contains a secret or a sensitive input.
    fn answer_value(&self, path: &KeyPath) -> PlaceholderValue<'_> {
        match self.answer.as_ref().map(|answer| answer.lookup(path)) {
            Some(AnswerValue::Text(text)) => {
                PlaceholderValue { sensitive: self.contains_sensitive(&text), text }
            }
            Some(AnswerValue::Absent | AnswerValue::Composite) | None => {
                PlaceholderValue::default()
            }
        }
    }
}

impl PlaceholderValues for CallState<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        let caller = &*self.caller;
        match placeholder {
            Placeholder::Caller => PlaceholderValue::public(&caller.number),
            Placeholder::CallerName => PlaceholderValue::public(&caller.name),
            Placeholder::Called => PlaceholderValue::public(&caller.called),
            Placeholder::CallId => PlaceholderValue::public(&caller.call_id),
            Placeholder::Channel => PlaceholderValue::public(&caller.channel),
            Placeholder::Language => PlaceholderValue::public(&caller.language),
            Placeholder::Keypress => self.input_value(&self.script.name, InputKind::Keypress),
            Placeholder::Speech => self.input_value(&self.script.name, InputKind::Speech),
            Placeholder::Input => self.input(),
            Placeholder::Attempt => PlaceholderValue::public(self.attempt.to_string()),
            Placeholder::Script => PlaceholderValue::public(&self.script.name),
            Placeholder::Arg(name) => {
                PlaceholderValue::public(self.arguments.get(name).unwrap_or_default())
            }
            Placeholder::Secret(name) => {
                let secret = self.library.secrets.get(name).unwrap_or_default();
                PlaceholderValue { text: Cow::Borrowed(secret), sensitive: true }
            }
            Placeholder::OtherScript(script, kind) => self.input_value(script, *kind),
            Placeholder::Answer(path) => self.answer_value(path),
        }
    }
}
