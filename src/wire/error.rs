//! Why a connection to a switch can no longer be used.

use std::io;

use super::Evidence;

/// Why a connection to a switch can no longer be used. `Part` names the parts of the protocol's messages.
///
/// Whatever the switch sends after such an error cannot be matched to a command.
#[derive(Debug, thiserror::Error)]
pub enum WireError<Part> {
    /// The peer is not a switch of this kind, or replies no longer match commands.
    #[error("the switch sent an invalid {expected}: \"{evidence}\"")]
    Malformed {
        /// What should have been received: `AGI reply`, for example.
        expected: &'static str,
        evidence: Evidence,
    },
    #[error("the switch sent {part} longer than {limit} bytes, starting with \"{evidence}\"")]
    TooLong {
        part: Part,
        /// Maximum number of bytes, including line ends.
        limit: usize,
        evidence: Evidence,
    },
    #[error("the switch sent {part} longer than {limit} lines, starting with \"{evidence}\"")]
    TooManyLines {
        part: Part,
        /// Maximum number of lines, including the line that ends the part.
        limit: usize,
        evidence: Evidence,
    },
    #[error("the connection ended in the middle of {part}: \"{evidence}\"")]
    UnexpectedEnd { part: Part, evidence: Evidence },
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

impl<Part> WireError<Part> {
    pub fn origin(&self) -> WireErrorOrigin {
        match self {
            Self::Malformed { .. } | Self::TooLong { .. } | Self::TooManyLines { .. } => {
                WireErrorOrigin::Switch
            }
            Self::UnexpectedEnd { .. } | Self::Io(_) => WireErrorOrigin::Connection,
        }
    }
}

/// Where the cause of an error lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireErrorOrigin {
    /// The peer does not speak the protocol as the switch does.
    Switch,
    Connection,
}
