//! Where a value lands, and what keeps it a value there.
//!
//! Text from callers and web applications is hostile. Nothing else writes such a text into a URL, a header, a body, a
//! variable or a destination, so a value can't end the place that it stands in. CR, LF and NUL pass nowhere.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::channel::Destination;

/// Where a value lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscapeContext {
    /// The whole beginning of a URL: taken as it is, and judged once the URL is whole.
    Url,
    /// The host of a URL.
    Host,
    /// A segment of a URL's path: it can't add segments.
    Path,
    /// A name or value in a URL's query, or in a form: it can't add parameters.
    Query,
    /// The value of a request header.
    Header,
    /// Inside the quotes of a JSON string.
    JsonString,
    /// Outside of quotes in JSON: a number where it is one as JSON writes them, else a string.
    JsonValue,
    /// Text of an XML body, or an attribute's value.
    Xml,
    /// A part of a place in the dialplan.
    Destination,
    /// The value of a channel variable.
    Variable,
}

/// A value that can't stand where it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// It would change the host.
    #[error("a value can't be part of a host name")]
    Host,
    /// It would climb in the path.
    #[error("a value can't be a path segment of dots")]
    Path,
    /// Empty, or with other characters than letters, digits and `_ + * # . -`.
    #[error(
        "a value can't be part of a destination: only letters, digits and _ + * # . - can, and not nothing"
    )]
    Destination,
}

/// RFC 3986's unreserved characters stay; all others are encoded.
const PERCENT_ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl EscapeContext {
    /// Writes a value so that it stays one.
    ///
    /// # Errors
    ///
    /// Where no escape exists: hosts, destinations, path segments of dots alone.
    pub fn escape_into(self, value: &str, out: &mut String) -> Result<(), EscapeError> {
        match self {
            Self::Query => out.extend(utf8_percent_encode(value, PERCENT_ENCODED)),
            Self::Path if matches!(value, "." | "..") => return Err(EscapeError::Path),
            Self::Path => out.extend(utf8_percent_encode(value, PERCENT_ENCODED)),
            Self::Url | Self::Header | Self::Variable => {
                out.push_str(&replace_control_characters(value))
            }
            Self::JsonString => out.push_str(strip_quotes(&json_string(value))),
            Self::JsonValue if is_json_number(value) => out.push_str(value),
            Self::JsonValue => out.push_str(&json_string(value)),
            Self::Xml => escape_xml(&replace_control_characters(value), out),
            Self::Host if !is_host_part(value) => return Err(EscapeError::Host),
            Self::Destination if !Destination::is_valid_part(value) => {
                return Err(EscapeError::Destination);
            }
            Self::Host | Self::Destination => out.push_str(value),
        }
        Ok(())
    }
}

/// The value on one line: CR, LF and NUL become spaces, other control characters too.
pub fn replace_control_characters(value: &str) -> Cow<'_, str> {
    if !value.contains(|c: char| c.is_control()) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
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

fn escape_xml(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
}
