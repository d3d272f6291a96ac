//! A call as lines of a story, for people and for programs.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tracing::Level;

use crate::fake::phone::{CallEvent, Continuation, TimedCallEvent};
use crate::telemetry::event_layer::LogEvent;

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputLine {
    /// What kind of thing happened.
    pub event: &'static str,
    /// What there is to it.
    pub fields: Map<String, Value>,
    /// For people.
    pub text: String,
}

impl OutputLine {
    /// A line; `fields` is a JSON object.
    pub fn new(event: &'static str, fields: Value, text: impl Into<String>) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { event, fields, text: text.into() }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let mut object = self.fields.clone();
        object.insert("event".into(), self.event.into());
        Value::Object(object)
    }

    /// What the caller or the dialplan sees.
    pub fn from_call_event(happening: &CallEvent) -> Self {
        use CallEvent as H;
        match happening {
            H::PickedUp => Self::new("picked_up", json!({}), "the call is picked up"),
            H::SoundStarted { .. } | H::SoundInterrupted { .. } | H::SoundMissing { .. } => {
                Self::sound_line(happening)
            }
            H::KeyPressed(key) => {
                Self::new("presses", json!({ "key": key }), format!("the caller presses {key}"))
            }
            H::KeyLost(key) => {
                let text = format!("the caller presses {key}: lost, since nobody listens");
                Self::new("key_lost", json!({ "key": key }), text)
            }
            H::CallerSpoke { .. } | H::Recorded { .. } => Self::speech_line(happening),
            H::MusicStarted(class) => {
                Self::new("music_on", json!({ "class": class }), format!("music begins: {class}"))
            }
            H::MusicStopped => Self::new("music_off", json!({}), "the music ends"),
            H::CallerHungUp => Self::new("hangs_up", json!({}), "the caller hangs up"),
            H::SwitchHungUp(cause) => {
                let text = format!("the caller is hung up, with the cause {cause}");
                Self::new("hung_up", json!({ "cause": cause }), text)
            }
            H::VariableSet { name, value } => {
                let fields = json!({ "name": name, "value": value });
                Self::new("variable", fields, format!("{name} = {value:?}"))
            }
            H::DialplanContinued(goes_on) => Self::continuation_line(goes_on),
        }
    }

    fn sound_line(happening: &CallEvent) -> Self {
        match happening {
            CallEvent::SoundStarted { sound, duration: lasts } => {
                let fields = json!({ "sound": sound, "lasts": rounded_seconds(*lasts) });
                let text = format!("the caller hears {sound} ({:.1} s)", lasts.as_secs_f64());
                Self::new("hears", fields, text)
            }
            CallEvent::SoundInterrupted { sound, played: after } => {
                let fields = json!({ "sound": sound, "after": rounded_seconds(*after) });
                let text = format!("{sound} is broken off after {:.1} s", after.as_secs_f64());
                Self::new("broken_off", fields, text)
            }
            CallEvent::SoundMissing { sound } => {
                let text = format!("nothing is heard: the switch has no sound {sound}");
                Self::new("missing", json!({ "sound": sound }), text)
            }
            _ => Self::new("", json!({}), ""),
        }
    }

    fn speech_line(happening: &CallEvent) -> Self {
        match happening {
            CallEvent::CallerSpoke { text, duration: lasts } => {
                let fields = json!({ "text": text, "lasts": rounded_seconds(*lasts) });
                Self::new("says", fields, format!("the caller says {text:?}"))
            }
            CallEvent::Recorded { file, duration: lasts } => {
                let fields = json!({ "file": file, "lasts": rounded_seconds(*lasts) });
                let text = format!("{:.1} s are recorded", lasts.as_secs_f64());
                Self::new("recorded", fields, text)
            }
            _ => Self::new("", json!({}), ""),
        }
    }

    fn continuation_line(goes_on: &Continuation) -> Self {
        let line = |to: &str, text: String| Self::new("goes_on", json!({ "to": to }), text);
        match goes_on {
            Continuation::NextStep => {
                line("next step", "the dialplan goes on at its next step".into())
            }
            Continuation::Destination(place) => {
                line(place, format!("the dialplan goes on at {place}"))
            }
            Continuation::NoSuchDestination(place) => {
                let text = format!("the dialplan has no {place}: the call ends");
                Self::new("goes_on", json!({ "to": null, "missing": place }), text)
            }
            Continuation::HangupHandler => {
                line("h", "the dialplan goes on with its handling of hang-ups".into())
            }
            Continuation::Stranded => {
                let text = "the call is stranded: the switch holds it, and nothing goes on";
                Self::new("goes_on", json!({ "to": null }), text)
            }
        }
    }

