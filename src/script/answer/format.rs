//! Detects the format of a body and decodes its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use mime::Mime;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerFormat {
    Json,
    Xml,
    Form,
    Text,
    Html,
}

/// The format and the text of a body. The first of these that is present gives the encoding: a byte order mark, the
/// charset of the content type, the XML declaration. Without any of them it is UTF-8.
pub(super) fn decode<'a>(
    content_type: Option<&str>,
    body: &'a [u8],
) -> (AnswerFormat, Cow<'a, str>) {
    let mime = content_type.and_then(media_type);
    let declared = mime.as_ref().and_then(AnswerFormat::from_mime);
    let charset = mime.as_ref().and_then(|mime| mime.get_param(mime::CHARSET));
    let encoding = charset
        .and_then(|label| Encoding::for_label(label.as_str().as_bytes()))
        .or_else(|| xml_declared_encoding(body))
        .unwrap_or(UTF_8);
    let (text, ..) = encoding.decode(body);
    (declared.unwrap_or_else(|| AnswerFormat::sniff(text.trim())), text)
}

/// Parses a content type. Invalid parameters are ignored. Many servers send a trailing semicolon, which is accepted.
fn media_type(text: &str) -> Option<Mime> {
    let with_parameters = text.trim_end_matches([';', ' ']).parse().ok();
    with_parameters.or_else(|| text.split(';').next()?.trim().parse().ok())
}

/// The encoding that an XML declaration names. Names such as UTF-16 are ignored: a declaration that can be read as
/// single bytes is not in UTF-16.
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
        let starts_with = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match text.as_bytes().first() {
            Some(b'{' | b'[') => Self::Json,
            Some(b'<') if starts_with("<!doctype html") || starts_with("<html") => Self::Html,
            Some(b'<') => Self::Xml,
            _ if text.split('&').all(is_form_pair) => Self::Form,
            _ => Self::Text,
        }
    }
}

/// Whether the text is one `name=value` pair of a form. Form encoders escape `=` and spaces inside names and values, so
/// either of them means plain text.
fn is_form_pair(text: &str) -> bool {
    let pair = text.split_once('=');
    pair.is_some_and(|(name, value)| {
        !name.is_empty() && !value.contains('=') && !text.contains(char::is_whitespace)
    })
}
