//! A call as lines of a story, for people and for programs.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tracing::Level;

use crate::fake::phone::{GoesOn, Happening, Told};
use crate::telemetry::overheard::Overheard;

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What kind of thing happened.
    pub event: &'static str,
    /// What there is to it.
    pub fields: Map<String, Value>,
    /// For people.
    pub text: String,
}

impl Line {
    /// A line; `fields` is a JSON object.
    pub fn new(event: &'static str, fields: Value, text: impl Into<String>) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { event, fields, text: text.into() }
    }

    /// For programs.
    pub fn object(&self) -> Value {
        let mut object = self.fields.clone();
        object.insert("event".into(), self.event.into());
        Value::Object(object)
    }

    /// What the caller or the dialplan sees.
    pub fn of_happening(happening: &Happening) -> Self {
        use Happening as H;
        match happening {
            H::PickedUp => Self::new("picked_up", json!({}), "the call is picked up"),
            H::Hears { .. } | H::BrokenOff { .. } | H::Missing { .. } => Self::of_sound(happening),
            H::Presses(key) => {
                Self::new("presses", json!({ "key": key }), format!("the caller presses {key}"))
            }
            H::KeyLost(key) => {
                let text = format!("the caller presses {key}: lost, since nobody listens");
                Self::new("key_lost", json!({ "key": key }), text)
            }
            H::Says { .. } | H::Recorded { .. } => Self::of_speech(happening),
            H::MusicOn(class) => {
                Self::new("music_on", json!({ "class": class }), format!("music begins: {class}"))
            }
            H::MusicOff => Self::new("music_off", json!({}), "the music ends"),
            H::HangsUp => Self::new("hangs_up", json!({}), "the caller hangs up"),
            H::IsHungUp(cause) => {
                let text = format!("the caller is hung up, with the cause {cause}");
                Self::new("hung_up", json!({ "cause": cause }), text)
            }
            H::Variable { name, value } => {
                let fields = json!({ "name": name, "value": value });
                Self::new("variable", fields, format!("{name} = {value:?}"))
            }
            H::GoesOn(goes_on) => Self::of_goes_on(goes_on),
        }
    }

    fn of_sound(happening: &Happening) -> Self {
        match happening {
            Happening::Hears { sound, lasts } => {
                let fields = json!({ "sound": sound, "lasts": seconds(*lasts) });
                let text = format!("the caller hears {sound} ({:.1} s)", lasts.as_secs_f64());
                Self::new("hears", fields, text)
            }
            Happening::BrokenOff { sound, after } => {
                let fields = json!({ "sound": sound, "after": seconds(*after) });
                let text = format!("{sound} is broken off after {:.1} s", after.as_secs_f64());
                Self::new("broken_off", fields, text)
            }
            Happening::Missing { sound } => {
                let text = format!("nothing is heard: the switch has no sound {sound}");
                Self::new("missing", json!({ "sound": sound }), text)
            }
            _ => Self::new("", json!({}), ""),
        }
    }

    fn of_speech(happening: &Happening) -> Self {
        match happening {
            Happening::Says { text, lasts } => {
                let fields = json!({ "text": text, "lasts": seconds(*lasts) });
                Self::new("says", fields, format!("the caller says {text:?}"))
            }
            Happening::Recorded { file, lasts } => {
                let fields = json!({ "file": file, "lasts": seconds(*lasts) });
                let text = format!("{:.1} s are recorded", lasts.as_secs_f64());
                Self::new("recorded", fields, text)
            }
            _ => Self::new("", json!({}), ""),
        }
    }

    fn of_goes_on(goes_on: &GoesOn) -> Self {
        let line = |to: &str, text: String| Self::new("goes_on", json!({ "to": to }), text);
        match goes_on {
            GoesOn::NextStep => line("next step", "the dialplan goes on at its next step".into()),
            GoesOn::At(place) => line(place, format!("the dialplan goes on at {place}")),
            GoesOn::NoSuchPlace(place) => {
                let text = format!("the dialplan has no {place}: the call ends");
                Self::new("goes_on", json!({ "to": null, "missing": place }), text)
            }
            GoesOn::HangupHandler => {
                line("h", "the dialplan goes on with its handling of hang-ups".into())
            }
            GoesOn::Stranded => {
                let text = "the call is stranded: the switch holds it, and nothing goes on";
                Self::new("goes_on", json!({ "to": null }), text)
            }
        }
    }

    /// What the server's log says of the call; `None` for what is of no interest to it.
    pub fn of_log(heard: &Overheard) -> Option<Self> {
        let field = |name: &str| heard.field(name).unwrap_or_default();
        Some(match heard.message.as_str() {
            "request" => Self::of_request(field("url"), heard.field("body")),
            "answer" => Self::of_answer(heard),
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
            _ if heard.level <= Level::WARN => Self::of_warning(heard),
            _ => return None,
        })
    }

    fn of_request(url: &str, body: Option<&str>) -> Self {
        let with = body.map(|body| format!(", with {body}")).unwrap_or_default();
        let fields = json!({ "url": url, "body": body });
        Self::new("request", fields, format!("asks {url}{with}"))
    }

    fn of_answer(heard: &Overheard) -> Self {
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

    fn of_warning(heard: &Overheard) -> Self {
        let details = heard.fields.iter().map(|(name, value)| format!("{name}={value}"));
        let details = details.collect::<Vec<_>>().join(" ");
        let fields = json!({ "message": heard.message, "details": details });
        Self::new("warning", fields, format!("warning: {} {details}", heard.message))
    }
}

/// How lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Writes lines to standard output as they come, from wherever they come.
#[derive(Clone)]
pub struct Teller(Arc<Mutex<Telling>>);

struct Telling {
    style: Style,
    began: Instant,
}

impl Teller {
    /// A story that begins now.
    pub fn new(style: Style) -> Self {
        Self(Arc::new(Mutex::new(Telling { style, began: Instant::now() })))
    }

    /// The next story begins now.
    pub fn begin(&self) {
        self.locked().began = Instant::now();
    }

    /// Tells a line that belongs to now.
    pub fn tell(&self, line: &Line) {
        let telling = self.locked();
        telling.write(telling.began.elapsed(), line);
    }

    /// Tells what happened on the telephone.
    pub fn told(&self, told: &Told) {
        self.locked().write(told.at, &Line::of_happening(&told.happening));
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Telling> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Telling {
    fn write(&self, at: Duration, line: &Line) {
        let shown = match self.style {
            Style::Text => format!("{:7.2}  {}", at.as_secs_f64(), printable(&line.text)),
            Style::Json => {
                let mut object = line.fields.clone();
                object.insert("seconds".into(), seconds(at));
                object.insert("event".into(), line.event.into());
                Value::Object(object).to_string()
            }
        };
        // A closed pipe ends the telling, not the call.
        drop(writeln!(std::io::stdout(), "{shown}"));
    }
}

/// Text from outside can't steer the terminal.
pub(super) fn printable(text: &str) -> String {
    let shown = |char: char| match char {
        _ if char.is_control() => char.escape_default().to_string(),
        _ => char.to_string(),
    };
    text.chars().map(shown).collect()
}

fn seconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1000.0).round() / 1000.0)
}
