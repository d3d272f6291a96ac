//! Errors in what Asterisk sends.

use std::fmt;

use crate::wire::WireError;

/// Why the connection can no longer be used. Commands that cannot be sent have an error of their own:
/// [`AgiCommandError`](super::quote::AgiCommandError).
pub type AgiError = WireError<AgiMessagePart>;

/// What was being received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgiMessagePart {
    /// The lines before the first command.
    Environment,
    /// A message of one line.
    Line,
    /// A `200 result=1 (…)` reply whose value contains newlines.
    Value,
    /// A `520-` block.
    Usage,
}

impl fmt::Display for AgiMessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "an AGI environment",
            Self::Line => "a line",
            Self::Value => "a value",
            Self::Usage => "a usage text",
        })
    }
}
