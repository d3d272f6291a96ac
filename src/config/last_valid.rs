//! Copies of the script files that the daemon has served. While a script file is faulty, its copy serves.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::diagnostic::{Diagnostic, SourceText};
use super::read_error;
use super::source_text;
use crate::file_access::regular_file;

/// The folder of the copies, in the folder of the daemon's state.
const FOLDER: &str = "last_valid";
/// Script files can contain things that are not for every user of the host.
const FOLDER_MODE: u32 = 0o700;
/// The name of a copy that is being written. A crash can leave such a file.
const TEMPORARY_PREFIX: &str = ".tmp";

/// The folder of the copies.
#[derive(Debug, Clone)]
pub(crate) struct LastValidFolder(PathBuf);

/// The copy of a script file.
#[derive(Debug, Clone)]
pub(crate) struct LastValidCopy {
    pub(crate) text: Arc<SourceText>,
    /// When the daemon first served it.
    pub(crate) since: SystemTime,
}

impl LastValidFolder {
    /// `state` is the folder of the daemon's state.
    pub(crate) fn new(state: &Path) -> Self {
        Self(state.join(FOLDER))
    }

    /// The copy for a script, if there is one. `script` is a valid name.
    pub(crate) fn find(&self, script: &str) -> Result<Option<LastValidCopy>, Box<Diagnostic>> {
        let path = self.0.join(file_name(script));
        let help = "it is written when the script is valid";
        let metadata = match fs::metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(|e| read_error::diagnostic(&path, &e, help))?,
        };
        let text = source_text::read(&path, help)?;
        let since = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(Some(LastValidCopy { text, since }))
    }
}

fn file_name(script: &str) -> String {
    format!("{script}.toml")
}

/// The script files to keep copies of, for the time when a file is faulty.
#[derive(Debug)]
pub struct ValidFiles {
    /// `None` if no copies are kept.
    pub(super) folder: Option<LastValidFolder>,
    /// The files that are served, with the names of their scripts.
    pub(super) served: Vec<(String, Arc<SourceText>)>,
    /// The names of all scripts that have a file.
    pub(super) scripts: BTreeSet<String>,
}

impl ValidFiles {
    /// Stores copies of the files that are served, and removes the copies of scripts that have no file. Waits for the
    /// disk. A file whose copy is the same is not written again. If there are no script files at all, no copy is
    /// removed: a disk may be missing. Not for two loads at the same time.
    ///
    /// # Errors
    ///
    /// Why copies can't be stored, and what to do.
    pub fn store(&self) -> Result<(), String> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.store_in(&folder.0).map_err(|e| {
            let folder = folder.0.display();
            format!(
                "cannot keep copies of all valid scripts in `{folder}` ({e}): give this folder to the daemon's user, \
                 make room, name another folder as `state` in [folders], or write `last_valid = false` in [server]"
            )
        })
    }

    fn store_in(&self, folder: &Path) -> io::Result<()> {
        if self.scripts.is_empty() {
            return Ok(());
        }
        if !self.served.is_empty() {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        }
        // A copy that cannot be written does not prevent the others.
        let stored =
            self.served.iter().map(|(script, text)| store_copy(folder, script, &text.text));
        let stored = stored.fold(Ok(()), io::Result::and);
        stored.and(self.remove_others(folder))
    }

    /// Removes the copies of scripts that have no file, and what a crash has left behind.
    fn remove_others(&self, folder: &Path) -> io::Result<()> {
        let copies: BTreeSet<_> = self.scripts.iter().map(|script| file_name(script)).collect();
        let entries = match fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let is_ours = name.ends_with(".toml") || name.starts_with(TEMPORARY_PREFIX);
            if is_ours && !copies.contains(name) && !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Writes a copy, if the one in the folder is another version. After a crash, the folder has the old copy or the new
/// one.
fn store_copy(folder: &Path, script: &str, text: &str) -> io::Result<()> {
    let path = folder.join(file_name(script));
    let stored = regular_file::read(&path, text.len() as u64 + 1);
    if stored.is_ok_and(|stored| stored == text.as_bytes()) {
        return Ok(());
    }
    let mut file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
