//! Whether the daemon's user can read its files, and nobody else the secrets.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::context::DoctorContext;
use super::finding::Finding;
use crate::config::{self, closing_command, is_open_to_all};
use crate::file_access::{
    FileNeed, FileUser, SwitchUser, find_obstacle, instead_of_opening, shell_quoted,
};

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
    let user = context.host.service_user();
    let mut findings: Vec<_> =
        secret_files.iter().filter_map(|file| open_secret(file, user.as_ref(), context)).collect();
    match user {
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

/// A secret that other users can read, or the user of a switch.
fn open_secret(
    file: &Path,
    user: Option<&FileUser>,
    context: &DoctorContext<'_>,
) -> Option<Finding> {
    let shown = file.display();
    let reader = match is_open_to_all(file) {
        true => "every user of this host".to_owned(),
        false => format!("user {} of the switch", reading_switch(file, user, context)?),
    };
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let fix = instead_of_opening(&target, file).unwrap_or_else(|| {
        user.map_or_else(|| closing_command(file), |user| own_secret(file, user))
    });
    Some(Finding::warning(CHECK, format!("{reader} can read the secret {shown}"), fix))
}

/// The user of a switch that can read a file. A switch that runs as the daemon's user, or as root, has to.
fn reading_switch<'a>(
    file: &Path,
    user: Option<&FileUser>,
    context: &'a DoctorContext<'_>,
) -> Option<&'a str> {
    let is_other = |switch: &&SwitchUser| {
        switch.user.uid != 0 && user.is_none_or(|user| user.uid != switch.user.uid)
    };
    let reads = |switch: &&SwitchUser| {
        matches!(find_obstacle(file, FileNeed::Read, &switch.as_running()), Ok(None))
    };
    let mut switches = context.host.switches.iter().filter(is_other);
    switches.find(reads).map(|switch| &*switch.user.name)
}

/// The command that lets only the daemon read a secret.
fn own_secret(file: &Path, user: &FileUser) -> String {
    let file = shell_quoted(file);
    format!("chown {} {file} && chmod 400 {file}", user.name)
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
    let message = format!("user {} of the daemon {what}", user.name);
    if let Some(fix) = instead_of_opening(&obstacle.path, file) {
        let level = if is_secret { Finding::warning } else { Finding::problem };
        return Some(level(CHECK, message, fix));
    }
    let (denying, file) = (&obstacle.path, file.canonicalize().unwrap_or_else(|_| file.to_owned()));
    if is_secret && file.parent() == Some(denying) {
        let folder = shell_quoted(denying);
        let fix = format!("chown {} {folder} && chmod 700 {folder}", user.name);
        return Some(Finding::warning(CHECK, message, fix));
    }
    if is_secret && *denying == file {
        let fix = format!("{}; or LoadCredential= in the unit", own_secret(&file, user));
        return Some(Finding::warning(CHECK, message, fix));
    }
    let group = user.groups.first().map(|gid| context.host.accounts.group_name(*gid));
    let shown = shell_quoted(denying);
    let fix = format!("chgrp {} {shown} && chmod g+rX {shown}", group.unwrap_or_default());
    Some(Finding::problem(CHECK, message, fix))
}
