//! The fields of a log event or span, as values of bounded length.

use std::fmt::{self, Write};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// The maximum length of a text in the log, in bytes. Longer texts are cut, and end with [`CUT_MARK`].
pub(super) const MAX_VALUE_BYTES: usize = 4 << 10;
/// Ends a text that was cut.
pub(super) const CUT_MARK: char = '…';

/// The message and the fields of one event, or the fields of one span.
#[derive(Debug, Clone, Default)]
pub(super) struct LogFields {
    /// Empty for a span.
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, LogValue)>,
}

/// The value of a field.
#[derive(Debug, Clone)]
pub(super) enum LogValue {
    Text(String),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Flag(bool),
}

impl LogFields {
    /// Room for this many fields.
    pub(super) fn with_capacity(fields: usize) -> Self {
        Self { message: String::new(), fields: Vec::with_capacity(fields) }
    }

    fn set(&mut self, field: &Field, value: LogValue) {
        match (field.name(), value) {
            ("message", LogValue::Text(text)) => self.message = text,
            // Events of libraries that use the crate `log` have fields about their origin.
            (name, _) if name.starts_with("log.") => {}
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for LogFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let mut text = BoundedText(String::new());
        // The only error is that the text is long enough.
        let _ = text.write_str(value);
        self.set(field, LogValue::Text(text.0));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, LogValue::Flag(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, LogValue::Unsigned(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, LogValue::Signed(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, LogValue::Float(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = BoundedText(String::new());
        let _ = write!(text, "{value:?}");
        self.set(field, LogValue::Text(text.0));
    }
}

impl fmt::Display for LogValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Unsigned(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

impl From<&LogValue> for Value {
    fn from(value: &LogValue) -> Self {
        match value {
            LogValue::Text(text) => text.as_str().into(),
            LogValue::Unsigned(number) => (*number).into(),
            LogValue::Signed(number) => (*number).into(),
            LogValue::Float(number) => (*number).into(),
            LogValue::Flag(flag) => (*flag).into(),
        }
    }
}

/// Takes text up to the limit, and then stops the formatting.
struct BoundedText(String);

impl Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_VALUE_BYTES - self.0.len().min(MAX_VALUE_BYTES);
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        self.0.push(CUT_MARK);
        Err(fmt::Error)
    }
}
