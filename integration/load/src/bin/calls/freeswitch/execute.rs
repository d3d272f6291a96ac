//! The applications that a server can execute.

use super::command::EslCommand;

pub(super) struct Execute {
    pub(super) application: Application,
    pub(super) name: String,
    pub(super) argument: String,
    pub(super) uuid: String,
    /// Later ones wait until it has ended.
    pub(super) event_lock: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Application {
    Answer,
    /// It ends at once and has no effect here.
    Instant,
    Set,
    Multiset,
    Playback,
    PlayAndGetDigits,
    Break,
    Transfer,
}

impl Execute {
    /// `None` if the command is no `execute`, or of an application that is not known.
    pub(super) fn from_command(command: &EslCommand) -> Option<Self> {
        if command.header("call-command") != Some("execute") {
            return None;
        }
        let name = command.header("execute-app-name")?;
        let application = match name {
            "answer" => Application::Answer,
            "eval" | "unset" => Application::Instant,
            "set" => Application::Set,
            "multiset" => Application::Multiset,
            "playback" => Application::Playback,
            "play_and_get_digits" => Application::PlayAndGetDigits,
            "break" => Application::Break,
            "transfer" => Application::Transfer,
            _ => return None,
        };
        Some(Self {
            application,
            name: name.to_owned(),
            argument: command.argument().to_owned(),
            uuid: command.header("Event-UUID").unwrap_or(GENERATED_UUID).to_owned(),
            event_lock: command.header("event-lock") == Some("true"),
        })
    }

    /// The variable of `play_and_get_digits MIN MAX TRIES TIMEOUT TERMINATORS FILE INVALID_FILE VARIABLE`.
    pub(super) fn digits_variable(&self) -> Option<&str> {
        self.argument.split(' ').nth(7)
    }

    /// MAX of `play_and_get_digits`.
    pub(super) fn most_digits(&self) -> Option<usize> {
        self.argument.split(' ').nth(1)?.parse().ok()
    }
}

const GENERATED_UUID: &str = "a3655145-b3b8-4e11-982c-1d55d5b529e6";

/// The assignments of `multiset` and of `uuid_setvar_multi`: `A=a;B=b`, or with `^^` and another separator before them.
pub(super) fn assignments(text: &str) -> Vec<(String, String)> {
    let mut characters = text.chars();
    let (separator, rest) = match (characters.next(), characters.next(), characters.next()) {
        (Some('^'), Some('^'), Some(separator)) => (separator, characters.as_str()),
        _ => (';', text),
    };
    let pairs = rest.split(separator).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), unquote(value))).collect()
}

/// The value without the quotes and backslashes that keep FreeSWITCH from splitting it.
pub(super) fn unquote(value: &str) -> String {
    value.chars().filter(|character| !matches!(character, '\'' | '\\')).collect()
}
