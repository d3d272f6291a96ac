//! What a call knows: where placeholders get their values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::Caller;
use crate::script::answer::{Answer, Found};
use crate::script::definition::{Library, Script};
use crate::script::template::{Entered, Placeholder, Value, Values};

/// Arguments that the dialplan gave, by name; the first of `AGI(url,first,…)` is `1`. A name's first value wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl FromIterator<(String, String)> for Arguments {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// What a call knows while its scripts run.
pub struct Memory<'a> {
    library: &'a Library,
    caller: Arc<Caller>,
    arguments: Arguments,
    script: Arc<Script>,
    attempt: u32,
    entered: HashMap<String, Input>,
    /// All that was entered as sensitive, in every attempt.
    sensitive: Vec<String>,
    answer: Option<Arc<Answer>>,
}

/// How something was entered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// By keys.
    #[default]
    Keypress,
    /// By speech.
    Speech,
}

#[derive(Default)]
struct Input {
    text: String,
    by: By,
    sensitive: bool,
}

impl Input {
    fn value(&self, entered: Entered) -> Value<'_> {
        let text = match (entered, self.by) {
            (Entered::Input, _)
            | (Entered::Keypress, By::Keypress)
            | (Entered::Speech, By::Speech) => &self.text,
            _ => "",
        };
        Value { text: Cow::Borrowed(text), sensitive: self.sensitive }
    }
}

impl<'a> Memory<'a> {
    /// A call that begins with a script.
    pub fn new(
        library: &'a Library,
        caller: Arc<Caller>,
        script: Arc<Script>,
        arguments: Arguments,
    ) -> Self {
        let (entered, sensitive, answer) = (HashMap::new(), Vec::new(), None);
        Self { library, caller, arguments, script, attempt: 1, entered, sensitive, answer }
    }

    /// The call goes on with another script; what was entered in one of that name before is forgotten.
    pub fn begin(&mut self, script: Arc<Script>) {
        self.entered.remove(&script.name);
        self.script = script;
        self.attempt = 1;
    }

    /// The script that runs.
    pub fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// Counts one more question, where `repeat` still allows it.
    pub fn may_ask_again(&mut self) -> bool {
        let allowed = self.attempt <= self.script.prompt.repeat;
        self.attempt += u32::from(allowed);
        allowed
    }

    /// Something was entered in the running script. What one of its ways to enter it declares sensitive is so by the
    /// other way too.
    pub fn enter(&mut self, text: String, by: By) {
        let sensitive = self.script.keypress.as_ref().is_some_and(|keypress| keypress.sensitive)
            || self.script.speech.as_ref().is_some_and(|speech| speech.sensitive);
        if sensitive && !text.is_empty() {
            self.sensitive.push(text.clone());
        }
        self.entered.insert(self.script.name.clone(), Input { text, by, sensitive });
    }

    /// A complete reply came.
    pub fn answered(&mut self, answer: Arc<Answer>) {
        self.answer = Some(answer);
    }

    /// What was entered in the running script.
    pub fn input(&self) -> Value<'_> {
        self.entered_in(&self.script.name, Entered::Input)
    }

    /// Whether a text holds a secret, or something that was entered as sensitive in this call.
    pub fn gives_away(&self, text: &str) -> bool {
        let entered = self.sensitive.iter().map(String::as_str);
        entered.chain(self.library.secrets.values()).any(|secret| text.contains(secret))
    }

    fn entered_in(&self, script: &str, entered: Entered) -> Value<'_> {
        self.entered.get(script).map(|input| input.value(entered)).unwrap_or_default()
    }
}

impl Values for Memory<'_> {
    fn value(&self, of: &Placeholder) -> Value<'_> {
        let caller = &*self.caller;
        match of {
            Placeholder::Caller => Value::open(&caller.number),
            Placeholder::CallerName => Value::open(&caller.name),
            Placeholder::Called => Value::open(&caller.called),
            Placeholder::CallId => Value::open(&caller.call_id),
            Placeholder::Channel => Value::open(&caller.channel),
            Placeholder::Language => Value::open(&caller.language),
            Placeholder::Keypress => self.entered_in(&self.script.name, Entered::Keypress),
            Placeholder::Speech => self.entered_in(&self.script.name, Entered::Speech),
            Placeholder::Input => self.input(),
            Placeholder::Attempt => Value::open(self.attempt.to_string()),
            Placeholder::Script => Value::open(&self.script.name),
            Placeholder::Arg(name) => Value::open(self.arguments.get(name).unwrap_or_default()),
            Placeholder::Secret(name) => {
                let secret = self.library.secrets.get(name).unwrap_or_default();
                Value { text: Cow::Borrowed(secret), sensitive: true }
            }
            Placeholder::Earlier(script, entered) => self.entered_in(script, *entered),
            Placeholder::Answer(path) => {
                match self.answer.as_ref().map_or(Found::Absent, |answer| answer.at(path)) {
                    Found::Text(text) => Value { sensitive: self.gives_away(&text), text },
                    Found::Absent | Found::Composite => Value::default(),
                }
            }
        }
    }
}
