//! Which version of each script is served.

use crate::script::definition::{ScriptLibrary, ScriptState, ScriptVersion};

/// Which version of a script is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptInfo {
    pub script: Box<str>,
    /// `None` for an excluded script.
    pub version: Option<ScriptVersion>,
    pub state: ScriptState,
}

impl ScriptInfo {
    /// All scripts of a library, sorted by name.
    pub fn of_library(library: &ScriptLibrary) -> Vec<Self> {
        let served = library.scripts.iter().map(|(name, script)| Self {
            script: name.as_str().into(),
            version: Some(script.version),
            state: script.state(),
        });
        let excluded = library.excluded.keys().map(|name| Self {
            script: name.as_str().into(),
            version: None,
            state: ScriptState::Excluded,
        });
        let mut scripts: Vec<_> = served.chain(excluded).collect();
        scripts.sort_by(|a, b| a.script.cmp(&b.script));
        scripts
    }
}
