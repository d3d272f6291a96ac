//! What the daemon does with new calls, as `status`, systemd and health checks name it.

use serde::{Deserialize, Serialize};

/// What the daemon does with new calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerPhase {
    /// It does not accept calls yet.
    #[default]
    Starting,
    /// It accepts calls.
    Serving,
    /// It is stopping: it refuses new calls, and finishes those in progress.
    Draining,
}

impl ServerPhase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Draining => "draining",
        }
    }
}
