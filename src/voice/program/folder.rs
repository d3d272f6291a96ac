//! A folder for the files of one run.

use std::fs::{DirBuilder, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::voice::recordings::unguessable;

/// How often its removal is tried.
const ATTEMPTS: u8 = 3;

/// Nobody else may look into it; it is removed with all that is in it.
pub(super) struct PrivateFolder(PathBuf);

impl PrivateFolder {
    pub(super) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("dialscript-{}", unguessable()?));
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
        let removed = (0..ATTEMPTS).any(|_| remove_dir_all(&self.0).is_ok());
        if !removed && self.0.exists() {
            tracing::warn!("a temporary folder can't be removed");
        }
    }
}
