//! What a call knows: where placeholders get their values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::definition::{Script, ScriptLibrary};
use crate::script::template::{InputKind, Placeholder, PlaceholderValue, PlaceholderValues};

/// Arguments that the dialplan gave, by name; the first of `AGI(url,first,…)` is `1`. A name's first value wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptArguments(Vec<(String, String)>);

impl ScriptArguments {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl FromIterator<(String, String)> for ScriptArguments {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// What a call knows while its scripts run.
pub struct CallState<'a> {
    library: &'a ScriptLibrary,
    caller: Arc<Caller>,
    arguments: ScriptArguments,
    script: Arc<Script>,
    attempt: u32,
    inputs: HashMap<String, EnteredInput>,
    /// All that was entered as sensitive, in every attempt.
    sensitive_inputs: Vec<String>,
    answer: Option<Arc<TriggerAnswer>>,
}

/// How something was entered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InputMethod {
    /// By keys.
    #[default]
    Keypress,
    /// By speech.
    Speech,
}

#[derive(Default)]
struct EnteredInput {
    text: String,
    method: InputMethod,
    sensitive: bool,
}

impl EnteredInput {
    fn value(&self, entered: InputKind) -> PlaceholderValue<'_> {
        let text = match (entered, self.method) {
            (InputKind::Input, _)
            | (InputKind::Keypress, InputMethod::Keypress)
            | (InputKind::Speech, InputMethod::Speech) => &self.text,
            _ => "",
        };
        PlaceholderValue { text: Cow::Borrowed(text), sensitive: self.sensitive }
    }
}

impl<'a> CallState<'a> {
    /// A call that begins with a script.
    pub fn new(
        library: &'a ScriptLibrary,
        caller: Arc<Caller>,
        script: Arc<Script>,
        arguments: ScriptArguments,
    ) -> Self {
        let (inputs, sensitive_inputs, answer) = (HashMap::new(), Vec::new(), None);
        Self { library, caller, arguments, script, attempt: 1, inputs, sensitive_inputs, answer }
    }

    /// The call goes on with another script; what was entered in one of that name before is forgotten.
    pub fn start_script(&mut self, script: Arc<Script>) {
        self.inputs.remove(&script.name);
        self.script = script;
        self.attempt = 1;
    }

    /// The script that runs.
    pub fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// Counts one more question, where `repeat` still allows it.
    pub fn start_next_attempt(&mut self) -> bool {
        let allowed = self.attempt <= self.script.prompt.repeat;
        self.attempt += u32::from(allowed);
        allowed
    }

    /// Something was entered in the running script. What one of its ways to enter it declares sensitive is so by the
    /// other way too.
    pub fn record_input(&mut self, text: String, by: InputMethod) {
        let sensitive = self.script.keypress.as_ref().is_some_and(|keypress| keypress.sensitive)
            || self.script.speech.as_ref().is_some_and(|speech| speech.sensitive);
        if sensitive && !text.is_empty() {
            self.sensitive_inputs.push(text.clone());
        }
        self.inputs.insert(self.script.name.clone(), EnteredInput { text, method: by, sensitive });
    }

    /// A complete reply came.
    pub fn record_answer(&mut self, answer: Arc<TriggerAnswer>) {
        self.answer = Some(answer);
    }

    /// What was entered in the running script.
    pub fn input(&self) -> PlaceholderValue<'_> {
        self.input_value(&self.script.name, InputKind::Input)
    }

    /// Whether a text holds a secret, or something that was entered as sensitive in this call.
    pub fn contains_sensitive(&self, text: &str) -> bool {
        let entered = self.sensitive_inputs.iter().map(String::as_str);
        entered.chain(self.library.secrets.values()).any(|secret| text.contains(secret))
    }

    fn input_value(&self, script: &str, entered: InputKind) -> PlaceholderValue<'_> {
        self.inputs.get(script).map(|input| input.value(entered)).unwrap_or_default()
    }
}

impl PlaceholderValues for CallState<'_> {
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_> {
        let caller = &*self.caller;
        match of {
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
            Placeholder::OtherScript(script, entered) => self.input_value(script, *entered),
            Placeholder::Answer(path) => {
                match self.answer.as_ref().map_or(AnswerValue::Absent, |answer| answer.lookup(path))
                {
                    AnswerValue::Text(text) => {
                        PlaceholderValue { sensitive: self.contains_sensitive(&text), text }
                    }
                    AnswerValue::Absent | AnswerValue::Composite => PlaceholderValue::default(),
                }
            }
        }
    }
}
