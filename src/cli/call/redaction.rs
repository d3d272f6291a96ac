//! Masks sensitive values in the events of a simulated call.
//!
//! The fake switch does not know what is sensitive. The server does: its log events come before the commands that they
//! belong to, and sensitive values are masked in them.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde_json::json;

use crate::cli::printer::OutputLine;
use crate::cli::simulated_voice::PromptTexts;
use crate::fake::phone::{CallEvent, Continuation};
use crate::script::template::MASK;
use crate::telemetry::event_layer::LogEvent;

/// Variables that never have a sensitive value, in upper case. `DIALSCRIPT_INPUT` is empty if the input is sensitive.
const PUBLIC_VARIABLES: [&str; 5] = [
    "DIALSCRIPT_OUTCOME",
    "DIALSCRIPT_SCRIPT",
    "DIALSCRIPT_HTTP_STATUS",
    "DIALSCRIPT_CACHE",
    "DIALSCRIPT_INPUT",
];

/// What the output must not show.
pub(super) enum CallRedaction {
    Nothing,
    /// The server runs elsewhere, so it is not known which values are sensitive.
    All,
    /// What the server's log events have masked so far.
    ByLog(Mutex<MaskedByLog>),
}

#[derive(Default)]
pub(super) struct MaskedByLog {
    /// Whether the script that asks for input has sensitive input.
    input: bool,
    /// The values of variables as the log shows them.
    variables: HashMap<String, String>,
    destination: Option<String>,
}

impl CallRedaction {
    pub(super) fn by_log() -> Self {
        Self::ByLog(Mutex::default())
    }

    /// Learns from an event of the server's log.
    pub(super) fn observe(&self, event: &LogEvent) {
        let Self::ByLog(masked) = self else { return };
        let mut masked = masked.lock();
        let field = |name: &str| event.field(name).unwrap_or_default().to_owned();
        match event.message.as_str() {
            "question" => masked.input = field("sensitive") == "true",
            "variable" => drop(masked.variables.insert(field("name"), field("value"))),
            "answer" => drop(masked.variables.insert("DIALSCRIPT_CODE".into(), field("code"))),
            "destination" => masked.destination = Some(field("destination")),
            _ => {}
        }
    }

    /// The line of an event, without sensitive values.
    pub(super) fn line(&self, event: CallEvent, texts: &PromptTexts) -> OutputLine {
        let key_line = |event, suffix| {
            let text = format!("the caller presses {MASK}{suffix}");
            OutputLine::new(event, json!({ "key": MASK }), text)
        };
        match event {
            CallEvent::KeyPressed(_) if self.hides_input() => key_line("presses", ""),
            CallEvent::KeyLost(_) if self.hides_input() => {
                key_line("key_lost", ": ignored, no input is expected")
            }
            event => OutputLine::from_call_event(&self.redact(event, texts)),
        }
    }

    fn redact(&self, event: CallEvent, texts: &PromptTexts) -> CallEvent {
        match event {
            CallEvent::SoundStarted { sound, duration } => {
                CallEvent::SoundStarted { sound: self.sound(sound, texts), duration }
            }
            CallEvent::SoundInterrupted { sound, played } => {
                CallEvent::SoundInterrupted { sound: self.sound(sound, texts), played }
            }
            CallEvent::SoundMissing { sound } => {
                CallEvent::SoundMissing { sound: self.sound(sound, texts) }
            }
            CallEvent::CallerSpoke { duration, .. } if self.hides_input() => {
                CallEvent::CallerSpoke { text: MASK.to_owned(), duration }
            }
            CallEvent::VariableSet { name, value } => {
                let value = self.variable(&name, value);
                CallEvent::VariableSet { name, value }
            }
            CallEvent::DialplanContinued(to) => CallEvent::DialplanContinued(self.continuation(to)),
            other => other,
        }
    }

    fn hides_input(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::ByLog(masked) => masked.lock().input,
        }
    }

    /// The text that is spoken, or the sound's name without sensitive text that the switch speaks.
    fn sound(&self, sound: String, texts: &PromptTexts) -> String {
        match self {
            Self::All => PromptTexts::without_spoken_text(&sound).unwrap_or(sound),
            _ => texts.shown(sound),
        }
    }

    fn variable(&self, name: &str, value: String) -> String {
        let name = name.to_ascii_uppercase();
        let shown = match self {
            Self::All if !value.is_empty() && !PUBLIC_VARIABLES.contains(&name.as_str()) => {
                Some(MASK.to_owned())
            }
            Self::ByLog(masked) if !value.is_empty() => masked.lock().masked_variable(&name),
            _ => None,
        };
        shown.unwrap_or(value)
    }

    fn continuation(&self, to: Continuation) -> Continuation {
        let shown = match self {
            Self::Nothing => None,
            Self::All => Some(MASK.to_owned()),
            Self::ByLog(masked) => masked.lock().destination.clone(),
        };
        match (to, shown.filter(|shown| shown.contains(MASK))) {
            (Continuation::Destination(_), Some(shown)) => Continuation::Destination(shown),
            (Continuation::NoSuchDestination(_), Some(shown)) => {
                Continuation::NoSuchDestination(shown)
            }
            (to, _) => to,
        }
    }
}

impl MaskedByLog {
    /// The value in the log, if something in it is masked.
    fn masked_variable(&self, name: &str) -> Option<String> {
        let named = self.variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.clone()).filter(|value| value.contains(MASK))
    }
}
