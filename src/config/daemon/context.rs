//! What the checks of the daemon's file need besides their own table.

use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use crate::config::file::TomlFile;
use crate::config::secrets::SecretStore;

#[derive(Clone, Copy)]
pub(crate) struct DaemonContext<'a> {
    pub(crate) file: &'a TomlFile,
    pub(crate) secrets: &'a SecretStore,
    /// The folder of the daemon's file, where relative paths start.
    pub(crate) folder: &'a Path,
}

impl DaemonContext<'_> {
    /// The path in the value of a key.
    pub(crate) fn path(self, given: &Spanned<String>) -> PathBuf {
        self.folder.join(given.get_ref())
    }
}
