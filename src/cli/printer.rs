//! What happens in a call, printed line by line as text or JSON.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tracing::Level;

use crate::cli::terminal::{escape_control, print_json, print_line};
use crate::fake::phone::{CallEvent, Continuation};
use crate::script::template::{Secrets, masked};
use crate::telemetry::event_layer::LogEvent;

/// One line, in both forms.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OutputLine {
    /// The `event` of the JSON form. These names are an interface: scripts of users compare them.
    pub(super) event: &'static str,
    /// The other fields of the JSON form.
    pub(super) fields: Map<String, Value>,
    /// The text form.
    pub(super) text: String,
}

impl OutputLine {
    /// `fields` must be a JSON object.
    pub(super) fn new(event: &'static str, fields: Value, text: impl Into<String>) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { event, fields, text: text.into() }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = self.fields.clone();
        object.insert("event".into(), self.event.into());
        Value::Object(object)
    }

    /// The line with secrets masked.
    pub(super) fn without_secrets(&self, secrets: &Secrets) -> Self {
        let mask = |text: &str| {
            secrets
                .values()
                .fold(text.to_owned(), |text, secret| text.replace(secret, masked(secret)))
        };
        let field = |(name, value): (&String, &Value)| match value {
            Value::String(text) => (name.clone(), mask(text).into()),
            other => (name.clone(), other.clone()),
        };
        Self {
            event: self.event,
            fields: self.fields.iter().map(field).collect(),
            text: mask(&self.text),
        }
    }

    /// An event that the caller or the dialplan sees.
    pub(super) fn from_call_event(event: &CallEvent) -> Self {
        match event {
            CallEvent::PickedUp => Self::new("picked_up", json!({}), "the call is picked up"),
            CallEvent::SoundStarted { sound, duration } => Self::sound_started(sound, *duration),
            CallEvent::SoundInterrupted { sound, played } => {
                Self::sound_interrupted(sound, *played)
            }
            CallEvent::SoundMissing { sound } => {
                let text = format!("sound not found on the switch: {sound}");
                Self::new("missing", json!({ "sound": sound }), text)
            }
            CallEvent::KeyPressed(key) => {
                Self::new("presses", json!({ "key": key }), format!("the caller presses {key}"))
            }
            CallEvent::KeyLost(key) => {
                let text = format!("the caller presses {key}: ignored, no input is expected");
                Self::new("key_lost", json!({ "key": key }), text)
            }
            CallEvent::CallerSpoke { text, duration } => Self::caller_spoke(text, *duration),
            CallEvent::Recorded { file, duration } => Self::recorded(file, *duration),
            CallEvent::MusicStarted(class) => {
                let text = format!("music on hold starts: {class}");
                Self::new("music_on", json!({ "class": class }), text)
            }
            CallEvent::MusicStopped => Self::new("music_off", json!({}), "music on hold stops"),
            CallEvent::CallerHungUp => Self::new("hangs_up", json!({}), "the caller hangs up"),
            CallEvent::SwitchHungUp(cause) => {
                let text = format!("the switch hangs up with cause {cause}");
                Self::new("hung_up", json!({ "cause": cause }), text)
            }
            CallEvent::VariableSet { name, value } => {
                let fields = json!({ "name": name, "value": value });
                Self::new("variable", fields, format!("{name} = {value:?}"))
            }
            CallEvent::DialplanContinued(continuation) => Self::continuation_line(continuation),
        }
    }

    fn sound_started(sound: &str, duration: Duration) -> Self {
        let fields = json!({ "sound": sound, "lasts": rounded_seconds(duration) });
        let text = format!("the caller hears {sound} ({:.1} s)", duration.as_secs_f64());
        Self::new("hears", fields, text)
    }

    fn sound_interrupted(sound: &str, played: Duration) -> Self {
        let fields = json!({ "sound": sound, "after": rounded_seconds(played) });
        let text = format!("{sound} is interrupted after {:.1} s", played.as_secs_f64());
        Self::new("broken_off", fields, text)
    }

    fn caller_spoke(text: &str, duration: Duration) -> Self {
        let fields = json!({ "text": text, "lasts": rounded_seconds(duration) });
        Self::new("says", fields, format!("the caller says {text:?}"))
    }

    fn recorded(file: &str, duration: Duration) -> Self {
        let fields = json!({ "file": file, "lasts": rounded_seconds(duration) });
        Self::new("recorded", fields, format!("{:.1} s recorded", duration.as_secs_f64()))
    }

    fn continuation_line(continuation: &Continuation) -> Self {
        let line = |to: &str, text: String| Self::new("goes_on", json!({ "to": to }), text);
        match continuation {
            Continuation::NextStep => {
                line("next step", "the dialplan continues at its next step".into())
            }
            Continuation::Destination(destination) => {
                line(destination, format!("the dialplan continues at {destination}"))
            }
            Continuation::NoSuchDestination(destination) => {
                let text = format!("{destination} does not exist in the dialplan: the call ends");
                Self::new("goes_on", json!({ "to": null, "missing": destination }), text)
            }
            Continuation::HangupHandler => {
                line("h", "the dialplan continues in its hang-up handler".into())
            }
            Continuation::Stranded => {
                let text =
                    "the call is stranded: the switch holds it, and the dialplan does not continue";
                Self::new("goes_on", json!({ "to": null }), text)
            }
        }
    }

