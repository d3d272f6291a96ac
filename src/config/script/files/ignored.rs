//! Files in the scripts folder that are no scripts.
//!
//! Hidden files, backups of editors and package managers, and notes are expected there, and are ignored in silence. Any
//! other file is probably a script with a mistake in its name, and there is a warning about it.

use std::path::{Path, PathBuf};

use crate::config::diagnostic::Diagnostic;

/// Endings of backups.
const BACKUPS: [&str; 12] = [
    "~",
    ".bak",
    ".orig",
    ".rej",
    ".old",
    ".save",
    ".swp",
    ".tmp",
    ".rpmnew",
    ".rpmsave",
    ".dpkg-dist",
    ".dpkg-old",
];
/// Endings of notes.
const NOTES: [&str; 2] = [".md", ".txt"];
/// The maximum number of names in a warning.
const MAX_LISTED: usize = 10;
/// The maximum number of files of a sub-folder that are looked at.
const MAX_LOOKED_AT: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct IgnoredFiles {
    files: Vec<PathBuf>,
    /// Scripts in sub-folders.
    nested: Vec<PathBuf>,
    /// Folders that are named like a script.
    folders: Vec<PathBuf>,
}

impl IgnoredFiles {
    /// Adds a file or a folder of the scripts folder.
    pub(super) fn add(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            // A hidden folder belongs to a program, such as `.git`.
            let inside = std::fs::read_dir(path).ok().filter(|_| !name.starts_with('.'));
            let inside = inside.into_iter().flatten().flatten().take(MAX_LOOKED_AT);
            let inside = inside.map(|entry| entry.path()).filter(|path| is_script(path));
            let inside: Vec<_> = inside.collect();
            if inside.is_empty() && is_script(path) && !name.starts_with('.') {
                self.folders.push(path.to_owned());
            }
            self.nested.extend(inside);
            self.nested.sort();
        } else if !is_expected(&name) {
            self.files.push(path.to_owned());
        }
    }

    /// At most one warning about each kind.
    pub(super) fn warnings(&self, folder: &Path) -> Vec<Diagnostic> {
        let files =
            "the name of a script file ends in `.toml`: rename it, or move it to another folder";
        let folders = "a script is a file: write one, or rename the folder";
        let nested = "move the files into the scripts folder itself";
        let warnings = [
            (&self.files, "ignored, because the name does not end in `.toml`", files),
            (&self.nested, "ignored, because scripts in a sub-folder are not read", nested),
            (&self.folders, "ignored, because this is a folder", folders),
        ];
        let warnings = warnings.into_iter().filter(|(paths, ..)| !paths.is_empty());
        let warning = |(paths, message, help): (&Vec<PathBuf>, &str, &str)| {
            let message = format!("{message}: {}", listed(folder, paths));
            Diagnostic::of_path(folder.display().to_string(), message, help)
        };
        warnings.map(warning).collect()
    }
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Whether a file is expected in the folder although it is no script.
fn is_expected(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_backup =
        name.starts_with(['.', '#']) || BACKUPS.iter().any(|ending| lower.ends_with(ending));
    // Windows hides the ending of `hello.toml.txt`.
    let is_note = NOTES.iter().any(|ending| lower.ends_with(ending)) && !lower.contains(".toml");
    is_backup || is_note
}

fn listed(folder: &Path, paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(path);
        format!("`{}`", name.display())
    };
    let names: Vec<_> = paths.iter().take(MAX_LISTED).map(name).collect();
    let more = match paths.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.join(", ") + &more
}
