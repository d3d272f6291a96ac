//! The texts of all script files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::files::ScriptFiles;
use crate::config::diagnostic::{Diagnostic, SourceText};
use crate::config::source_text;

/// What was read in the scripts folder.
pub(crate) struct ScriptSources {
    /// The text of each script file, by the name of its script; or why it cannot be read.
    pub(crate) texts: BTreeMap<String, Result<Arc<SourceText>, Box<Diagnostic>>>,
    /// The errors in names of scripts, by name.
    pub(crate) name_errors: BTreeMap<String, Diagnostic>,
    /// Why the folder cannot be read.
    pub(crate) folder_error: Option<Diagnostic>,
    /// Warnings about the folder.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl ScriptSources {
    pub(crate) fn read(folder: &Path) -> Self {
        let ScriptFiles { files, name_errors, folder_error, warnings } = ScriptFiles::find(folder);
        let help = "create it, or remove its name from the folder";
        let texts = files.into_iter().map(|(name, path)| (name, source_text::read(&path, help)));
        let texts = texts.collect();
        Self { texts, name_errors, folder_error, warnings }
    }
}
