//! Escapes the values of placeholders for the place where they are inserted.
//!
//! Text from callers and web applications may be hostile. All such text passes through this module before it gets into
//! a URL, a header, a body, a variable or a destination. After that it is one value there and can't inject anything.
//! CR, LF and NUL are always replaced, escaped or rejected.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::channel::Destination;

mod terminal;
mod xml;

pub(crate) use terminal::{escape_for_terminal, escape_lines_for_terminal, is_unsafe_on_terminal};
pub(crate) use xml::CDATA_SPLIT;

/// The place where a value is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscapeContext {
    /// The beginning of a URL, with its scheme and host. Not escaped: the filled URL is checked before it is used.
    Url,
    /// A part of the host of a URL.
    Host,
    /// A part of a URL path. The value can't add path segments.
    Path,
    /// A name or a value in a URL query or a form. The value can't add parameters.
    Query,
    /// The value of a request header.
    Header,
    /// Inside the quotes of a JSON string.
    JsonString,
    /// Outside of quotes in JSON. A valid JSON number is inserted as a number, anything else as a string.
    JsonValue,
    /// A text or a quoted attribute in XML.
    Xml,
    /// A comment in XML.
    XmlComment,
    /// A CDATA section in XML.
    XmlCdata,
    /// A part of a destination in the dialplan.
    Destination,
    /// The value of a channel variable.
    Variable,
    /// A text that is only compared. Not escaped.
    Comparison,
    /// A part of a cache key. The length in front tells values apart whatever they hold: `Ann-7`, `1` in the key
    /// `{a}-{b}` is not `Ann`, `7-1`.
    CacheKey,
}

/// Why a value can't be inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// It has a character that is not allowed in a host name.
    #[error("a value cannot be used in a host name")]
    Host,
    /// The path segment `.` or `..`, which would change the path.
    #[error("a path segment cannot be \".\" or \"..\"")]
    Path,
    /// It is empty, or has a character that is not allowed in a destination.
    #[error(
        "a destination may only contain letters, digits and _ + * # . -, and must not be empty"
    )]
    Destination,
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const PERCENT_ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl EscapeContext {
    /// Appends the escaped value to `out`.
    ///
    /// # Errors
    ///
    /// When no escaping makes the value valid: it is not allowed in a host or a destination, or it is the path segment
    /// `.` or `..`.
    pub fn escape_into(self, value: &str, out: &mut String) -> Result<(), EscapeError> {
        match self {
            Self::Query => out.extend(utf8_percent_encode(value, PERCENT_ENCODED)),
            Self::Path if matches!(value, "." | "..") => return Err(EscapeError::Path),
            Self::Path => out.extend(utf8_percent_encode(value, PERCENT_ENCODED)),
            Self::Url | Self::Header => out.push_str(&replace_control_characters(value)),
            Self::Variable => out.push_str(&replace_terminal_controls(value)),
            Self::JsonString => out.push_str(strip_quotes(&json_string(value))),
            Self::JsonValue if is_json_number(value) => out.push_str(value),
            Self::JsonValue => out.push_str(&json_string(value)),
            Self::Xml => xml::escape_text(value, out),
            Self::XmlComment => xml::escape_comment(value, out),
            Self::XmlCdata => xml::escape_cdata(value, out),
            Self::Host if !is_host_part(value) => return Err(EscapeError::Host),
            Self::Destination if !Destination::is_valid_part(value) => {
                return Err(EscapeError::Destination);
            }
            Self::Host | Self::Destination | Self::Comparison => out.push_str(value),
            Self::CacheKey => out.push_str(&format!("{}:{value}", value.len())),
        }
        Ok(())
    }
}

/// The value on one line: each control character, such as CR, LF and NUL, becomes a space.
pub(crate) fn replace_control_characters(value: &str) -> Cow<'_, str> {
    if !value.contains(|c: char| c.is_control()) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// The value of a channel variable, which operators read in a terminal: control characters such as ESC become spaces,
/// and so do line separators and the marks that override or embed a direction of writing. With those, a text can look
/// like another one.
pub(crate) fn replace_terminal_controls(value: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !value.contains(is_unsafe) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).collect())
}

fn json_string(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn strip_quotes(json: &str) -> &str {
    json.strip_prefix('"').and_then(|s| s.strip_suffix('"')).unwrap_or(json)
}

fn is_json_number(value: &str) -> bool {
    value.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && value.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(value).is_ok()
}

fn is_host_part(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}
