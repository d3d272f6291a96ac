//! The text of events: the headers of a real call over SIP, about 7 kB.

use std::sync::LazyLock;

use serde_json::json;

/// Stands in the texts for the identifier of the call.
const UUID: &str = "UUID";

static CHANNEL_DATA: LazyLock<Block> =
    LazyLock::new(|| Block::new(include_str!("../../../../data/channel-data.txt")));
static ORIGIN: LazyLock<Block> =
    LazyLock::new(|| Block::new(include_str!("../../../../data/event-origin.txt")));
static CHANNEL: LazyLock<Block> =
    LazyLock::new(|| Block::new(include_str!("../../../../data/event-channel.txt")));
static VARIABLES: LazyLock<Block> =
    LazyLock::new(|| Block::new(include_str!("../../../../data/event-variables.txt")));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFormat {
    Plain,
    Json,
}

/// Headers that are the same in each event but for the identifier of the call.
struct Block {
    plain: Vec<String>,
    json: Vec<String>,
}

impl Block {
    fn new(text: &str) -> Self {
        let plain = split(text);
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        let json: String = pairs.map(|(name, value)| json_header(name, &decode(value))).collect();
        Self { plain, json: split(&json) }
    }

    fn append(&self, text: &mut String, format: EventFormat, uuid: &str) {
        let parts = match format {
            EventFormat::Plain => &self.plain,
            EventFormat::Json => &self.json,
        };
        for (number, part) in parts.iter().enumerate() {
            text.push_str(if number > 0 { uuid } else { "" });
            text.push_str(part);
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(UUID).map(str::to_owned).collect()
}

/// The reply to `connect`.
pub(super) fn channel_data(uuid: &str) -> Vec<u8> {
    let mut text = String::new();
    CHANNEL_DATA.append(&mut text, EventFormat::Plain, uuid);
    text.push_str(
        "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n",
    );
    text.into_bytes()
}

/// Writes one event.
pub(super) struct EventText {
    text: String,
    format: EventFormat,
}

impl EventText {
    pub(super) fn new(name: &str, sequence: usize, format: EventFormat) -> Self {
        let text = if format == EventFormat::Json { "{".to_owned() } else { String::new() };
        let mut event = Self { text, format };
        event.header("Event-Name", name);
        event.header("Event-Sequence", &sequence.to_string());
        event
    }

    /// The headers about the switch and the channel.
    pub(super) fn channel(&mut self, uuid: &str) {
        ORIGIN.append(&mut self.text, self.format, uuid);
        self.header("Event-Calling-File", "switch_core_session.c");
        self.header("Event-Calling-Function", "switch_core_session_exec");
        self.header("Event-Calling-Line-Number", "2972");
        CHANNEL.append(&mut self.text, self.format, uuid);
    }

    /// The variables that the switch and the dialplan have set.
    pub(super) fn variables(&mut self, uuid: &str) {
        VARIABLES.append(&mut self.text, self.format, uuid);
    }

    pub(super) fn header(&mut self, name: &str, value: &str) {
        match self.format {
            EventFormat::Plain => {
                self.text.push_str(&format!("{name}: {}\n", encode(value)));
            }
            EventFormat::Json => self.text.push_str(&json_header(name, value)),
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let name = match self.format {
            EventFormat::Plain => {
                self.text.push('\n');
                "plain"
            }
            EventFormat::Json => {
                self.text.pop();
                self.text.push('}');
                "json"
            }
        };
        let length = self.text.len();
        let head = format!("Content-Length: {length}\nContent-Type: text/event-{name}\n\n");
        (head + &self.text).into_bytes()
    }
}

fn json_header(name: &str, value: &str) -> String {
    format!("{}:{},", json!(name), json!(value))
}

/// `switch_url_encode`
fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '%' | ' ' | '"' | '#' | '&' | '+' | ':' | ';' | '<' | '=' | '>' | '?' | '@' | '['
            | '\\' | ']' | '^' | '`' | '{' | '|' | '}' | '\n' | '\r' => {
                text.push_str(&format!("%{:02X}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text
}

/// The value of an encoded header. All of them are ASCII.
fn decode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut parts = value.split('%');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        text.push(char::from(byte.unwrap_or(b'?')));
        text.push_str(part.get(2..).unwrap_or_default());
    }
    text
}