    /// An event of the server's log; `None` if the event is not shown.
    pub(super) fn from_log_event(event: &LogEvent) -> Option<Self> {
        let field = |name: &str| event.field(name).unwrap_or_default();
        Some(match event.message.as_str() {
            "request" => Self::request_line(event),
            "answer" => Self::answer_line(event),
            "branch" => {
                let number: Option<usize> = field("number").parse().ok();
                let fields = json!({ "number": number, "why": field("why") });
                // A condition on another value names that value first.
                let begins = ["is ", "has ", "matches ", "***"];
                let is_bare = begins.into_iter().any(|begin| field("why").starts_with(begin));
                let it = if is_bare { "it " } else { "" };
                let text = format!("branch {} matches: {it}{}", field("number"), field("why"));
                Self::new("branch", fields, text)
            }
            "input refused" => {
                let fields = json!({ "reason": field("reason") });
                let text = format!("the input is refused: {}", field("reason"));
                Self::new("refused", fields, text)
            }
            "no response" => {
                let fields = json!({ "reason": field("reason") });
                Self::new("no_response", fields, format!("no response: {}", field("reason")))
            }
            "limit" => {
                let (script, tries) = (field("script"), field("tries"));
                let fields = json!({ "script": script, "tries": tries.parse::<u32>().ok() });
                let text = format!("{script} has reached its [limit] (tries = {tries})");
                Self::new("limit", fields, text)
            }
            "background request sent" => {
                let (url, status) = (field("url"), field("http_status"));
                let fields = json!({ "url": url, "status": status.parse::<u16>().ok() });
                Self::new("told", fields, format!("background request to {url}: HTTP {status}"))
            }
            "call" if field("outcome") == "error" => Self::error_line(event),
            "call" => Self::empty_line(event.field("empty")?),
            _ if event.level <= Level::WARN => Self::warning_line(event),
            _ => return None,
        })
    }

    fn request_line(event: &LogEvent) -> Self {
        let field = |name: &str| event.field(name).unwrap_or_default();
        let (method, url, body) = (field("method"), field("url"), event.field("body"));
        let with = body.map(|body| format!(", body {body}")).unwrap_or_default();
        let fields = json!({ "method": method, "url": url, "body": body });
        Self::new("request", fields, format!("request {method} {url}{with}"))
    }

    fn answer_line(event: &LogEvent) -> Self {
        let field = |name: &str| event.field(name).unwrap_or_default();
        let status: Option<u16> = field("http_status").parse().ok();
        let (value, cache) = (event.field("code"), field("cache"));
        let (reason, first_error) = (event.field("reason"), event.field("first_error"));
        let fields = json!({
            "status": status, "value": value, "cache": cache, "reason": reason, "first_error": first_error,
        });
        let mut text = format!("answer: HTTP {}", field("http_status"));
        if let Some(value) = value {
            text += &format!(", value {value:?}");
        }
        text += match cache {
            "hit" => " (cached)",
            "stale" => " (cached, stale)",
            _ => "",
        };
        if let Some(reason) = reason {
            text += &format!("; {reason}");
        }
        if let Some(first_error) = first_error {
            text += &format!("; first error: {first_error}");
        }
        Self::new("answer", fields, text)
    }

    /// The placeholders that had no value.
    fn empty_line(placeholders: &str) -> Self {
        let fields = json!({ "placeholders": placeholders });
        Self::new("empty", fields, format!("no value for {placeholders}"))
    }

    fn error_line(event: &LogEvent) -> Self {
        let (reason, empty) = (event.field("reason").unwrap_or_default(), event.field("empty"));
        let mut text = format!("error: {reason}");
        if let Some(empty) = empty {
            text += &format!("; no value for {empty}");
        }
        Self::new("error", json!({ "reason": reason, "empty": empty }), text)
    }

    fn warning_line(event: &LogEvent) -> Self {
        let details = event.fields.iter().map(|(name, value)| format!("{name}={value}"));
        let details = details.collect::<Vec<_>>().join(" ");
        let fields = json!({ "message": event.message, "details": details });
        Self::new("warning", fields, format!("warning: {} {details}", event.message))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    Text,
    /// One JSON object per line.
    Json,
}

/// Prints the lines of a call on standard output. Any task or thread can print.
#[derive(Clone)]
pub(super) struct Printer(Arc<Mutex<PrinterState>>);

struct PrinterState {
    format: OutputFormat,
    started_at: Instant,
}

impl Printer {
    pub(super) fn new(format: OutputFormat) -> Self {
        Self(Arc::new(Mutex::new(PrinterState { format, started_at: Instant::now() })))
    }

    /// Starts a new call: its lines show the time since now.
    pub(super) fn restart_clock(&self) {
        self.0.lock().started_at = Instant::now();
    }

    pub(super) fn print(&self, line: &OutputLine) {
        let state = self.0.lock();
        state.write_line(state.started_at.elapsed(), line);
    }

    /// Prints a line with the time of its event.
    pub(super) fn print_at(&self, at: Duration, line: &OutputLine) {
        self.0.lock().write_line(at, line);
    }
}

impl PrinterState {
    fn write_line(&self, at: Duration, line: &OutputLine) {
        match self.format {
            OutputFormat::Text => {
                print_line(&format!("{:7.2}  {}", at.as_secs_f64(), escape_control(&line.text)));
            }
            OutputFormat::Json => {
                let mut object = line.fields.clone();
                object.insert("seconds".into(), rounded_seconds(at));
                object.insert("event".into(), line.event.into());
                print_json(&object);
            }
        }
    }
}

/// Seconds, to the millisecond.
fn rounded_seconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1000.0).round() / 1000.0)
}
