//! What can go wrong on the wire, and whose fault it is.

use std::fmt;
use std::io;

/// How much of the bytes an error shows.
const EVIDENCE: usize = 200;

/// Why the connection is of no more use. What follows such an error on it can't be trusted to answer what we asked.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No line of Asterisk: not an Asterisk, or the rest of a value with newlines, so that replies are out of step.
    #[error("the switch sent what is no AGI reply: \"{0}\"")]
    NotUnderstood(Evidence),
    /// Something did not end where everything of its kind does.
    #[error("the switch sent {part} of over {limit} bytes, beginning with \"{evidence}\"")]
    TooLong {
        /// Of what.
        part: Part,
        /// Bytes with their newlines.
        limit: usize,
        /// Its beginning.
        evidence: Evidence,
    },
    /// The same, by lines.
    #[error("the switch sent {part} of over {limit} lines, beginning with \"{evidence}\"")]
    TooManyLines {
        /// Of what.
        part: Part,
        /// Lines with the empty or ending one.
        limit: usize,
        /// Its beginning.
        evidence: Evidence,
    },
    /// The connection ended inside something.
    #[error("the connection ended in the middle of {part}: \"{evidence}\"")]
    CutOff {
        /// Of what.
        part: Part,
        /// Its beginning.
        evidence: Evidence,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
}

impl WireError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NotUnderstood(_) | Self::TooLong { .. } | Self::TooManyLines { .. } => {
                Fault::Switch
            }
            Self::CutOff { .. } | Self::Io(_) => Fault::Line,
        }
    }
}

/// Whose fault a [`WireError`] is. Never ours: what we can't say is refused before it is sent
/// ([`Unsendable`](super::quote::Unsendable)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The peer's: it does not speak AGI as Asterisk does.
    Switch,
    /// The connection's.
    Line,
}

/// What was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The lines before the first command.
    Environment,
    /// A line that stands alone.
    Line,
    /// A `200 result=1 (` value that goes on over newlines.
    Value,
    /// A `520-` block.
    Usage,
}

impl fmt::Display for Part {
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
pub struct Evidence(String);

impl Evidence {
    /// Takes the first bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(EVIDENCE)];
        let more = if kept.len() < bytes.len() { "…" } else { "" };
        let shown = |byte: u8| if byte.is_ascii_digit() { b'9' } else { byte };
        let kept: Vec<u8> = kept.iter().copied().map(shown).collect();
        Self(format!("{}{more}", kept.escape_ascii()))
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
