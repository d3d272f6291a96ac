//! Whether the daemon's user can read its files, and nobody else the secrets.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::context::DoctorContext;
use super::finding::Finding;
use crate::config::{self, is_open_to_all};
use crate::file_access::{FileNeed, FileUser, find_obstacle};

const CHECK: &str = "secrets";
/// The most files of a folder that are looked at.
const MAX_FILES: usize = 1000;
/// The most findings.
const MAX_FINDINGS: usize = 20;

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let Some((scripts, secrets)) = config::script_and_secret_folders(context.path) else {
        return Vec::new();
    };
    let secret_files = match regular_files(&secrets) {
        Ok(files) => files,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let message = format!("the secrets in {}: {error}", secrets.display());
            return vec![Finding::not_permitted(CHECK, message)];
        }
        Err(_) => Vec::new(),
    };
    let mut findings: Vec<_> = secret_files.iter().filter_map(|file| open_secret(file)).collect();
    match context.host.service_user() {
        Some(user) => {
            let scripts = regular_files(&scripts).unwrap_or_default();
            let files = [context.path.to_owned()].into_iter().chain(scripts);
            findings.extend(files.filter_map(|file| unreadable(&file, &user, false, context)));
            findings.extend(
                secret_files.iter().filter_map(|file| unreadable(file, &user, true, context)),
            );
        }
        None => {
            let message =
                "whether the daemon's user can read its files: there is no user dialscript";
            findings.push(Finding::not_checked(
                CHECK,
                message,
                "as the daemon's user, run: dialscript check",
            ));
        }
    }
    findings.truncate(MAX_FINDINGS);
    if findings.is_empty() {
        findings.push(Finding::ok(
            CHECK,
            "the daemon can read its files, and no other user the secrets",
        ));
    }
    findings
}

fn regular_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.flatten().take(MAX_FILES).map(|entry| entry.path());
    let is_hidden = |path: &Path| {
        path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'))
    };
    Ok(entries.filter(|path| path.is_file() && !is_hidden(path)).collect())
}

fn open_secret(file: &Path) -> Option<Finding> {
    let shown = file.display();
    let finding = || {
        let message = format!("every user of this host can read the secret {shown}");
        Finding::warning(CHECK, message, format!("chmod o= '{shown}'"))
    };
    is_open_to_all(file).then(finding)
}

/// A secret that the daemon's user can't read may reach it as a credential of systemd.
fn unreadable(
    file: &Path,
    user: &FileUser,
    is_secret: bool,
    context: &DoctorContext<'_>,
) -> Option<Finding> {
    let obstacle = match find_obstacle(file, FileNeed::Read, user) {
        Ok(obstacle) => obstacle?,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let message = format!("who can read {}: {error}", file.display());
            return Some(Finding::not_permitted(CHECK, message));
        }
        Err(_) => return None,
    };
    let what = obstacle.describe(&context.host.accounts);
    let (name, shown) = (&user.name, obstacle.path.display());
    let group = user.groups.first().map(|gid| context.host.accounts.group_name(*gid));
    let command = format!("chgrp {} '{shown}' && chmod g+rX '{shown}'", group.unwrap_or_default());
    let message = format!("user {name} of the daemon {what}");
    Some(match is_secret {
        true => {
            Finding::warning(CHECK, message, format!("{command}; or LoadCredential= in the unit"))
        }
        false => Finding::problem(CHECK, message, command),
    })
}
