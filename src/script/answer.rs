//! A complete HTTP answer to a trigger: parsed once, then looked up by response key.
//!
//! Every format but plain text becomes a flat list of nodes that refer to one text. So no code here recurses over a
//! hostile body, and numbers keep the digits that were sent. The length of the text and the number of values are
//! limited, so an answer has a largest size in memory and a largest cost.

use std::borrow::Cow;
use std::fmt;

use crate::script::path::KeyPath;

mod form;
mod format;
mod html;
mod json;
mod tree;
mod value;
mod xml;

pub use format::AnswerFormat;
use format::ReadingMode;
use tree::AnswerTree;
use value::AnswerFormatError;
pub use value::AnswerValue;

/// The longest text of an answer, in bytes of UTF-8. Other charsets may take fewer bytes than UTF-8.
pub const MAX_TEXT: usize = 256 * 1024;
/// The most characters of PHP's message that are shown.
const MAX_SHOWN_PHP_MESSAGE: usize = 100;

/// A complete HTTP answer to a trigger.
pub struct TriggerAnswer {
    pub status: u16,
    content: AnswerContent,
}

enum AnswerContent {
    Empty,
    Json(AnswerTree),
    Xml(AnswerTree),
    Form(AnswerTree),
    Text(Box<str>),
    /// Declared as text that also looks like a form. Without a key it is a text.
    TextOrForm(AnswerTree),
    Unreadable(AnswerFormatError),
    /// The body begins with this message of PHP.
    PhpMessage(Box<str>),
}

impl TriggerAnswer {
    /// Parses a body by its content type. If that is missing, unknown or says little, the body's look decides.
    pub fn parse(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        Self::parse_as(None, status, content_type, body)
    }

    /// Parses a body in the format that the script gives, or as [`TriggerAnswer::parse`] does.
    pub fn parse_as(
        format: Option<AnswerFormat>,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Self {
        let (mode, text) = format::decode(content_type, body, format);
        Self { status, content: AnswerContent::parse(mode, &text) }
    }

    /// An answer whose body is compressed in a way that is not supported.
    pub(crate) fn encoded(status: u16) -> Self {
        Self { status, content: AnswerContent::Unreadable(AnswerFormatError::Encoded) }
    }

    /// The value at a response key.
    pub fn lookup(&self, path: &KeyPath) -> AnswerValue<'_> {
        self.find(path).unwrap_or(AnswerValue::Absent)
    }

