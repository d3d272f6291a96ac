//! Steps of calls that have ended, with their times and attributes.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use super::id::{SpanId, TraceId};

/// The maximum length of a text in a span, in bytes. Longer texts are cut.
const MAX_TEXT_BYTES: usize = 1 << 10;

/// A step of a call that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSpan {
    pub trace: TraceId,
    pub id: SpanId,
    /// The default for the span of the whole call.
    pub parent: SpanId,
    pub role: SpanRole,
    pub name: Cow<'static, str>,
    pub started_at: SystemTime,
    pub duration: Duration,
    /// Nothing in them is sensitive, as in the log.
    pub attributes: Vec<(&'static str, SpanValue)>,
    /// Why the step failed.
    pub error: Option<String>,
}

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanRole {
    /// A call that a switch has handed to the daemon.
    Server,
    /// A request to a web application.
    Client,
    /// A step of a call.
    Internal,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanValue {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl TraceSpan {
    /// A step that begins now or has begun before.
    pub(super) fn new(trace: TraceId, id: SpanId, started_at: SystemTime) -> Self {
        Self {
            trace,
            id,
            parent: SpanId::default(),
            role: SpanRole::Internal,
            name: Cow::default(),
            started_at,
            duration: Duration::ZERO,
            attributes: Vec::new(),
            error: None,
        }
    }
}

impl From<&str> for SpanValue {
    fn from(text: &str) -> Self {
        Self::Text(bounded(text))
    }
}

/// The text, cut if it is too long.
pub(super) fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned()
}

impl From<u16> for SpanValue {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for SpanValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for SpanValue {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for SpanValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
