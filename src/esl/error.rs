//! Errors in what FreeSWITCH sends.

use std::fmt;

use crate::wire::WireError;

/// Why the connection can no longer be used. Commands that cannot be sent have an error of their own:
/// [`EslCommandError`](super::quote::EslCommandError).
pub type EslError = WireError<EslMessagePart>;

/// What was being received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslMessagePart {
    /// Header lines up to a blank line.
    Headers,
    Body,
}

impl fmt::Display for EslMessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "a header block",
            Self::Body => "a body",
        })
    }
}
