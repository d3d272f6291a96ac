//! What can go wrong on the wire, and whose fault it is.

use std::fmt;
use std::io;

/// How much of the bytes an error shows.
const EVIDENCE: usize = 200;

/// Why the connection is of no more use. What follows such an error on it can't be trusted to answer what we asked.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No message of FreeSWITCH: not a FreeSWITCH, or the rest of a reply with newlines in it, so that replies are out
    /// of step.
    #[error("the switch sent what is no message of an event socket: \"{0}\"")]
    NotUnderstood(Evidence),
    /// Something did not end where everything of its kind does.
    #[error("the switch sent {part} of over {limit} bytes, beginning with \"{evidence}\"")]
    TooLong {
        /// Of what.
        part: Part,
        /// The most bytes.
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
            Self::NotUnderstood(_) | Self::TooLong { .. } => Fault::Switch,
            Self::CutOff { .. } | Self::Io(_) => Fault::Line,
        }
    }
}

/// Whose fault a [`WireError`] is. Never ours: what we can't say is refused before it is sent
/// ([`Unsendable`](super::quote::Unsendable)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The peer's: it does not speak as FreeSWITCH does.
    Switch,
    /// The connection's.
    Line,
}

/// What was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Header lines up to a blank one.
    Headers,
    /// What follows them.
    Body,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "a block of headers",
            Self::Body => "a body",
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
