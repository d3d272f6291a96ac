//! What can go wrong on the wire, and whose fault it is.

use std::fmt;
use std::io;

/// How much of the bytes an error shows.
const MAX_EVIDENCE_BYTES: usize = 200;

/// Why the connection is of no more use. What follows such an error on it can't be trusted to answer what we asked.
#[derive(Debug, thiserror::Error)]
pub enum EslError {
    /// No message of FreeSWITCH: not a FreeSWITCH, or the rest of a reply with newlines in it, so that replies are out
    /// of step.
    #[error("the switch sent what is no message of an event socket: \"{0}\"")]
    Malformed(EslEvidence),
    /// Something did not end where everything of its kind does.
    #[error("the switch sent {part} of over {limit} bytes, beginning with \"{evidence}\"")]
    TooLong {
        /// Of what.
        part: EslMessagePart,
        /// The most bytes.
        limit: usize,
        /// Its beginning.
        evidence: EslEvidence,
    },
    /// The connection ended inside something.
    #[error("the connection ended in the middle of {part}: \"{evidence}\"")]
    UnexpectedEnd {
        /// Of what.
        part: EslMessagePart,
        /// Its beginning.
        evidence: EslEvidence,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
}

impl EslError {
    /// Whose fault it is.
    pub fn origin(&self) -> EslErrorOrigin {
        match self {
            Self::Malformed(_) | Self::TooLong { .. } => EslErrorOrigin::Switch,
            Self::UnexpectedEnd { .. } | Self::Io(_) => EslErrorOrigin::Connection,
        }
    }
}

/// Whose fault a [`EslError`] is. Never ours: what we can't say is refused before it is sent
/// ([`EslCommandError`](super::quote::Unsendable)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslErrorOrigin {
    /// The peer's: it does not speak as FreeSWITCH does.
    Switch,
    /// The connection's.
    Connection,
}

/// What was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslMessagePart {
    /// Header lines up to a blank one.
    Headers,
    /// What follows them.
    Body,
}

impl fmt::Display for EslMessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "a block of headers",
            Self::Body => "a body",
        })
    }
}

/// Bytes that prove an error, cut to 200 and escaped; digits may be those of a PIN and are shown as `9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EslEvidence(String);

impl EslEvidence {
    /// Takes the first bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(MAX_EVIDENCE_BYTES)];
        let more = if kept.len() < bytes.len() { "…" } else { "" };
        let shown = |byte: u8| if byte.is_ascii_digit() { b'9' } else { byte };
        let kept: Vec<u8> = kept.iter().copied().map(shown).collect();
        Self(format!("{}{more}", kept.escape_ascii()))
    }
}

impl fmt::Display for EslEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
