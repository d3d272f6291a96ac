//! The state of one call: its caller, arguments, inputs and answers.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::TriggerAnswer;
use crate::script::call_end::{EarlierScript, describe_path};
use crate::script::call_language::CallLanguage;
use crate::script::definition::{Script, ScriptLibrary, ScriptOutcome, ScriptTrigger};
use crate::script::empty_placeholders::EmptyPlaceholders;
use crate::script::kept_answer::KeptAnswer;
use crate::script::report::CallOutcome;
use crate::script::separated_digits::is_same_number;
use crate::script::template::{InputKind, PlaceholderValue};

mod placeholders;

pub(crate) use placeholders::CallPlaceholders;

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
    /// The scripts before the running one with their outcomes, in their order.
    earlier: Vec<(Arc<Script>, CallOutcome)>,
    /// The latest of them that has an `[ended]`.
    with_ended: Option<EarlierScript>,
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
    /// In outcomes, `[hangup]` and `[ended]`: the answer to the last request of the script. If there is none, the same
    /// as before the request.
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
            with_ended: None,
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

    /// Continues the call with another script, since the running one has ended with `outcome`. Returns whether the
    /// `[limit]` of the next script allows one more try.
    ///
    /// If it does, the input of an earlier try is removed. Otherwise the script asks for nothing, and its
    /// `[invalid_input]` can still read that input.
    pub(crate) fn start_script(&mut self, script: Arc<Script>, outcome: CallOutcome) -> bool {
        self.answer_at_start = self.own_answer.take().or_else(|| self.answer_at_start.take());
        let may_begin = self.may_begin(&script);
        if may_begin {
            self.inputs.remove(&script.name);
        }
        let script = std::mem::replace(&mut self.script, script);
        let attempt = std::mem::replace(&mut self.attempt, 1);
        self.earlier.push((script.clone(), outcome));
        if script.ended.is_some() {
            let last_answer = self.answer_at_start.clone();
            self.with_ended = Some(EarlierScript { script, attempt, last_answer });
        }
        self.count_try();
        may_begin
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

    /// The latest of the scripts before the running one that has an `[ended]`, with that table.
    pub(crate) fn earlier_with_ended(&self) -> Option<(&EarlierScript, &ScriptTrigger)> {
        let earlier = self.with_ended.as_ref()?;
        Some((earlier, earlier.script.ended.as_ref()?))
    }

    /// All scripts of the call with their outcomes. `outcome` is that of the running one.
    pub(crate) fn path(&self, outcome: CallOutcome) -> String {
        let earlier = self.earlier.iter().map(|(script, outcome)| (&*script.name, *outcome));
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
}
