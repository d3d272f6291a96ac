//! Finds the script files in a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::diagnostic::Diagnostic;
use crate::config::read_error;

mod ignored;

use ignored::IgnoredFiles;

/// The script files by the names of their scripts, and the diagnostics about the folder.
#[derive(Default)]
pub(super) struct ScriptFiles {
    pub(super) files: BTreeMap<String, PathBuf>,
    /// The errors in names of scripts, by name.
    pub(super) name_errors: BTreeMap<String, Diagnostic>,
    /// Why the folder cannot be read.
    pub(super) folder_error: Option<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl ScriptFiles {
    pub(super) fn find(folder: &Path) -> Self {
        let mut found = Self::default();
        match entries(folder) {
            Ok(paths) => found.add_all(folder, paths),
            Err(e) => {
                let help = "create it and add a script file, or name another folder as `scripts` in [folders]";
                let error = read_error::diagnostic(folder, &e, help);
                let message = format!("cannot read the scripts folder: {}", error.message);
                found.folder_error = Some(Diagnostic { message, ..error });
            }
        }
        found
    }

    fn add_all(&mut self, folder: &Path, paths: Vec<PathBuf>) {
        let mut ignored = IgnoredFiles::default();
        for path in paths {
            match script_name(&path) {
                Some(name) => self.add(name, path),
                None => ignored.add(&path),
            }
        }
        self.warnings.extend(ignored.warnings(folder));
        if self.files.is_empty() {
            let help = "a script is a file such as `hello.toml` in this folder";
            let message = "there are no scripts: no call can be served".to_owned();
            self.warnings.push(Diagnostic::of_path(folder.display().to_string(), message, help));
        }
    }

    fn add(&mut self, name: String, path: PathBuf) {
        if let Some(help) = script_name_error(&name) {
            let message = format!("`{name}` is not a valid script name");
            let error = Diagnostic::of_path(path.display().to_string(), message, help);
            self.name_errors.insert(name.clone(), error);
        }
        self.files.insert(name, path);
    }
}

/// The paths in a folder, sorted by name. An error means that some may be missing.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The name of the script in a file; `None` if the file is no script. Editors save copies with names that begin with a
/// dot.
fn script_name(path: &Path) -> Option<String> {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let name = path.file_stem().filter(|_| is_toml)?.to_string_lossy().into_owned();
    (!name.starts_with('.') && !path.is_dir()).then_some(name)
}

/// The help text of the error for an invalid script name; `None` for a valid name.
pub(crate) fn script_name_error(name: &str) -> Option<&'static str> {
    if matches!(name, "arg" | "secret") {
        return Some(
            "rename the file: this name is used in placeholders such as {arg.NAME} and {secret.NAME}",
        );
    }
    let plain = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (!plain).then_some("rename the file: use only letters, digits, _ and -")
}
