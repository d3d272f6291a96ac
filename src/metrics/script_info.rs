//! Which version of each script is served.

use crate::script::definition::{ScriptLibrary, ScriptVersion};

/// Which version of a script is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptInfo {
    pub script: Box<str>,
    /// `None` for an excluded script.
    pub version: Option<ScriptVersion>,
    pub state: ScriptInfoState,
}

/// How a script is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptInfoState {
    /// As its file says.
    Valid,
    /// Its last valid version, because its file has errors.
    LastValid,
    /// Not at all: calls for it are refused.
    Excluded,
}

impl ScriptInfoState {
    pub const ALL: [Self; 3] = [Self::Valid, Self::LastValid, Self::Excluded];

    /// The name in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::LastValid => "last_valid",
            Self::Excluded => "excluded",
        }
    }
}

impl ScriptInfo {
    /// All scripts of a library, sorted by name.
    pub fn of_library(library: &ScriptLibrary) -> Vec<Self> {
        let served = library.scripts.iter().map(|(name, script)| {
            let state = match script.last_valid {
                Some(_) => ScriptInfoState::LastValid,
                None => ScriptInfoState::Valid,
            };
            Self { script: name.as_str().into(), version: Some(script.version), state }
        });
        let excluded = library.excluded.keys().map(|name| Self {
            script: name.as_str().into(),
            version: None,
            state: ScriptInfoState::Excluded,
        });
        let mut scripts: Vec<_> = served.chain(excluded).collect();
        scripts.sort_by(|a, b| a.script.cmp(&b.script));
        scripts
    }
}
