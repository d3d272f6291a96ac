//! Why a call cannot continue as its script says.

use std::fmt;

/// Why a call cannot continue as its script says.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    #[error("the caller hung up")]
    CallerHungUp {
        /// Digits that were entered until then, if a question was open.
        digits: String,
    },
    /// The daemon stops, and its grace time is over.
    #[error("the daemon is stopping")]
    Shutdown,
    #[error("the call reached its maximum duration")]
    MaxCallDuration,
    /// The connection ended or failed, or replies no longer match commands.
    #[error("the connection to the switch failed: {0}")]
    ConnectionLost(String),
    /// The switch rejected a command, or the command cannot be sent at all. The text is the reason.
    #[error("the switch rejected a command: {0}")]
    Refused(String),
    /// The switch cannot do what the script asks for, so nothing was sent. The text is the reason.
    #[error("{0}")]
    Unsupported(String),
}

impl Interruption {
    /// The caller hung up, and no question was open.
    pub fn caller_hung_up() -> Self {
        Self::CallerHungUp { digits: String::new() }
    }

    pub(crate) fn connection_lost(reason: impl fmt::Display) -> Self {
        Self::ConnectionLost(reason.to_string())
    }
}

/// Digits may be a PIN, so only their number is shown.
impl fmt::Debug for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallerHungUp { digits } => write!(f, "CallerHungUp({} digits)", digits.len()),
            other => write!(f, "{other}"),
        }
    }
}
