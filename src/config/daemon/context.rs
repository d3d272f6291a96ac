//! What the tables of the daemon's file are checked against.

use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use crate::config::file::TomlFile;
use crate::config::secrets::SecretStore;

#[derive(Clone, Copy)]
pub(crate) struct DaemonContext<'a> {
    pub(crate) file: &'a TomlFile,
    pub(crate) secrets: &'a SecretStore,
    /// The folder of the daemon's file. Relative paths start here.
    pub(crate) folder: &'a Path,
}

impl DaemonContext<'_> {
    /// The path of a file that a key names.
    pub(crate) fn path(self, given: &Spanned<String>) -> PathBuf {
        self.folder.join(given.get_ref())
    }
}
