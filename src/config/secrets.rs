//! Values of `{secret.NAME}`: only the named ones are read.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::script::template::Secrets;

/// Where secrets lie, and those that were asked for.
pub(crate) struct SecretStore {
    folders: Vec<PathBuf>,
    found: RefCell<Secrets>,
}

impl SecretStore {
    /// The folder of the configuration, then systemd's credentials, then the environment.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let folders = [Some(folder), credentials].into_iter().flatten().collect();
        Self { folders, found: RefCell::default() }
    }

    /// Looks a secret up and keeps it; why it can't be had, where it can't.
    ///
    /// A name holds letters, digits, `_` and `-` alone, by the grammar of placeholders: it can't leave the folder.
    pub(crate) fn look_up(&self, name: &str) -> Result<(), String> {
        if self.found.borrow().get(name).is_some() {
            return Ok(());
        }
        let secret = self.folders.iter().find_map(|folder| file(folder, name));
        let secret = secret.or_else(|| environment(name).map(Ok));
        let secret = secret.unwrap_or_else(|| Err(self.nowhere(name)))?;
        match secret.trim() {
            "" => Err("it is empty".to_owned()),
            secret => {
                self.found.borrow_mut().insert(name.to_owned(), Arc::from(secret));
                Ok(())
            }
        }
    }

    /// A secret, where it can be had.
    pub(crate) fn value(&self, name: &str) -> Result<Arc<str>, String> {
        self.look_up(name)?;
        Ok(self.found.borrow().get(name).unwrap_or_default().into())
    }

    fn nowhere(&self, name: &str) -> String {
        let (path, variable) = (self.path(name), variable(name));
        format!("there is no file `{path}`, and no environment variable {variable}")
    }

    fn path(&self, name: &str) -> String {
        self.folders
            .first()
            .map(|folder| folder.join(name).display().to_string())
            .unwrap_or_default()
    }

    pub(crate) fn into_found(self) -> Secrets {
        self.found.into_inner()
    }
}

fn file(folder: &Path, name: &str) -> Option<Result<String, String>> {
    let path = folder.join(name);
    match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        read => Some(read.map_err(|e| format!("the file `{}` can't be read: {e}", path.display()))),
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var_os(variable(name)).map(OsString::into_string)?.ok()
}

fn variable(name: &str) -> String {
    format!("DIALSCRIPT_SECRET_{}", name.to_ascii_uppercase().replace('-', "_"))
}
