//! Engines and the sound server of the daemon's file, as they were typed.

use std::net::SocketAddr;
use std::ops::Range;

use ipnet::IpNet;
use serde_spanned::Spanned;
use toml::de::DeValue;

use crate::config::nearest::nearest;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, ParsedText, SpannedList, WholeNumber};

#[derive(Debug, Default)]
pub(crate) struct Speech {
    pub(crate) say: Option<Engine>,
    pub(crate) fallback: Option<Engine>,
    pub(crate) listen: Option<Engine>,
    pub(crate) engines: Vec<(Spanned<String>, Engine)>,
    pub(crate) timeout: Option<Spanned<DurationValue>>,
    pub(crate) at_once: Option<Spanned<WholeNumber>>,
    pub(crate) rate: Option<Spanned<WholeNumber>>,
    pub(crate) cache_bytes: Option<Spanned<WholeNumber>>,
}

/// An engine that speaks, or listens.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) by: By,
    pub(crate) voice: Option<Spanned<String>>,
    pub(crate) language: Option<Spanned<String>>,
    pub(crate) speed: Option<Spanned<String>>,
    pub(crate) span: Range<usize>,
}

/// Names of headers, and their values.
pub(crate) type Headers = Vec<(Spanned<String>, Spanned<String>)>;

/// What an engine is. What must be there and is not has its fault already.
#[derive(Debug)]
pub(crate) enum By {
    Command(Option<SpannedList<String>>),
    Http {
        url: Option<Spanned<String>>,
        model: Option<Spanned<String>>,
        headers: Headers,
    },
    Vosk(Option<Spanned<String>>),
    Switch {
        name: Option<Spanned<String>>,
        grammar: Option<Spanned<String>>,
    },
    /// No kind of engine, which is a fault.
    Unknown,
}

/// What an engine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Speaking,
    Listening,
}

#[derive(Debug)]
pub(crate) struct SoundServer {
    pub(crate) span: Range<usize>,
    pub(crate) listen: Option<Spanned<ParsedText<SocketAddr>>>,
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) allow: Option<SpannedList<ParsedText<IpNet>>>,
}

impl Speech {
    pub(crate) fn read(section: &mut TableReader<'_, '_>) -> Self {
        Self {
            say: engine(section, "say", For::Speaking),
            fallback: engine(section, "fallback", For::Speaking),
            listen: engine(section, "listen", For::Listening),
            engines: engines(section),
            timeout: section.take("timeout"),
            at_once: section.take("at_once"),
            rate: section.take("rate"),
            cache_bytes: section.take("cache_bytes"),
        }
    }
}

fn engine(of: &mut TableReader<'_, '_>, key: &'static str, is_for: For) -> Option<Engine> {
    let value = of.take_any(key)?;
    let span = value.span();
    match of.inline_table(key, value) {
        Some(section) => Some(Engine::read(section, is_for)),
        None => {
            let help = format!("write it as `{key} = {{ engine = \"command\", command = [...] }}`");
            of.file.error_with_help(span, format!("`{key}` is an engine with its keys"), help);
            None
        }
    }
}

fn engines(of: &mut TableReader<'_, '_>) -> Vec<(Spanned<String>, Engine)> {
    let engines = of.table("engines");
    let help = |name: &str| format!("write a line `[speech.engines.{name}]` and its keys");
    let engines = engines.map(|table| table.tables_by_name("speech.engines", help));
    let engines = engines.unwrap_or_default();
    let read = |(name, section)| (name, Engine::read(section, For::Speaking));
    engines.into_iter().map(read).collect()
}

impl Engine {
    fn read(mut section: TableReader<'_, '_>, is_for: For) -> Self {
        let span = section.span.clone();
        let by = By::read(&mut section, is_for);
        let speaks = is_for == For::Speaking && !matches!(by, By::Unknown);
        let mut own = |key| speaks.then(|| section.take(key)).flatten();
        let (voice, language) = (own("voice"), own("language"));
        let speed = speaks.then(|| section.number_or_text("speed")).flatten();
        match by {
            // Which keys it has can't be known.
            By::Unknown => {}
            _ => drop(section.finish()),
        }
        Self { by, voice, language, speed, span }
    }
}

impl By {
    fn read(section: &mut TableReader<'_, '_>, is_for: For) -> Self {
        let kind = section.require::<String>("engine", "write `engine = \"command\"`");
        let Some(kind) = kind else { return Self::Unknown };
        match (kind.get_ref().as_str(), is_for) {
            ("command", _) => Self::Command(command(section)),
            ("http", is_for) => Self::http(section, is_for),
            ("vosk", For::Listening) => {
                Self::Vosk(section.require("url", "write `url = \"ws://127.0.0.1:2700\"`"))
            }
            ("switch", For::Speaking) => {
                let name = section.require("name", "name the switch's engine: `name = \"flite\"`");
                Self::Switch { name, grammar: None }
            }
            ("switch", For::Listening) => {
                Self::Switch { name: section.take("name"), grammar: section.take("grammar") }
            }
            (unknown, is_for) => {
                let what = format!("there is no engine of the kind `{unknown}` here");
                section.file.error_with_help(kind.span(), what, kinds(unknown, is_for));
                Self::Unknown
            }
        }
    }

    fn http(section: &mut TableReader<'_, '_>, is_for: For) -> Self {
        let (url, model) = match is_for {
            For::Speaking => ("speech", "tts-1"),
            For::Listening => ("transcriptions", "whisper-1"),
        };
        let url = format!("write `url = \"https://api.example/v1/audio/{url}\"`");
        let model = format!("write `model = \"{model}\"`, or the name that the service knows");
        Self::Http {
            url: section.require("url", &url),
            model: section.require("model", &model),
            headers: section.table("headers").map(TableReader::pairs).unwrap_or_default(),
        }
    }
}

fn kinds(unknown: &str, is_for: For) -> String {
    let kinds: &[&str] = match is_for {
        For::Speaking => &["command", "http", "switch"],
        For::Listening => &["command", "http", "vosk", "switch"],
    };
    match nearest(unknown, kinds.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("known here: {}", kinds.join(", ")),
    }
}

fn command(section: &mut TableReader<'_, '_>) -> Option<SpannedList<String>> {
    let help = "name the program and its arguments: `command = [\"espeak-ng\", \"--stdin\"]`";
    section.check_present("command", help);
    let value = section.take_any("command")?;
    let DeValue::String(text) = value.get_ref() else { return section.list_from("command", value) };
    let words: Vec<_> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
    let help = format!("write it as `command = [{}]`", words.join(", "));
    let what = "`command` is a list of the program and each argument: no shell reads it";
    section.file.error_with_help(value.span(), what, help);
    None
}

impl SoundServer {
    pub(crate) fn read(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            listen: section.require("listen", "write `listen = \"10.0.0.5:8085\"`"),
            url: section.take("url"),
            allow: section.list("allow"),
        };
        section.finish();
        raw
    }
}
