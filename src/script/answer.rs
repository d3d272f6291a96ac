//! stub
use crate::script::path::KeyPath;
use std::borrow::Cow;
/// A complete reply.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
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
impl Answer {
    /// At.
    pub fn at(&self, _p: &KeyPath) -> Found<'_> {
        Found::Absent
    }
    /// Value.
    pub fn value(&self, _key: Option<&KeyPath>) -> Found<'_> {
        Found::Absent
    }
    /// Unreadable reason
    pub fn unreadable(&self) -> Option<String> {
        None
    }
}
