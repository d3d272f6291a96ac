//! What a body is, and its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use mime::Mime;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerFormat {
    Json,
    Xml,
    Form,
    Text,
    Html,
}

/// The format and the text of a body. A byte order mark wins over the charset of the content type, that one over an
/// XML declaration, and UTF-8 is what is left.
pub(super) fn decode<'a>(
    content_type: Option<&str>,
    body: &'a [u8],
) -> (AnswerFormat, Cow<'a, str>) {
    let mime = content_type.and_then(media_type);
    let named = mime.as_ref().and_then(AnswerFormat::from_mime);
    let charset = mime.as_ref().and_then(|mime| mime.get_param(mime::CHARSET));
    let encoding = charset
        .and_then(|label| Encoding::for_label(label.as_str().as_bytes()))
        .or_else(|| xml_declared_encoding(body))
        .unwrap_or(UTF_8);
    let (text, ..) = encoding.decode(body);
    (named.unwrap_or_else(|| AnswerFormat::sniff(text.trim())), text)
}

/// A content type; where its parameters are broken, without them. Many end it with a semicolon.
fn media_type(text: &str) -> Option<Mime> {
    let whole = text.trim_end_matches([';', ' ']).parse().ok();
    whole.or_else(|| text.split(';').next()?.trim().parse().ok())
}

/// The encoding of an XML declaration; one that says UTF-16 in single bytes is wrong about itself.
fn xml_declared_encoding(body: &[u8]) -> Option<&'static Encoding> {
    let declaration = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.iter().take(200).position(|&b| b == b'>')?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let mut quoted = value.split(['"', '\'']);
    let label = quoted.nth(1)?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}

impl AnswerFormat {
    fn from_mime(mime: &Mime) -> Option<Self> {
        let suffix = mime.suffix().map(|suffix| suffix.as_str());
        match (mime.type_().as_str(), mime.subtype().as_str(), suffix) {
            ("text", "html", _) | ("application", "xhtml", Some("xml")) => Some(Self::Html),
            ("application" | "text", "json", _) | (_, _, Some("json")) => Some(Self::Json),
            ("application" | "text", "xml", _) | (_, _, Some("xml")) => Some(Self::Xml),
            ("application", "x-www-form-urlencoded", _) => Some(Self::Form),
            ("text", "plain", _) => Some(Self::Text),
            _ => None,
        }
    }

    fn sniff(text: &str) -> Self {
        let begins = |with: &str| {
            text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        match text.as_bytes().first() {
            Some(b'{' | b'[') => Self::Json,
            Some(b'<') if begins("<!doctype html") || begins("<html") => Self::Html,
            Some(b'<') => Self::Xml,
            _ if text.split('&').all(is_pair) => Self::Form,
            _ => Self::Text,
        }
    }
}

/// A pair as encoders write it: a second `=` or a space is a text's.
fn is_pair(text: &str) -> bool {
    let pair = text.split_once('=');
    pair.is_some_and(|(name, value)| {
        !name.is_empty() && !value.contains('=') && !text.contains(char::is_whitespace)
    })
}
