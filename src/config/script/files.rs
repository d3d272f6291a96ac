//! Finds the script files in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::diagnostic::Diagnostic;

/// The script files by the names of their scripts, and the errors about the folder.
#[derive(Default)]
pub(super) struct ScriptFiles {
    pub(super) files: BTreeMap<String, PathBuf>,
    pub(super) errors: Vec<Diagnostic>,
}

impl ScriptFiles {
    pub(super) fn find(folder: &Path) -> Self {
        let mut found = Self::default();
        match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().for_each(|entry| found.add(&entry.path())),
            Err(e) => found.errors.push(Diagnostic::of_path(
                folder.display().to_string(),
                format!("cannot read the scripts folder: {e}"),
                "create it and add a script file, or name another folder as `scripts` in [folders]",
            )),
        }
        found
    }

    fn add(&mut self, path: &Path) {
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        let Some(name) = path.file_stem().filter(|_| is_toml) else { return };
        let name = name.to_string_lossy().into_owned();
        // Editors save copies with names that begin with a dot.
        if name.starts_with('.') {
            return;
        }
        if let Some(help) = name_error_help(&name) {
            let message = format!("`{name}` is not a valid script name");
            self.errors.push(Diagnostic::of_path(path.display().to_string(), message, help));
        }
        self.files.insert(name, path.to_owned());
    }
}

/// The help of the error for an invalid script name; `None` for a valid name.
fn name_error_help(name: &str) -> Option<&'static str> {
    if matches!(name, "arg" | "secret") {
        return Some(
            "rename the file: this name is used in placeholders such as {arg.NAME} and {secret.NAME}",
        );
    }
    let plain = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (!plain).then_some("rename the file: use only letters, digits, _ and -")
}
