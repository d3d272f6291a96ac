//! What the dialplan knows of a call, before, during and after `AGI()`.

use std::collections::HashMap;

use crate::fake::destinations::FakeDestinations;
use crate::fake::phone::Continuation;

/// A call as it reaches `AGI()`.
#[derive(Debug, Clone)]
pub struct FakeAsteriskCall {
    /// What stands behind the slash of `agi://host/`, raw.
    pub script: String,
    /// The arguments of `AGI(url,first,…)`.
    pub arguments: Vec<String>,
    /// The caller's number; empty where it is unknown.
    pub caller: String,
    /// The caller's name; empty where it is unknown.
    pub caller_name: String,
    /// The number that was dialled; empty where the line did not tell.
    pub called: String,
    /// The extension that the call is in.
    pub extension: String,
    /// Its context.
    pub context: String,
    /// Its priority.
    pub priority: u32,
    /// The channel's language.
    pub language: String,
    /// How the line is.
    pub line_state: FakeLineState,
    /// Variables that were set before.
    pub variables: Vec<(String, String)>,
}

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeLineState {
    /// Not picked up.
    Ringing,
    /// Picked up.
    Up,
    /// Hung up.
    HungUp,
}

impl Default for FakeAsteriskCall {
    fn default() -> Self {
        let (script, arguments, caller, caller_name, variables) = Default::default();
        Self {
            script,
            arguments,
            caller,
            caller_name,
            called: "7000".into(),
            extension: "7000".into(),
            context: "from-phones".into(),
            priority: 1,
            language: "en".into(),
            line_state: FakeLineState::Ringing,
            variables,
        }
    }
}

/// The channel as the dialplan keeps it.
pub(super) struct FakeAsteriskChannel {
    destinations: FakeDestinations,
    context: String,
    extension: String,
    /// What ran last there; `AGI()` itself at first. A label stands for the priority before it.
    priority: Result<u32, String>,
    moved: bool,
    variables: HashMap<String, String>,
}

impl FakeAsteriskChannel {
    pub(super) fn new(call: &FakeAsteriskCall, destinations: FakeDestinations) -> Self {
        let (context, extension) = (call.context.clone(), call.extension.clone());
        let party = [("CALLERID(num)", &call.caller), ("CALLERID(name)", &call.caller_name)];
        let party = party.map(|(name, value)| (name.to_owned(), value.clone()));
        let variables = party.into_iter().chain(call.variables.iter().cloned()).collect();
        Self {
            destinations,
            context,
            extension,
            priority: Ok(call.priority),
            moved: false,
            variables,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        // Leading underscores say that channels made from this one inherit it.
        self.variables.insert(name.trim_start_matches('_').to_owned(), value.to_owned());
    }

    /// A variable, or a function's value: those that were set, and empty ones, since all functions are there.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        if let Some(place) = name.strip_prefix("DIALPLAN_EXISTS(").and_then(|n| n.strip_suffix(')'))
        {
            return Some(u8::from(self.destination_exists(place)).to_string());
        }
        match name {
            "EXTEN" => Some(self.extension.clone()),
            "CONTEXT" => Some(self.context.clone()),
            "PRIORITY" => Some(self.priority.clone().unwrap_or_default().to_string()),
            _ if self.variables.contains_key(name) => self.variables.get(name).cloned(),
            _ => name.ends_with(')').then(String::new),
        }
    }

    /// Whether a variable is set to a word, in capitals or not.
    pub(super) fn is_set_to(&self, name: &str, word: &str) -> bool {
        self.variables.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    fn destination_exists(&self, place: &str) -> bool {
        let mut parts = place.splitn(3, ',');
        let (context, extension) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        self.destinations.contains(context, extension, parts.next().unwrap_or("1"))
    }

    pub(super) fn set_context(&mut self, context: &str) {
        self.moved = true;
        self.context = context.to_owned();
    }

    pub(super) fn set_extension(&mut self, extension: &str) {
        self.moved = true;
        self.extension = extension.to_owned();
    }

    /// Whether there is such a priority or label.
    pub(super) fn set_priority(&mut self, priority: &str) -> bool {
        let last = match priority.parse::<u32>() {
            Ok(0) => return false,
            Ok(number) => Ok(number - 1),
            Err(_) if self.destinations.contains(&self.context, &self.extension, priority) => {
                Err(priority.to_owned())
            }
            Err(_) => return false,
        };
        self.priority = last;
        self.moved = true;
        true
    }

    /// Where the dialplan goes on with a call that lives.
    pub(super) fn continuation(&self) -> Continuation {
        if !self.moved {
            return Continuation::NextStep;
        }
        let next = match &self.priority {
            Ok(last) => last.saturating_add(1).to_string(),
            Err(label) => label.clone(),
        };
        let place = format!("{}@{},{next}", self.extension, self.context);
        match self.destinations.contains(&self.context, &self.extension, &next) {
            true => Continuation::Destination(place),
            false => Continuation::NoSuchDestination(place),
        }
    }

    pub(super) fn into_variables(self) -> HashMap<String, String> {
        self.variables
    }
}
