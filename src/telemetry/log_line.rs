//! One line of the log, as text or as JSON.

use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use tracing::Level;

use super::fields::{LogFields, LogValue};

/// The maximum length of a line, in bytes. Docker, for example, splits lines that are longer than 16 KiB. Fields for
/// which there is no room are left out and counted in the field [`LEFT_OUT`].
const MAX_LINE_BYTES: usize = 16_000;
/// Room for the line of a call.
const USUAL_LINE_BYTES: usize = 512;
/// The field with the number of fields that were left out of the line.
const LEFT_OUT: &str = "fields_left_out";

/// What one line says.
pub(super) struct LogRecord<'a> {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) event: &'a LogFields,
    /// Names and fields of the spans around the event, the outermost first.
    pub(super) spans: Vec<(&'static str, Arc<LogFields>)>,
}

impl LogRecord<'_> {
    pub(super) fn text_line(&self, colours: bool) -> String {
        let mut line = String::with_capacity(USUAL_LINE_BYTES);
        // Writing to a string never fails.
        let _ = match colours {
            true => write!(
                line,
                "{} \x1b[{}m{:>5}\x1b[0m ",
                self.timestamp(),
                colour(self.level),
                self.level
            ),
            false => write!(line, "{} {:>5} ", self.timestamp(), self.level),
        };
        self.push_text(&mut line);
        line.push('\n');
        line
    }

    /// Appends the message and the fields of a text line.
    pub(super) fn push_text(&self, line: &mut String) {
        self.event.message.chars().for_each(|char| match char.is_control() {
            true => line.extend(char.escape_default()),
            false => line.push(char),
        });
        let left_out = push_fields(line, self.fields(), push_text_field);
        if left_out > 0 {
            push_text_field(line, LEFT_OUT, &LogValue::Unsigned(left_out));
        }
    }

    /// The fields of the event, then those of the spans around it that it does not have itself.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &LogValue)> {
        let own = &self.event.fields;
        let is_repeated = |name: &str| own.iter().any(|(other, _)| *other == name);
        let of_spans = self.spans.iter().flat_map(|(_, span)| &span.fields);
        let fields = own.iter().chain(of_spans.filter(move |(name, _)| !is_repeated(name)));
        fields.map(|(name, value)| (*name, value))
    }

    pub(super) fn json_line(&self) -> String {
        let mut line =
            format!("{{\"timestamp\":\"{}\",\"level\":\"{}\"", self.timestamp(), self.level);
        push_json_field(&mut line, "message", Value::from(self.event.message.as_str()));
        let own = self.event.fields.iter().map(|(name, value)| (*name, value.into()));
        let spans: Vec<_> = self.spans.iter().map(|(name, span)| span_object(name, span)).collect();
        let innermost = spans.last().cloned();
        let all = (!spans.is_empty()).then(|| Value::from(spans));
        let innermost = innermost.map(|span| ("span", span));
        let all = all.map(|spans| ("spans", spans));
        let left_out = push_fields(&mut line, own.chain(innermost).chain(all), push_json_field);
        if left_out > 0 {
            push_json_field(&mut line, LEFT_OUT, left_out.into());
        }
        line += "}\n";
        line
    }

    fn timestamp(&self) -> humantime::Rfc3339Timestamp {
        humantime::format_rfc3339_micros(self.time)
    }
}

/// Appends the fields for which there is room. Returns the number of those that were left out.
fn push_fields<V>(
    line: &mut String,
    fields: impl Iterator<Item = (&'static str, V)>,
    push: fn(&mut String, &str, V),
) -> u64 {
    let mut left_out = 0;
    for (name, value) in fields {
        let end = line.len();
        push(line, name, value);
        if line.len() > MAX_LINE_BYTES {
            line.truncate(end);
            left_out += 1;
        }
    }
    left_out
}

/// Text is always in double quotes, so that a line can be split into its fields whatever they contain. Quotes,
/// backslashes, control characters and invisible characters are escaped as in Rust.
fn push_text_field(line: &mut String, name: &str, value: &LogValue) {
    line.push(' ');
    line.push_str(name);
    line.push('=');
    let _ = match value {
        LogValue::Text(text) if needs_no_escapes(text) => {
            line.push('"');
            line.push_str(text);
            line.push('"');
            Ok(())
        }
        LogValue::Text(text) => write!(line, "{text:?}"),
        other => write!(line, "{other}"),
    };
}

/// Whether a text is the same in quotes. Most are, and escaping costs more than the rest of a line.
fn needs_no_escapes(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

fn push_json_field(line: &mut String, name: &str, value: Value) {
    let start = line.len();
    let _ = write!(line, ",\"{name}\":{value}");
    // JSON requires escapes up to U+001F only, but a terminal may interpret the other control characters too.
    if line[start..].contains(char::is_control) {
        let field = line.split_off(start);
        field.chars().for_each(|char| match char.is_control() {
            true => line.push_str(&format!("\\u{:04x}", u32::from(char))),
            false => line.push(char),
        });
    }
}

fn span_object(name: &'static str, span: &LogFields) -> Value {
    let fields = span.fields.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
    Value::Object(fields.chain([("name".to_owned(), name.into())]).collect())
}

/// The number of the terminal colour.
fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}
