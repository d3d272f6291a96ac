//! A complete HTTP answer to a trigger: parsed once, then looked up by response key.
//!
//! JSON is stored as its text, XML and forms as a flat list of nodes. So no code here recurses over a hostile body, and
//! numbers keep the digits that were sent.

use std::borrow::Cow;
use std::fmt;

use crate::script::path::KeyPath;

mod format;
mod json;
mod tree;
mod value;

use format::AnswerFormat;
use tree::AnswerTree;
use value::AnswerFormatError;
pub use value::AnswerValue;

/// A complete HTTP answer to a trigger.
pub struct TriggerAnswer {
    pub status: u16,
    content: AnswerContent,
}

enum AnswerContent {
    Empty,
    Json(Box<str>),
    Xml(AnswerTree),
    Form(AnswerTree),
    Text(Box<str>),
    Unreadable(AnswerFormatError),
}

impl TriggerAnswer {
    /// Parses a body by its content type. If that is missing or unknown, the format is guessed from the body.
    pub fn parse(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let (format, text) = format::decode(content_type, body);
        let content =
            AnswerContent::parse(format, text.trim()).unwrap_or_else(AnswerContent::Unreadable);
        Self { status, content }
    }

    /// The value at a response key.
    pub fn lookup(&self, path: &KeyPath) -> AnswerValue<'_> {
        match &self.content {
            AnswerContent::Json(text) => json::lookup(text, path),
            AnswerContent::Xml(tree) => tree.lookup_xml(path),
            AnswerContent::Form(tree) => tree.lookup_form(path),
            AnswerContent::Empty | AnswerContent::Text(_) | AnswerContent::Unreadable(_) => {
                AnswerValue::Absent
            }
        }
    }

    /// Whether the value at a response key is a number in JSON, not a string.
    pub(crate) fn is_json_number(&self, path: &KeyPath) -> bool {
        match &self.content {
            AnswerContent::Json(text) => json::is_number(text, path),
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
            (None, AnswerContent::Json(text)) => json::classify(text),
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
            _ => None,
        }
    }

    /// The name of the format that the body was parsed as.
    pub fn format(&self) -> &'static str {
        match &self.content {
            AnswerContent::Empty => "empty",
            AnswerContent::Json(_) => "JSON",
            AnswerContent::Xml(_) => "XML",
            AnswerContent::Form(_) => "form",
            AnswerContent::Text(_) => "text",
            AnswerContent::Unreadable(_) => "unreadable",
        }
    }

    /// The memory that the answer uses, in bytes.
    pub fn memory_size(&self) -> usize {
        size_of::<Self>()
            + match &self.content {
                AnswerContent::Json(text) | AnswerContent::Text(text) => text.len(),
                AnswerContent::Xml(tree) | AnswerContent::Form(tree) => tree.memory_size(),
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
    fn parse(format: AnswerFormat, text: &str) -> Result<Self, AnswerFormatError> {
        match format {
            _ if text.is_empty() => Ok(Self::Empty),
            AnswerFormat::Html => Err(AnswerFormatError::Html),
            AnswerFormat::Json => json::check(text).map(|()| Self::Json(text.into())),
            AnswerFormat::Xml => AnswerTree::parse_xml(text).map(Self::Xml),
            AnswerFormat::Form => Ok(Self::Form(AnswerTree::parse_form(text))),
            AnswerFormat::Text if text.contains('\0') => Err(AnswerFormatError::Binary),
            AnswerFormat::Text => Ok(Self::Text(text.into())),
        }
    }
}
