//! Which version of each script is served.

use crate::script::definition::{Script, ScriptLibrary, ScriptState, ScriptVersion};

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
        let served = library.scripts.iter().map(|(name, script)| Self::served(name, script));
        sorted(served.chain(Self::excluded(library)))
    }

    /// The scripts that are not served as their files say, sorted by name.
    pub fn faulty(library: &ScriptLibrary) -> Vec<Self> {
        let last_valid = library.scripts.iter().filter(|(_, script)| script.last_valid.is_some());
        let last_valid = last_valid.map(|(name, script)| Self::served(name, script));
        sorted(last_valid.chain(Self::excluded(library)))
    }

    fn served(name: &str, script: &Script) -> Self {
        Self { script: name.into(), version: Some(script.version), state: script.state() }
    }

    fn excluded(library: &ScriptLibrary) -> impl Iterator<Item = Self> {
        library.excluded.keys().map(|name| Self {
            script: name.as_str().into(),
            version: None,
            state: ScriptState::Excluded,
        })
    }
}

fn sorted(scripts: impl Iterator<Item = ScriptInfo>) -> Vec<ScriptInfo> {
    let mut scripts: Vec<_> = scripts.collect();
    scripts.sort_by(|a, b| a.script.cmp(&b.script));
    scripts
}
