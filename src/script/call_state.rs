//! The state of one call: its caller, arguments, inputs and answers. Placeholders take their values from it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::TriggerAnswer;
use crate::script::answer_part::AnswerPart;
use crate::script::call_language::CallLanguage;
use crate::script::definition::{Script, ScriptLibrary, ScriptOutcome};
use crate::script::empty_placeholders::EmptyPlaceholders;
use crate::script::kept_answer::KeptAnswer;
use crate::script::separated_digits::is_same_number;
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
    pub(crate) language: CallLanguage,
    /// The last input of each script, by the name of the script.
    inputs: HashMap<String, EnteredInput>,
    /// The sensitive inputs of all attempts in all scripts.
    sensitive_inputs: Vec<String>,
    /// The answer that was last when the running script began.
    answer_at_start: Option<Arc<KeptAnswer>>,
    /// The answer to the last request of the running script, if that got one.
    own_answer: Option<Arc<KeptAnswer>>,
    /// The last answer of each script, by the name of the script.
    answers: HashMap<String, Arc<KeptAnswer>>,
    /// The placeholders that had no value so far.
    empty: RefCell<EmptyPlaceholders>,
}

/// Whether a text is filled in before the request of its script or after it. That decides which answer `{$path}` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestPhase {
    /// In `[prompt]` and `[trigger]`: the answer that was last when the script began, in every attempt.
    Before,
    /// In outcomes and `[hangup]`: the answer to the last request of the script. If there is none, the same as before
    /// the request.
    After,
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
        Self {
            library,
            language: CallLanguage::of_channel(caller.clone()),
            caller,
            arguments,
            script,
            attempt: 1,
            inputs: HashMap::new(),
            sensitive_inputs: Vec::new(),
            answer_at_start: None,
            own_answer: None,
            answers: HashMap::new(),
            empty: RefCell::default(),
        }
    }

    /// Continues the call with another script. If that script has run before in this call, its earlier input is
    /// removed.
    pub(crate) fn start_script(&mut self, script: Arc<Script>) {
        self.answer_at_start = self.own_answer.take().or_else(|| self.answer_at_start.take());
        self.inputs.remove(&script.name);
        self.script = script;
        self.attempt = 1;
    }

    pub(crate) fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// The number of the attempt, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
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

    /// Removes the answer to the script's last request, since another request is sent. What that answer said about an
    /// earlier input must not be taken for an answer to this one.
    pub(crate) fn start_request(&mut self) {
        self.own_answer = None;
    }

    /// Stores what can still be read of the answer to the script's request, in the outcome that was chosen and later.
    pub(crate) fn record_answer(&mut self, answer: &TriggerAnswer, outcome: &ScriptOutcome) {
        let name = &self.script.name;
        let key = self.script.response_key();
        let parts = outcome.own_answer_parts(name).chain(&self.script.later_answer_parts);
        let kept = Arc::new(KeptAnswer::new(answer, key, parts));
        self.answers.insert(name.clone(), kept.clone());
        self.own_answer = Some(kept);
    }

    /// The values of placeholders in a text of the running script.
    pub(crate) fn values(&self, phase: RequestPhase) -> CallPlaceholders<'_> {
        let own = self.own_answer.as_ref().filter(|_| phase == RequestPhase::After);
        CallPlaceholders {
            state: self,
            last_answer: own.or(self.answer_at_start.as_ref()).map(|kept| &**kept),
        }
    }

    /// The placeholders that had no value, in the whole call.
    pub(crate) fn take_empty_placeholders(&mut self) -> EmptyPlaceholders {
        self.empty.take()
    }

    /// The input of the running script.
    pub(crate) fn input(&self) -> PlaceholderValue<'_> {
        self.input_value(&self.script.name, InputKind::Input)
    }

    /// Whether the text contains a secret or a sensitive input of this call, or is such an input in another spelling.
    pub(crate) fn contains_sensitive(&self, text: &str) -> bool {
        let repeats = |input: &String| text.contains(input.as_str()) || is_same_number(text, input);
        self.sensitive_inputs.iter().any(repeats)
            || self.library.secrets.values().any(|secret| text.contains(secret))
    }

    fn input_value(&self, script: &str, kind: InputKind) -> PlaceholderValue<'_> {
        self.inputs.get(script).map(|input| input.value(kind)).unwrap_or_default()
    }

    /// A value of an answer. It is sensitive if it contains a secret or a sensitive input.
    fn answer_value<'v>(
        &self,
        answer: Option<&'v KeptAnswer>,
        part: &AnswerPart,
    ) -> PlaceholderValue<'v> {
        let text = answer.and_then(|answer| answer.value(part)).unwrap_or_default();
        PlaceholderValue { sensitive: self.contains_sensitive(text), text: Cow::Borrowed(text) }
    }

    fn value(
        &self,
        placeholder: &Placeholder,
        last_answer: Option<&'a KeptAnswer>,
    ) -> PlaceholderValue<'_> {
        let caller = &*self.caller;
        match placeholder {
            Placeholder::Caller => PlaceholderValue::public(&caller.number),
            Placeholder::CallerName => PlaceholderValue::public(&caller.name),
            Placeholder::Called => PlaceholderValue::public(&caller.called),
            Placeholder::CallId => PlaceholderValue::public(&caller.call_id),
            Placeholder::Channel => PlaceholderValue::public(&caller.channel),
            Placeholder::Language => PlaceholderValue::public(self.language.as_str()),
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
            Placeholder::Answer(part) => self.answer_value(last_answer, part),
            Placeholder::OtherAnswer(script, part) => {
                self.answer_value(self.answers.get(script).map(|kept| &**kept), part)
            }
        }
    }
}

/// The values of placeholders. Those without a value are noted.
pub(crate) struct CallPlaceholders<'s> {
    state: &'s CallState<'s>,
    /// The answer that `{$path}` reads.
    last_answer: Option<&'s KeptAnswer>,
}

impl PlaceholderValues for CallPlaceholders<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        let value = self.state.value(placeholder, self.last_answer);
        if value.text.is_empty() {
            self.state.empty.borrow_mut().add(placeholder);
        }
        value
    }

    fn is_json_number(&self, placeholder: &Placeholder) -> bool {
        match placeholder {
            Placeholder::Answer(part) => {
                self.last_answer.is_some_and(|answer| answer.is_json_number(part))
            }
            Placeholder::OtherAnswer(script, part) => {
                self.state.answers.get(script).is_some_and(|answer| answer.is_json_number(part))
            }
            _ => false,
        }
    }
}
