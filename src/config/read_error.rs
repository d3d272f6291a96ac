//! Why a file or a folder cannot be read, and what lets it be read.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::diagnostic::Diagnostic;
use crate::file_access::{regular_file, shell_quoted};

/// The IDs of users who are persons: `UID_MIN` and `UID_MAX` of login.defs(5).
const LOGIN_USERS: RangeInclusive<u32> = 1000..=60_000;

/// A diagnostic about a file or a folder that cannot be read. `missing_help` is the help if there is none.
pub(crate) fn diagnostic(path: &Path, error: &io::Error, missing_help: &str) -> Diagnostic {
    let (message, help) = explain(path, error);
    let help = help.unwrap_or_else(|| missing_help.to_owned());
    Diagnostic::of_path(path.display().to_string(), message, &help)
}

/// Why `path` cannot be read, as the end of a sentence, and what to do; `None` if it does not exist.
pub(crate) fn explain(path: &Path, error: &io::Error) -> (String, Option<String>) {
    match error.kind() {
        ErrorKind::NotFound => match std::fs::read_link(path) {
            Ok(target) => {
                let message =
                    format!("a symbolic link to `{}`, which does not exist", target.display());
                (message, Some("create that file, or correct the link".to_owned()))
            }
            Err(_) => ("there is no such file or folder".to_owned(), None),
        },
        ErrorKind::PermissionDenied => permission_denied(path),
        _ if regular_file::is_refused(error) && path.is_dir() => {
            let inside = path.join("dialscript.toml");
            let help = match inside.is_file() {
                true => format!("name the file in it: {}", inside.display()),
                false => "name a file".to_owned(),
            };
            ("this is a folder, not a file".to_owned(), Some(help))
        }
        _ if regular_file::is_refused(error) => {
            let help = "replace it by a text file, or remove it".to_owned();
            ("this is not a regular file".to_owned(), Some(help))
        }
        ErrorKind::FileTooLarge => (error.to_string(), Some("name another file".to_owned())),
        ErrorKind::NotADirectory => {
            let help = "name a folder".to_owned();
            ("a file is where a folder is needed".to_owned(), Some(help))
        }
        _ => (
            format!("cannot read this: {error}"),
            Some("check the disk and its file system".to_owned()),
        ),
    }
}

/// Names the user of this process, and the file or folder that refuses it.
fn permission_denied(path: &Path) -> (String, Option<String>) {
    let user = user_name(rustix::process::geteuid().as_raw());
    let group = group_name(rustix::process::getegid().as_raw());
    let Some(folder) = closed_folder(path) else {
        let owner = std::fs::metadata(path).map(|metadata| owner(&metadata)).unwrap_or_default();
        let bits = if path.is_dir() { "rx" } else { "r" };
        let help = chmod(path, &group, bits);
        return (format!("the user {user} may not read this{owner}"), Some(help));
    };
    let owner = std::fs::metadata(&folder).map(|metadata| owner(&metadata)).unwrap_or_default();
    let message = format!("the user {user} may not enter the folder `{}`{owner}", folder.display());
    (message, Some(chmod(&folder, &group, "x")))
}

/// The first folder above `path` that this process may not enter.
fn closed_folder(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let mut folders: Vec<_> = absolute.ancestors().skip(1).collect();
    folders.reverse();
    let closed =
        |folder: &&Path| accessat(CWD, *folder, Access::EXEC_OK, AtFlags::EACCESS).is_err();
    folders.into_iter().find(closed).map(Path::to_owned)
}

fn owner(metadata: &Metadata) -> String {
    let mode = metadata.permissions().mode() & 0o7777;
    format!(": it belongs to {}, with mode {mode:04o}", user_name(metadata.uid()))
}

/// The command that lets this user read `path`. A person has to become another user instead: to open the files of the
/// daemon, such as its secrets, to a person's group would be wrong.
fn chmod(path: &Path, group: &str, bits: &str) -> String {
    if is_person(rustix::process::geteuid().as_raw()) {
        return "run this with `sudo`, or as the daemon's user: `sudo -u dialscript …`".to_owned();
    }
    let path = shell_quoted(path);
    format!("as root, run `chgrp {group} {path}` and `chmod g+{bits} {path}`")
}

/// The name of a user in backquotes, or its ID.
pub(crate) fn user_name(id: u32) -> String {
    name_of("/etc/passwd", id).map_or_else(|| format!("with ID {id}"), |name| format!("`{name}`"))
}

fn group_name(id: u32) -> String {
    name_of("/etc/group", id).unwrap_or_else(|| id.to_string())
}

/// The daemon has a system user, or in a container one that cannot log in.
fn is_person(id: u32) -> bool {
    let cannot_log_in = line_of("/etc/passwd", id)
        .is_some_and(|line| line.ends_with("/nologin") || line.ends_with("/false"));
    LOGIN_USERS.contains(&id) && !cannot_log_in
}

/// The name of an ID in a file of the format `NAME:PASSWORD:ID:…`.
fn name_of(file: &str, id: u32) -> Option<String> {
    line_of(file, id)?.split(':').next().map(str::to_owned)
}

/// The line of an ID in such a file. Users of a directory service are not in it.
fn line_of(file: &str, id: u32) -> Option<String> {
    let content = std::fs::read_to_string(file).ok()?;
    let has_id =
        |line: &&str| line.split(':').nth(2).is_some_and(|number| number.parse() == Ok(id));
    content.lines().find(has_id).map(str::to_owned)
}
