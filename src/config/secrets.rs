//! Values of `{secret.NAME}`. Only the secrets that a file uses are read.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::file::TomlFile;
use super::read_error;
use super::secret_file;
use crate::file_access::regular_file;
use crate::script::template::Secrets;

/// The folders of secrets, and the secrets found so far.
pub(crate) struct SecretStore {
    folders: Vec<PathBuf>,
    found: RefCell<Secrets>,
    warnings: RefCell<Vec<Diagnostic>>,
}

/// Why a secret is not available.
#[derive(Debug)]
pub(crate) struct SecretError {
    reason: String,
    /// `None` if its content must be written to its file.
    help: Option<String>,
}

impl From<String> for SecretError {
    fn from(reason: String) -> Self {
        Self { reason, help: None }
    }
}

/// Why an existing file cannot be used as a secret.
enum SecretFileError {
    /// A readable copy can be in another folder.
    PermissionDenied(SecretError),
    Other(SecretError),
}

impl SecretStore {
    /// Looks first in `folder`, then in systemd's credentials, then in the environment.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let folders = [Some(folder), credentials].into_iter().flatten().collect();
        Self { folders, found: RefCell::default(), warnings: RefCell::default() }
    }

    /// Finds a secret and stores its value.
    ///
    /// The placeholder parser accepts only letters, digits, `_` and `-` in a name, so the path of the file is always
    /// inside the folder.
    pub(crate) fn look_up(&self, name: &str) -> Result<(), SecretError> {
        if self.found.borrow().get(name).is_some() {
            return Ok(());
        }
        let secret = self.find(name)?;
        match secret.trim() {
            "" => Err("it is empty".to_owned().into()),
            secret => {
                self.found.borrow_mut().insert(name.to_owned(), Arc::from(secret));
                Ok(())
            }
        }
    }

    pub(crate) fn value(&self, name: &str) -> Result<Arc<str>, SecretError> {
        self.look_up(name)?;
        Ok(self.found.borrow().get(name).unwrap_or_default().into())
    }

    /// If the daemon's user may not read a file, the search continues: systemd can provide a copy as a credential.
    fn find(&self, name: &str) -> Result<String, SecretError> {
        let mut denied = None;
        for folder in &self.folders {
            match self.file(folder, name) {
                Some(Err(SecretFileError::PermissionDenied(reason))) => {
                    denied = denied.or(Some(reason))
                }
                Some(Err(SecretFileError::Other(reason))) => return Err(reason),
                Some(Ok(secret)) => return Ok(secret),
                None => {}
            }
        }
        let missing = || Err(denied.unwrap_or_else(|| self.missing(name).into()));
        environment(name).map_or_else(missing, |found| found.map_err(SecretError::from))
    }

    fn missing(&self, name: &str) -> String {
        let (path, variable) = (self.path(name), variable(name));
        format!("the file `{path}` and the environment variable {variable} do not exist")
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

    /// Warnings about files that other users can read.
    pub(crate) fn take_warnings(&self) -> Vec<Diagnostic> {
        self.warnings.take()
    }

    fn file(&self, folder: &Path, name: &str) -> Option<Result<String, SecretFileError>> {
        let path = folder.join(name);
        let shown = path.display();
        let content = match secret_file::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return None,
            Err(e) => {
                return Some(Err(unreadable(&path, &e)));
            }
            Ok(content) => content,
        };
        if secret_file::is_open_to_all(&path) {
            let what = "every user of this host can read this secret".to_owned();
            let command = secret_file::closing_command(&path);
            let help = format!("run `{command}`: only the daemon's user needs to read it");
            self.warnings.borrow_mut().push(Diagnostic::of_path(shown.to_string(), what, &help));
        }
        let text = String::from_utf8(content);
        Some(text.map_err(|_| {
            SecretFileError::Other(format!("the file `{shown}` is not UTF-8 text").into())
        }))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> SecretFileError {
    let (reason, help) = read_error::explain(path, error);
    let reason = format!("cannot read the file `{}`: {reason}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied => {
            SecretFileError::PermissionDenied(SecretError { reason, help })
        }
        _ if regular_file::is_refused(error) => {
            let help =
                Some("remove it, and write the secret to a new file of this name".to_owned());
            SecretFileError::Other(SecretError { reason, help })
        }
        _ => SecretFileError::Other(reason.into()),
    }
}

/// Reports a secret that is not available. `content` says in the help what its file must contain.
pub(crate) fn report_unavailable(
    file: &TomlFile,
    span: Range<usize>,
    name: &str,
    error: SecretError,
    content: &str,
) {
    let message = format!("the secret `{name}` is not available: {}", error.reason);
    let help = error.help.unwrap_or_else(|| format!("write {content} to that file"));
    file.error_with_help(span, message, help);
}

fn environment(name: &str) -> Option<Result<String, String>> {
    let value = std::env::var_os(variable(name))?.into_string();
    let not_utf8 = |_| format!("the environment variable {} is not UTF-8 text", variable(name));
    Some(value.map_err(not_utf8))
}

fn variable(name: &str) -> String {
    format!("DIALSCRIPT_SECRET_{}", name.to_ascii_uppercase().replace('-', "_"))
}
