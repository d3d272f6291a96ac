//! The state of one call: its caller, arguments, inputs and answers. Placeholders take their values from it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::TriggerAnswer;
use crate::script::answer_part::AnswerPart;
use crate::script::call_end::{CallEnd, EarlierScript, describe_path};
use crate::script::call_language::CallLanguage;
use crate::script::condition::ConditionTexts;
use crate::script::definition::{Script, ScriptLibrary, ScriptOutcome};
use crate::script::empty_placeholders::EmptyPlaceholders;
use crate::script::kept_answer::KeptAnswer;
use crate::script::report::CallOutcome;
use crate::script::separated_digits::is_same_number;
use crate::script::template::{
    CallEndValue, InputKind, Placeholder, PlaceholderValue, PlaceholderValues, RedactedText,
    Template,
};

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
    /// The scripts before the running one, in their order.
    earlier: Vec<EarlierScript>,
    /// How often each script with a `[limit]` has begun, by the name of the script.
    tries: HashMap<String, u32>,
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
    /// In outcomes, `[hangup]` and `[ended]`: the answer to the last request of the script. If there is none, the same as before
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
        let mut state = Self {
            library,
            language: CallLanguage::of_channel(caller.clone()),
            caller,
            arguments,
            script,
            attempt: 1,
            earlier: Vec::new(),
            tries: HashMap::new(),
            inputs: HashMap::new(),
            sensitive_inputs: Vec::new(),
            answer_at_start: None,
            own_answer: None,
            answers: HashMap::new(),
            empty: RefCell::default(),
        };
        state.count_try();
        state
    }

    /// Continues the call with another script, since the running one has ended with `outcome`. If the next script has
    /// run before in this call, its earlier input is removed.
    pub(crate) fn start_script(&mut self, script: Arc<Script>, outcome: CallOutcome) {
        self.answer_at_start = self.own_answer.take().or_else(|| self.answer_at_start.take());
        self.inputs.remove(&script.name);
        self.earlier.push(EarlierScript {
            script: std::mem::replace(&mut self.script, script),
            outcome,
            attempt: std::mem::replace(&mut self.attempt, 1),
            last_answer: self.answer_at_start.clone(),
        });
        self.count_try();
    }

    fn count_try(&mut self) {
        if self.script.max_tries.is_some() {
            *self.tries.entry(self.script.name.clone()).or_default() += 1;
        }
    }

    /// Whether the `[limit]` of a script allows that it begins once more.
    pub(crate) fn may_begin(&self, script: &Script) -> bool {
        let tries = self.tries.get(&script.name).copied().unwrap_or_default();
        script.max_tries.is_none_or(|max| tries < max)
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

    /// Stores what the conditions of the branches read of the answer, while the branches judge it.
    pub(crate) fn record_judged_answer(&mut self, answer: &TriggerAnswer) {
        let parts = &self.script.condition_answer_parts;
        if !parts.is_empty() {
            self.keep_answer(KeptAnswer::new(answer, self.script.response_key(), parts));
        }
    }

    /// Stores what can still be read of the answer to the script's request, in the outcome that was chosen and later.
    pub(crate) fn record_answer(&mut self, answer: &TriggerAnswer, outcome: &ScriptOutcome) {
        let name = &self.script.name;
        let key = self.script.response_key();
        let parts = outcome.own_answer_parts(name).chain(&self.script.later_answer_parts);
        self.keep_answer(KeptAnswer::new(answer, key, parts));
    }

    fn keep_answer(&mut self, kept: KeptAnswer) {
        let kept = Arc::new(kept);
        self.answers.insert(self.script.name.clone(), kept.clone());
        self.own_answer = Some(kept);
    }

    /// The values of placeholders in a text of the running script.
    pub(crate) fn values(&self, phase: RequestPhase) -> CallPlaceholders<'_> {
        let own = self.own_answer.as_ref().filter(|_| phase == RequestPhase::After);
        CallPlaceholders {
            state: self,
            script: &self.script,
            attempt: self.attempt,
            last_answer: own.or(self.answer_at_start.as_ref()).map(|kept| &**kept),
            end: None,
            notes_empty: true,
        }
    }

    /// The values of placeholders in the conditions of the branches. A condition can test whether a value is empty, so
    /// an empty one is not noted.
    pub(crate) fn condition_texts(&self) -> CallPlaceholders<'_> {
        CallPlaceholders { notes_empty: false, ..self.values(RequestPhase::After) }
    }

    /// The values of placeholders in `[hangup]` of the running script, and in its `[ended]`.
    pub(crate) fn values_at_end<'s>(&'s self, end: &'s CallEnd) -> CallPlaceholders<'s> {
        CallPlaceholders { end: Some(end), ..self.values(RequestPhase::After) }
    }

    /// The values of placeholders in `[ended]` of a script that has led to another one.
    pub(crate) fn values_of_earlier<'s>(
        &'s self,
        earlier: &'s EarlierScript,
        end: &'s CallEnd,
    ) -> CallPlaceholders<'s> {
        CallPlaceholders {
            state: self,
            script: &earlier.script,
            attempt: earlier.attempt,
            last_answer: earlier.last_answer.as_deref(),
            end: Some(end),
            notes_empty: true,
        }
    }

    /// The latest of the scripts before the running one that has an `[ended]`.
    pub(crate) fn earlier_with_ended(&self) -> Option<&EarlierScript> {
        self.earlier.iter().rfind(|earlier| earlier.script.ended.is_some())
    }

    /// All scripts of the call with their outcomes. `outcome` is that of the running one.
    pub(crate) fn path(&self, outcome: CallOutcome) -> String {
        let earlier = self.earlier.iter().map(|earlier| (&*earlier.script.name, earlier.outcome));
        describe_path(earlier.chain([(&*self.script.name, outcome)]))
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

    fn value<'s>(
        &'s self,
        placeholder: &Placeholder,
        text: &CallPlaceholders<'s>,
    ) -> PlaceholderValue<'s> {
        let caller = &*self.caller;
        match placeholder {
            Placeholder::Caller => PlaceholderValue::public(&caller.number),
            Placeholder::CallerName => PlaceholderValue::public(&caller.name),
            Placeholder::Called => PlaceholderValue::public(&caller.called),
            Placeholder::CallId => PlaceholderValue::public(&caller.call_id),
            Placeholder::Channel => PlaceholderValue::public(&caller.channel),
            Placeholder::Language => PlaceholderValue::public(self.language.as_str()),
            Placeholder::Keypress => self.input_value(&text.script.name, InputKind::Keypress),
            Placeholder::Speech => self.input_value(&text.script.name, InputKind::Speech),
            Placeholder::Input => self.input_value(&text.script.name, InputKind::Input),
            Placeholder::Attempt => PlaceholderValue::public(text.attempt.to_string()),
            Placeholder::Script => PlaceholderValue::public(&self.script.name),
            Placeholder::Arg(name) => {
                PlaceholderValue::public(self.arguments.get(name).unwrap_or_default())
            }
            Placeholder::Secret(name) => {
                let secret = self.library.secrets.get(name).unwrap_or_default();
                PlaceholderValue { text: Cow::Borrowed(secret), sensitive: true }
            }
            Placeholder::OtherScript(script, kind) => self.input_value(script, *kind),
            Placeholder::Answer(part) => self.answer_value(text.last_answer, part),
            Placeholder::OtherAnswer(script, part) => {
                self.answer_value(self.answers.get(script).map(|kept| &**kept), part)
            }
            Placeholder::CallEnd(value) => {
                let value_text = text.end.map(|end| end.text(*value)).unwrap_or_default();
                // Only the code is a value from outside.
                let sensitive =
                    *value == CallEndValue::Code && self.contains_sensitive(&value_text);
                PlaceholderValue { sensitive, text: value_text }
            }
        }
    }
}

/// The values of placeholders in the texts of one script.
pub(crate) struct CallPlaceholders<'s> {
    state: &'s CallState<'s>,
    /// The script that the texts belong to.
    script: &'s Script,
    /// The number of its attempt.
    attempt: u32,
    /// Whether placeholders without a value are noted for the report.
    notes_empty: bool,
    /// The answer that `{$path}` reads.
    last_answer: Option<&'s KeptAnswer>,
    /// Only in `[hangup]` and `[ended]`.
    end: Option<&'s CallEnd>,
}

impl ConditionTexts for CallPlaceholders<'_> {
    fn fill(&self, template: &Template) -> Result<RedactedText, Placeholder> {
        // A text that is only compared is not escaped, which can't fail.
        Ok(template.fill(self).unwrap_or_default())
    }

    fn is_sensitive(&self, value: &str) -> bool {
        self.state.contains_sensitive(value)
    }
}

impl PlaceholderValues for CallPlaceholders<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        let value = self.state.value(placeholder, self);
        if self.notes_empty && value.text.is_empty() {
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
