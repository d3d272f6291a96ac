//! The values of an answer, and the errors of its formats.

use std::borrow::Cow;

/// The value at a response key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerValue<'a> {
    /// No such key, JSON's `null`, or an XML element with `xsi:nil="true"`.
    Absent,
    /// A string, a number with the digits that were sent, `true` or `false`.
    Text(Cow<'a, str>),
    /// An object or an array; in XML and forms, an element with children or a repeated name.
    Composite,
}

/// Why a body can't be parsed. The message never contains any part of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerFormatError {
    #[error(
        "the answer is an HTML page; send JSON, XML, a form or plain text with the matching content type"
    )]
    Html,
    #[error("the answer is invalid JSON at line {0}, column {1}")]
    Json(usize, usize),
    #[error("the answer is invalid XML at line {0}, column {1}")]
    Xml(usize, usize),
    #[error("the answer is XML with a document type definition (DTD), which is not supported")]
    Dtd,
    #[error("the answer is {0} with more than {1} levels of nesting")]
    TooDeep(&'static str, usize),
    #[error("the answer has more than {0} values (elements, attributes, keys, list items)")]
    TooManyValues(usize),
    #[error("the answer has a name of more than {0} bytes")]
    NameTooLong(usize),
    #[error("the answer is longer than {0} bytes of UTF-8")]
    TooLong(usize),
    #[error("the answer is not text: it contains NUL bytes")]
    Binary,
    #[error("the answer has a content encoding that is not supported; send it plain or as gzip")]
    Encoded,
}

impl AnswerFormatError {
    /// Whether the body exceeds a limit. It may be valid in its format.
    pub(super) fn is_limit(self) -> bool {
        matches!(
            self,
            Self::TooDeep(..) | Self::TooManyValues(_) | Self::NameTooLong(_) | Self::TooLong(_)
        )
    }
}
