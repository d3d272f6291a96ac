//! The state of a call in the dialplan, before, during and after `AGI()`.

use std::collections::HashMap;
use std::iter::repeat;

use super::parse::split_arguments;
use crate::fake::destinations::FakeDestinations;
use crate::fake::phone::Continuation;

/// A call that runs `AGI()`.
#[derive(Debug, Clone)]
pub struct FakeAsteriskCall {
    /// The part of the URL after `agi://host/`, not decoded.
    pub script: String,
    /// The arguments of `AGI(url,first,…)`.
    pub arguments: Vec<String>,
    /// Empty if unknown.
    pub caller: String,
    /// Empty if unknown.
    pub caller_name: String,
    /// The dialled number; empty if unknown.
    pub called: String,
    pub extension: String,
    pub context: String,
    pub priority: u32,
    pub language: String,
    pub line_state: FakeLineState,
    /// Variables that the dialplan has set before.
    pub variables: Vec<(String, String)>,
    /// Whether the module `func_strings` is loaded, which has the functions `ARRAY` and `LEN`.
    pub has_func_strings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeLineState {
    Ringing,
    Up,
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
            has_func_strings: true,
        }
    }
}

pub(super) struct FakeAsteriskChannel {
    destinations: FakeDestinations,
    context: String,
    extension: String,
    /// The priority that ran last; at first, that of `AGI()` itself. SET PRIORITY sets it to the new priority minus
    /// one, or to the new label.
    last_priority: Result<u32, String>,
    moved: bool,
    variables: HashMap<String, String>,
    has_func_strings: bool,
}

impl FakeAsteriskChannel {
    pub(super) fn new(call: &FakeAsteriskCall, destinations: FakeDestinations) -> Self {
        let (context, extension) = (call.context.clone(), call.extension.clone());
        let functions = [
            ("CALLERID(num)", &call.caller),
            ("CALLERID(name)", &call.caller_name),
            ("CHANNEL(language)", &call.language),
        ];
        let functions = functions.map(|(name, value)| (name.to_owned(), value.clone()));
        let variables = functions.into_iter().chain(call.variables.iter().cloned()).collect();
        Self {
            destinations,
            context,
            extension,
            last_priority: Ok(call.priority),
            moved: false,
            variables,
            has_func_strings: call.has_func_strings,
        }
    }

    /// The variables that SET VARIABLE sets, with their values: with the function `ARRAY` several, or none if that is
    /// not loaded (`array` in `func_strings.c`).
    pub(super) fn assignments(&self, name: &str, value: &str) -> Vec<(String, String)> {
        match name.strip_prefix("ARRAY(").and_then(|names| names.strip_suffix(')')) {
            Some(names) if self.has_func_strings => {
                let values = split_arguments(value).into_iter().chain(repeat(String::new()));
                split_arguments(names).into_iter().zip(values).collect()
            }
            Some(_) => Vec::new(),
            None => vec![(name.to_owned(), value.to_owned())],
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        // Leading underscores only mark variables that other channels inherit.
        self.variables.insert(name.trim_start_matches('_').to_owned(), value.to_owned());
    }

    /// The value of a variable or function. All functions exist in this fake, except those of a module that is not
    /// loaded; one that was not set is empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        if let Some(text) = name.strip_prefix("LEN(").and_then(|n| n.strip_suffix(')')) {
            return self.has_func_strings.then(|| text.len().to_string());
        }
        if let Some(destination) =
            name.strip_prefix("DIALPLAN_EXISTS(").and_then(|n| n.strip_suffix(')'))
        {
            return Some(u8::from(self.destination_exists(destination)).to_string());
        }
        match name {
            "EXTEN" => Some(self.extension.clone()),
            "CONTEXT" => Some(self.context.clone()),
            "PRIORITY" => Some(self.last_priority.clone().unwrap_or_default().to_string()),
            _ if self.variables.contains_key(name) => self.variables.get(name).cloned(),
            _ => name.ends_with(')').then(String::new),
        }
    }

    /// Whether a variable has the value `word`, in upper or lower case.
    pub(super) fn is_set_to(&self, name: &str, word: &str) -> bool {
        self.variables.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    fn destination_exists(&self, destination: &str) -> bool {
        let mut parts = destination.splitn(3, ',');
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

    /// Returns whether the priority or label exists.
    pub(super) fn set_priority(&mut self, priority: &str) -> bool {
        let last_priority = match priority.parse::<u32>() {
            Ok(0) => return false,
            Ok(number) => Ok(number - 1),
            Err(_) if self.destinations.contains(&self.context, &self.extension, priority) => {
                Err(priority.to_owned())
            }
            Err(_) => return false,
        };
        self.last_priority = last_priority;
        self.moved = true;
        true
    }

    /// Where the dialplan continues if the call was not hung up.
    pub(super) fn continuation(&self) -> Continuation {
        if !self.moved {
            return Continuation::NextStep;
        }
        let next = match &self.last_priority {
            Ok(last) => last.saturating_add(1).to_string(),
            Err(label) => label.clone(),
        };
        let destination = format!("{}@{},{next}", self.extension, self.context);
        match self.destinations.contains(&self.context, &self.extension, &next) {
            true => Continuation::Destination(destination),
            false => Continuation::NoSuchDestination(destination),
        }
    }

    pub(super) fn into_variables(self) -> HashMap<String, String> {
        self.variables
    }
}
