//! A folder for the files of one run.

use std::fs::{DirBuilder, DirEntry, read_dir, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::voice::recordings::{is_random_name, is_stale, random_name};

/// Every folder's name begins so.
const FOLDER_PREFIX: &str = "dialscript-";
/// How often its removal is tried.
const REMOVE_ATTEMPTS: u8 = 3;

/// Nobody else may look into it; it is removed with all that is in it.
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
    /// A program that is just being killed may still put a file into it.
    fn drop(&mut self) {
        let removed = (0..REMOVE_ATTEMPTS).any(|_| remove_dir_all(&self.0).is_ok());
        if !removed && self.0.exists() {
            tracing::warn!("a temporary folder can't be removed");
        }
    }
}

/// Removes the folders of a daemon that was killed.
pub(super) fn remove_stale_folders() {
    let entries = read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries.filter(is_stale_folder) {
        // Another user's daemon may have left it.
        let _ = remove_dir_all(entry.path());
    }
}

fn is_stale_folder(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let is_ours =
        name.to_str().and_then(|name| name.strip_prefix(FOLDER_PREFIX)).is_some_and(is_random_name);
    is_ours && entry.metadata().is_ok_and(|metadata| metadata.is_dir() && is_stale(&metadata))
}
