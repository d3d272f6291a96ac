//! The temporary folder of one run of a program.

use std::fs::{DirBuilder, DirEntry, read_dir, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::voice::random_name::{is_random_name, random_name};
use crate::voice::recordings::is_stale;

const FOLDER_PREFIX: &str = "dialscript-";
const REMOVE_ATTEMPTS: u8 = 3;

/// A folder that only this user can read. It is removed on drop, with all files in it.
pub(super) struct PrivateFolder(PathBuf);

impl PrivateFolder {
    pub(super) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{FOLDER_PREFIX}{}", random_name()?));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn input(&self) -> PathBuf {
        self.0.join("in.wav")
    }

    pub(super) fn output(&self) -> PathBuf {
        self.0.join("out.wav")
    }
}

impl Drop for PrivateFolder {
    /// Removal is retried: a program that is being killed may still create a file in the folder.
    fn drop(&mut self) {
        let removed = (0..REMOVE_ATTEMPTS).any(|_| remove_dir_all(&self.0).is_ok());
        if !removed && self.0.exists() {
            tracing::warn!("a temporary folder can't be removed");
        }
    }
}

/// Removes folders that a killed daemon left behind.
pub(super) fn remove_stale_folders() {
    let entries = read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries.filter(is_stale_folder) {
        // This fails for a folder of another user's daemon.
        let _ = remove_dir_all(entry.path());
    }
}

/// Whether a path has the name of such a folder.
pub(super) fn is_private_folder(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_prefix(FOLDER_PREFIX)).is_some_and(is_random_name)
}

fn is_stale_folder(entry: &DirEntry) -> bool {
    is_private_folder(&entry.path())
        && entry.metadata().is_ok_and(|metadata| metadata.is_dir() && is_stale(&metadata))
}
