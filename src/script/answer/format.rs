//! Detects the format of a body and decodes its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use mime::Mime;

use super::html;

/// A format that an answer can be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    Json,
    Xml,
    Form,
    Text,
}

impl AnswerFormat {
    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Form => "form",
            Self::Text => "text",
        }
    }
}

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadingMode {
    /// As the script says.
    Given(AnswerFormat),
    /// As the content type says.
    Declared(AnswerFormat),
    /// Without a useful content type: as the format that the body looks like.
    ByLook(AnswerFormat),
    /// As the format that the body looks like, or as text if it is not valid in that format.
    PlainText(AnswerFormat),
    Html,
}

/// What the content type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeclaredType {
    Format(AnswerFormat),
    PlainText,
    /// `text/html`, which is also what PHP sends for everything unless it is told otherwise.
    Html,
    Xhtml,
    Other,
}

/// The text of a body, without spaces around it, and how it is to be read.
pub(super) fn decode<'a>(
    content_type: Option<&str>,
    body: &'a [u8],
    read_as: Option<AnswerFormat>,
) -> (ReadingMode, Cow<'a, str>) {
    let mime = content_type.and_then(media_type);
    let charset = mime.as_ref().and_then(|mime| mime.get_param(mime::CHARSET));
    let charset = charset.and_then(|label| Encoding::for_label(label.as_str().as_bytes()));
    let text = trim(decode_text(charset, body));
    let mode = match (read_as, mime.as_ref().map_or(DeclaredType::Other, DeclaredType::of)) {
        (Some(format), _) => ReadingMode::Given(format),
        (None, DeclaredType::Format(format)) => ReadingMode::Declared(format),
        (None, DeclaredType::Xhtml) => ReadingMode::Html,
        (None, declared) => by_look(&text, declared),
    };
    (mode, text)
}

/// Decodes a body. The first of these that is present gives the encoding: a byte order mark, the charset of the content
/// type, the XML declaration, zero bytes beside the first character (UTF-16). Without any of them it is UTF-8.
fn decode_text<'a>(charset: Option<&'static Encoding>, body: &'a [u8]) -> Cow<'a, str> {
    let encoding = charset
        .or_else(|| xml_declared_encoding(body))
        .or_else(|| utf_16_without_mark(body))
        .unwrap_or(UTF_8);
    encoding.decode(body).0
}

/// Removes spaces, and the byte order marks that stay: a PHP script adds one for each file that it includes.
fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_space)),
        Cow::Owned(text) => match text.trim_matches(is_space) {
            trimmed if trimmed.len() == text.len() => Cow::Owned(text),
            trimmed => Cow::Owned(trimmed.to_owned()),
        },
    }
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

/// UTF-16 by the first character of JSON or XML, which is ASCII.
fn utf_16_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<' | b'{' | b'[', 0, ..] => Some(UTF_16LE),
        [0, b'<' | b'{' | b'[', ..] => Some(UTF_16BE),
        _ => None,
    }
}

impl DeclaredType {
    fn of(mime: &Mime) -> Self {
        let suffix = mime.suffix().map(|suffix| suffix.as_str());
        match (mime.type_().as_str(), mime.subtype().as_str(), suffix) {
            ("text", "html", _) => Self::Html,
            ("application", "xhtml", Some("xml")) => Self::Xhtml,
            ("application" | "text", "json", _) | (_, _, Some("json")) => {
                Self::Format(AnswerFormat::Json)
            }
            ("application" | "text", "xml", _) | (_, _, Some("xml")) => {
                Self::Format(AnswerFormat::Xml)
            }
            ("application", "x-www-form-urlencoded", _) => Self::Format(AnswerFormat::Form),
            ("text", "plain", _) => Self::PlainText,
            _ => Self::Other,
        }
    }
}

fn by_look(text: &str, declared: DeclaredType) -> ReadingMode {
    let format = match text.as_bytes().first() {
        Some(b'{' | b'[') => AnswerFormat::Json,
        Some(b'<') if html::is_page(text, declared == DeclaredType::Html) => {
            return ReadingMode::Html;
        }
        Some(b'<') => AnswerFormat::Xml,
        _ if text.split('&').all(is_form_pair) => AnswerFormat::Form,
        _ => AnswerFormat::Text,
    };
    match (declared, format) {
        (DeclaredType::PlainText, _) | (DeclaredType::Html, AnswerFormat::Form) => {
            ReadingMode::PlainText(format)
        }
        _ => ReadingMode::ByLook(format),
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
