//! How a script is served.

use serde::{Deserialize, Serialize};

use super::Script;

/// How a script is served. The gravest state is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptState {
    /// Not at all: calls for it are refused.
    Excluded,
    /// By its last valid version, because its file is faulty.
    LastValid,
    /// By its file.
    Valid,
}

impl ScriptState {
    pub const ALL: [Self; 3] = [Self::Valid, Self::LastValid, Self::Excluded];

    /// The name in metrics, and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::LastValid => "last_valid",
            Self::Excluded => "excluded",
        }
    }
}

impl Script {
    /// Which version of this script is served.
    pub fn state(&self) -> ScriptState {
        match self.last_valid {
            Some(_) => ScriptState::LastValid,
            None => ScriptState::Valid,
        }
    }
}
