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

use format::Format;
use tree::Tree;

/// A complete reply.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    content: Content,
}

enum Content {
    Nothing,
    Json(Box<str>),
    Xml(Tree),
    Form(Tree),
    Text(Box<str>),
    Unreadable(Unreadable),
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing, or JSON's `null`.
    Absent,
    /// A text, a number as it was written, `true` or `false`.
    Text(Cow<'a, str>),
    /// An object or a list.
    Composite,
}

/// Why a body can't be read; never with anything of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error(
        "the answer is an HTML page; send JSON, XML, a form or plain text, with its content type"
    )]
    Html,
    #[error("the answer is broken JSON, at line {0}, column {1}")]
    Json(usize, usize),
    #[error("the answer is JSON nested more than 128 deep")]
    Deep,
    #[error("the answer is broken XML, at line {0}, column {1}")]
    Xml(u32, u32),
    #[error(
        "the answer is XML with a document type definition, which is not read; send it without"
    )]
    Dtd,
    #[error("the answer is XML with more than {0} attributes or namespaces")]
    Attributes(usize),
    #[error("the answer is no text: it holds NUL bytes")]
    Binary,
}

impl Answer {
    /// Reads a body by its content type; without one, or with an unknown one, by its look.
    pub fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let (format, text) = format::decode(content_type, body);
        let content = Content::read(format, text.trim()).unwrap_or_else(Content::Unreadable);
        Self { status, content }
    }

    /// What stands at a path.
    pub fn at(&self, path: &KeyPath) -> Found<'_> {
        match &self.content {
            Content::Json(text) => json::at(text, path),
            Content::Xml(tree) => tree.at_or_below_root(path),
            Content::Form(tree) => tree.field(path),
            Content::Nothing | Content::Text(_) | Content::Unreadable(_) => Found::Absent,
        }
    }

    /// What branches are compared with: what stands at the key; without a key a text answer itself, else the HTTP
    /// status. JSON that is nothing but a string, a number or a truth value is a text answer too: no key reaches it.
    pub fn value(&self, key: Option<&KeyPath>) -> Found<'_> {
        let whole = match (key, &self.content) {
            (Some(path), _) => return self.at(path),
            (None, Content::Text(text)) => Found::Text(Cow::Borrowed(text)),
            (None, Content::Json(text)) => json::found(text),
            _ => Found::Absent,
        };
        match whole {
            Found::Text(_) => whole,
            _ => Found::Text(Cow::Owned(self.status.to_string())),
        }
    }

    /// Why it can't be read, where it can't: in words for who wrote the web application, with nothing of its content.
    pub fn unreadable(&self) -> Option<String> {
        match &self.content {
            Content::Unreadable(reason) => Some(reason.to_string()),
            _ => None,
        }
    }

    /// What it is read as, in a word.
    pub fn format(&self) -> &'static str {
        match &self.content {
            Content::Nothing => "empty",
            Content::Json(_) => "JSON",
            Content::Xml(_) => "XML",
            Content::Form(_) => "form",
            Content::Text(_) => "text",
            Content::Unreadable(_) => "unreadable",
        }
    }

    /// What it takes in memory, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + match &self.content {
                Content::Json(text) | Content::Text(text) => text.len(),
                Content::Xml(tree) | Content::Form(tree) => tree.size(),
                Content::Nothing | Content::Unreadable(_) => 0,
            }
    }
}

/// Without its content, which may be anything that a caller would not want to see in a log.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answer");
        shown.field("status", &self.status).field("size", &self.size()).finish_non_exhaustive()
    }
}

impl Content {
    fn read(format: Format, text: &str) -> Result<Self, Unreadable> {
        match format {
            _ if text.is_empty() => Ok(Self::Nothing),
            Format::Html => Err(Unreadable::Html),
            Format::Json => json::check(text).map(|()| Self::Json(text.into())),
            Format::Xml => Tree::xml(text).map(Self::Xml),
            Format::Form => Ok(Self::Form(Tree::form(text))),
            Format::Text if text.contains('\0') => Err(Unreadable::Binary),
            Format::Text => Ok(Self::Text(text.into())),
        }
    }
}
