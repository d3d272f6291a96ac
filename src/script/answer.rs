//! A complete reply: read once, asked by key.
//!
//! Its text stays as it came (JSON) or lies flat (XML, forms): nothing here recurses over what a stranger sent, and
//! numbers keep the digits that they were written with.

use std::borrow::Cow;
use std::fmt;

use crate::script::path::KeyPath;

mod format;
mod json;
mod tree;

use format::AnswerFormat;
use tree::AnswerTree;

/// A complete reply.
pub struct TriggerAnswer {
    /// HTTP status.
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

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerValue<'a> {
    /// Nothing, or JSON's `null`.
    Absent,
    /// A text, a number as it was written, `true` or `false`.
    Text(Cow<'a, str>),
    /// An object or a list.
    Composite,
}

/// Why a body can't be read; never with anything of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum AnswerFormatError {
    #[error(
        "the answer is an HTML page; send JSON, XML, a form or plain text, with its content type"
    )]
    Html,
    #[error("the answer is broken JSON, at line {0}, column {1}")]
    Json(usize, usize),
    #[error("the answer is JSON nested more than 128 deep")]
    TooDeep,
    #[error("the answer is broken XML, at line {0}, column {1}")]
    Xml(u32, u32),
    #[error(
        "the answer is XML with a document type definition, which is not read; send it without"
    )]
    Dtd,
    #[error("the answer is XML with more than {0} attributes or namespaces")]
    TooManyAttributes(usize),
    #[error("the answer is no text: it holds NUL bytes")]
    Binary,
}

impl TriggerAnswer {
    /// Reads a body by its content type; without one, or with an unknown one, by its look.
    pub fn parse(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let (format, text) = format::decode(content_type, body);
        let content =
            AnswerContent::parse(format, text.trim()).unwrap_or_else(AnswerContent::Unreadable);
        Self { status, content }
    }

    /// What stands at a path.
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

    /// What branches are compared with: what stands at the key; without a key a text answer itself, else the HTTP
    /// status. JSON that is nothing but a string, a number or a truth value is a text answer too: no key reaches it.
    pub fn branch_value(&self, key: Option<&KeyPath>) -> AnswerValue<'_> {
        let whole = match (key, &self.content) {
            (Some(path), _) => return self.lookup(path),
            (None, AnswerContent::Text(text)) => AnswerValue::Text(Cow::Borrowed(text)),
            (None, AnswerContent::Json(text)) => json::classify(text),
            _ => AnswerValue::Absent,
        };
        match whole {
            AnswerValue::Text(_) => whole,
            _ => AnswerValue::Text(Cow::Owned(self.status.to_string())),
        }
    }

    /// Why it can't be read, where it can't: in words for who wrote the web application, with nothing of its content.
    pub fn unreadable_reason(&self) -> Option<String> {
        match &self.content {
            AnswerContent::Unreadable(reason) => Some(reason.to_string()),
            _ => None,
        }
    }

    /// What it is read as, in a word.
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

    /// What it takes in memory, in bytes.
    pub fn memory_size(&self) -> usize {
        size_of::<Self>()
            + match &self.content {
                AnswerContent::Json(text) | AnswerContent::Text(text) => text.len(),
                AnswerContent::Xml(tree) | AnswerContent::Form(tree) => tree.memory_size(),
                AnswerContent::Empty | AnswerContent::Unreadable(_) => 0,
            }
    }
}

/// Without its content, which may be anything that a caller would not want to see in a log.
impl fmt::Debug for TriggerAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answer");
        shown
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