    /// What the server's log says of the call; `None` for what is of no interest to it.
    pub fn from_log_event(heard: &LogEvent) -> Option<Self> {
        let field = |name: &str| heard.field(name).unwrap_or_default();
        Some(match heard.message.as_str() {
            "request" => Self::request_line(field("url"), heard.field("body")),
            "answer" => Self::answer_line(heard),
            "branch" => {
                let number: Option<usize> = field("number").parse().ok();
                let fields = json!({ "number": number, "why": field("why") });
                let text = format!("branch {} wins: it {}", field("number"), field("why"));
                Self::new("branch", fields, text)
            }
            "no response" => {
                let fields = json!({ "reason": field("reason") });
                Self::new("no_response", fields, format!("no response: {}", field("reason")))
            }
            "told in the background" => {
                let (url, status) = (field("to"), field("status"));
                let fields = json!({ "url": url, "status": status.parse::<u16>().ok() });
                let text = format!("in the background {url} was asked: HTTP {status}");
                Self::new("told", fields, text)
            }
            "call" if field("outcome") == "error" => {
                let fields = json!({ "reason": field("reason") });
                Self::new("error", fields, format!("an error: {}", field("reason")))
            }
            _ if heard.level <= Level::WARN => Self::warning_line(heard),
            _ => return None,
        })
    }

    fn request_line(url: &str, body: Option<&str>) -> Self {
        let with = body.map(|body| format!(", with {body}")).unwrap_or_default();
        let fields = json!({ "url": url, "body": body });
        Self::new("request", fields, format!("asks {url}{with}"))
    }

    fn answer_line(heard: &LogEvent) -> Self {
        let field = |name: &str| heard.field(name).unwrap_or_default();
        let status: Option<u16> = field("status").parse().ok();
        let (value, cache, trouble) =
            (heard.field("value"), field("cache"), heard.field("trouble"));
        let fields =
            json!({ "status": status, "value": value, "cache": cache, "trouble": trouble });
        let mut text = format!("the answer has HTTP {}", field("status"));
        if let Some(value) = value {
            text += &format!(", and the value {value:?}");
        }
        text += match cache {
            "hit" => " (it was kept)",
            "stale" => " (it was kept, and is old)",
            _ => "",
        };
        if let Some(trouble) = trouble {
            text += &format!("; before that: {trouble}");
        }
        Self::new("answer", fields, text)
    }

    fn warning_line(heard: &LogEvent) -> Self {
        let details = heard.fields.iter().map(|(name, value)| format!("{name}={value}"));
        let details = details.collect::<Vec<_>>().join(" ");
        let fields = json!({ "message": heard.message, "details": details });
        Self::new("warning", fields, format!("warning: {} {details}", heard.message))
    }
}

/// How lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Writes lines to standard output as they come, from wherever they come.
#[derive(Clone)]
pub struct Printer(Arc<Mutex<PrinterState>>);

struct PrinterState {
    format: OutputFormat,
    started_at: Instant,
}

impl Printer {
    /// A story that begins now.
    pub fn new(style: OutputFormat) -> Self {
        Self(Arc::new(Mutex::new(PrinterState { format: style, started_at: Instant::now() })))
    }

    /// The next story begins now.
    pub fn restart_clock(&self) {
        self.lock().started_at = Instant::now();
    }

    /// Tells a line that belongs to now.
    pub fn print(&self, line: &OutputLine) {
        let telling = self.lock();
        telling.write_line(telling.started_at.elapsed(), line);
    }

    /// Tells what happened on the telephone.
    pub fn print_call_event(&self, told: &TimedCallEvent) {
        self.lock().write_line(told.at, &OutputLine::from_call_event(&told.event));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PrinterState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PrinterState {
    fn write_line(&self, at: Duration, line: &OutputLine) {
        let shown = match self.format {
            OutputFormat::Text => {
                format!("{:7.2}  {}", at.as_secs_f64(), escape_control(&line.text))
            }
            OutputFormat::Json => {
                let mut object = line.fields.clone();
                object.insert("seconds".into(), rounded_seconds(at));
                object.insert("event".into(), line.event.into());
                Value::Object(object).to_string()
            }
        };
        // A closed pipe ends the telling, not the call.
        drop(writeln!(std::io::stdout(), "{shown}"));
    }
}

/// Text from outside can't steer the terminal.
pub(super) fn escape_control(text: &str) -> String {
    let shown = |char: char| match char {
        _ if char.is_control() => char.escape_default().to_string(),
        _ => char.to_string(),
    };
    text.chars().map(shown).collect()
}

fn rounded_seconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1000.0).round() / 1000.0)
}
