//! What can go wrong on the wire, and whose fault it is.

use std::fmt;
use std::io;

/// How much of the bytes an error shows.
const MAX_EVIDENCE_BYTES: usize = 200;

/// Why the connection is of no more use. What follows such an error on it can't be trusted to answer what we asked.
#[derive(Debug, thiserror::Error)]
pub enum AgiError {
    /// No line of Asterisk: not an Asterisk, or the rest of a value with newlines, so that replies are out of step.
    #[error("the switch sent what is no AGI reply: \"{0}\"")]
    Malformed(AgiEvidence),
    /// Something did not end where everything of its kind does.
    #[error("the switch sent {part} of over {limit} bytes, beginning with \"{evidence}\"")]
    TooLong {
        /// Of what.
        part: AgiMessagePart,
        /// Bytes with their newlines.
        limit: usize,
        /// Its beginning.
        evidence: AgiEvidence,
    },
    /// The same, by lines.
    #[error("the switch sent {part} of over {limit} lines, beginning with \"{evidence}\"")]
    TooManyLines {
        /// Of what.
        part: AgiMessagePart,
        /// Lines with the empty or ending one.
        limit: usize,
        /// Its beginning.
        evidence: AgiEvidence,
    },
    /// The connection ended inside something.
    #[error("the connection ended in the middle of {part}: \"{evidence}\"")]
    UnexpectedEnd {
        /// Of what.
        part: AgiMessagePart,
        /// Its beginning.
        evidence: AgiEvidence,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
}

impl AgiError {
    /// Whose fault it is.
    pub fn origin(&self) -> AgiErrorOrigin {
        match self {
            Self::Malformed(_) | Self::TooLong { .. } | Self::TooManyLines { .. } => {
                AgiErrorOrigin::Switch
            }
            Self::UnexpectedEnd { .. } | Self::Io(_) => AgiErrorOrigin::Connection,
        }
    }
}

/// Whose fault a [`AgiError`] is. Never ours: what we can't say is refused before it is sent
/// ([`AgiCommandError`](super::quote::Unsendable)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgiErrorOrigin {
    /// The peer's: it does not speak AGI as Asterisk does.
    Switch,
    /// The connection's.
    Connection,
}

/// What was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgiMessagePart {
    /// The lines before the first command.
    Environment,
    /// A line that stands alone.
    Line,
    /// A `200 result=1 (` value that goes on over newlines.
    Value,
    /// A `520-` block.
    Usage,
}

impl fmt::Display for AgiMessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "an environment",
            Self::Line => "a line",
            Self::Value => "a value",
            Self::Usage => "a usage text",
        })
    }
}

/// Bytes that prove an error, cut to 200 and escaped; digits may be those of a PIN and are shown as `9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgiEvidence(String);

impl AgiEvidence {
    /// Takes the first bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(MAX_EVIDENCE_BYTES)];
        let more = if kept.len() < bytes.len() { "…" } else { "" };
        let shown = |byte: u8| if byte.is_ascii_digit() { b'9' } else { byte };
        let kept: Vec<u8> = kept.iter().copied().map(shown).collect();
        Self(format!("{}{more}", kept.escape_ascii()))
    }
}

impl fmt::Display for AgiEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