    /// Like [`TriggerAnswer::lookup`], but a value that is `null` is `Some`.
    fn find(&self, path: &KeyPath) -> Option<AnswerValue<'_>> {
        match &self.content {
            AnswerContent::Json(tree) => json::lookup(tree, path),
            AnswerContent::Xml(tree) => xml::lookup(tree, path),
            AnswerContent::Form(tree) | AnswerContent::TextOrForm(tree) => form::lookup(tree, path),
            AnswerContent::Empty
            | AnswerContent::Text(_)
            | AnswerContent::Unreadable(_)
            | AnswerContent::PhpMessage(_) => None,
        }
    }

    /// Whether the value at a response key is a number in JSON, not a string. Without a key, whether the whole body is.
    pub(crate) fn is_json_number(&self, path: Option<&KeyPath>) -> bool {
        match &self.content {
            AnswerContent::Json(tree) => json::is_number(tree, path),
            _ => false,
        }
    }

    /// The value that branches are compared with.
    ///
    /// With a response key, this is the value at the key. Without one, it is the whole body of a plain text answer, and
    /// the HTTP status of any other. A JSON body that is only a string, a number or a boolean counts as plain text,
    /// since no key can reach it.
    pub fn branch_value(&self, key: Option<&KeyPath>) -> AnswerValue<'_> {
        let whole_body = match (key, &self.content) {
            (Some(path), _) => return self.lookup(path),
            (None, AnswerContent::Text(text)) => AnswerValue::Text(Cow::Borrowed(text)),
            (None, AnswerContent::TextOrForm(tree)) => {
                AnswerValue::Text(Cow::Borrowed(tree.text()))
            }
            (None, AnswerContent::Json(tree)) => json::root_value(tree),
            _ => AnswerValue::Absent,
        };
        match whole_body {
            AnswerValue::Text(_) => whole_body,
            _ => AnswerValue::Text(Cow::Owned(self.status.to_string())),
        }
    }

    /// Why the body can't be parsed, as a message for the author of the web application; `None` if it was parsed. The
    /// message never contains any part of the body.
    pub fn unreadable_reason(&self) -> Option<String> {
        match &self.content {
            AnswerContent::Unreadable(reason) => Some(reason.to_string()),
            AnswerContent::PhpMessage(_) => {
                Some("the answer begins with a message of PHP, not with its data".to_owned())
            }
            _ => None,
        }
    }

    /// The beginning of PHP's message in front of the data, if there is one and the whole message is not sensitive.
    pub(crate) fn php_message(&self, is_sensitive: impl Fn(&str) -> bool) -> Option<String> {
        match &self.content {
            AnswerContent::PhpMessage(message) if !is_sensitive(message) => {
                Some(message.chars().take(MAX_SHOWN_PHP_MESSAGE).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.content, AnswerContent::Empty)
    }

    /// Why there is no value at a response key: `read as text; no data.code in it`. `None` if there is one, or if the
    /// body can't be parsed.
    pub fn missing_reason(&self, key: &KeyPath) -> Option<String> {
        if self.unreadable_reason().is_some() {
            return None;
        }
        let format = self.format(true);
        match self.find(key) {
            None if self.is_empty() => Some(format!("the answer is empty; no {key} in it")),
            None => Some(format!("read as {format}; no {key} in it")),
            Some(AnswerValue::Absent) => Some(format!("read as {format}; {key} is null")),
            Some(_) => None,
        }
    }

    /// The name of the format that the body was parsed as, for a script with or without a response key.
    pub fn format(&self, has_key: bool) -> &'static str {
        let format = match &self.content {
            AnswerContent::Empty => return "empty",
            AnswerContent::Unreadable(_) | AnswerContent::PhpMessage(_) => return "unreadable",
            AnswerContent::Json(_) => AnswerFormat::Json,
            AnswerContent::Xml(_) => AnswerFormat::Xml,
            AnswerContent::TextOrForm(_) if !has_key => AnswerFormat::Text,
            AnswerContent::Form(_) | AnswerContent::TextOrForm(_) => AnswerFormat::Form,
            AnswerContent::Text(_) => AnswerFormat::Text,
        };
        format.name()
    }

    /// The memory that the answer uses, in bytes.
    pub fn memory_size(&self) -> usize {
        size_of::<Self>()
            + match &self.content {
                AnswerContent::Text(text) | AnswerContent::PhpMessage(text) => text.len(),
                AnswerContent::Json(tree)
                | AnswerContent::Xml(tree)
                | AnswerContent::Form(tree)
                | AnswerContent::TextOrForm(tree) => tree.heap_size(),
                AnswerContent::Empty | AnswerContent::Unreadable(_) => 0,
            }
    }
}

/// Leaves out the content, which may hold personal data and must not reach a log.
impl fmt::Debug for TriggerAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TriggerAnswer")
            .field("status", &self.status)
            .field("size", &self.memory_size())
            .finish_non_exhaustive()
    }
}

impl AnswerContent {
    fn parse(mode: ReadingMode, text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if text.len() > MAX_TEXT {
            return Self::Unreadable(AnswerFormatError::TooLong(MAX_TEXT));
        }
        let parsed = match mode {
            ReadingMode::Html => Err(AnswerFormatError::Html),
            ReadingMode::Given(AnswerFormat::Xml) => xml::parse(text, true).map(Self::Xml),
            ReadingMode::PlainText(AnswerFormat::Form) => form::parse(text).map(Self::TextOrForm),
            ReadingMode::Given(format)
            | ReadingMode::Declared(format)
            | ReadingMode::ByLook(format)
            | ReadingMode::PlainText(format) => Self::parse_as(format, text),
        };
        let may_be_php = mode != ReadingMode::Given(AnswerFormat::Text)
            && matches!(parsed, Ok(Self::Text(_)) | Err(_));
        if let Some(message) = may_be_php.then(|| html::php_message(text)).flatten() {
            return Self::PhpMessage(message.into());
        }
        // What is declared as plain text is text, even if it looks like JSON or XML and is not valid.
        let parsed = match (mode, parsed) {
            (ReadingMode::PlainText(_), Err(error)) if !error.is_limit() => {
                Self::parse_as(AnswerFormat::Text, text)
            }
            (_, parsed) => parsed,
        };
        parsed.unwrap_or_else(Self::Unreadable)
    }

    fn parse_as(format: AnswerFormat, text: &str) -> Result<Self, AnswerFormatError> {
        match format {
            AnswerFormat::Json => json::parse(text).map(Self::Json),
            AnswerFormat::Xml => xml::parse(text, false).map(Self::Xml),
            AnswerFormat::Form => form::parse(text).map(Self::Form),
            AnswerFormat::Text if text.contains('\0') => Err(AnswerFormatError::Binary),
            AnswerFormat::Text => Ok(Self::Text(text.into())),
        }
    }
}
