//! Whether the switch can read the sounds of the daemon and write recordings.

use std::fs;
use std::path::Path;

use super::context::DoctorContext;
use super::files_below::files_below;
use super::finding::Finding;
use crate::cli::shared_folders::{SharedFolder, shared_folders};
use crate::file_access::explain::{explain_for_others, explain_for_user};
use crate::file_access::{FileNeed, FileUser, find_obstacle, instead_of_opening, shell_quoted};

const CHECK: &str = "files";
/// The most sounds of a folder that are looked at.
const MAX_FILES: usize = 1000;

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let folders = shared_folders(context.config);
    let mut findings: Vec<_> =
        folders.iter().flat_map(|folder| check_switches(folder, context)).collect();
    for folder in folders.iter().filter(|folder| folder.key != "sounds") {
        findings.extend(check_daemon(folder, context));
    }
    if findings.is_empty() {
        let message = "the scripts use no folder yet that the switch must read or write";
        findings.push(Finding::ok(CHECK, message));
    }
    findings
}

/// The switch must reach the folder, and read the sounds in it.
fn check_switches(folder: &SharedFolder, context: &DoctorContext<'_>) -> Vec<Finding> {
    let accounts = &context.host.accounts;
    let shown = folder.path.display();
    if fs::read_dir(&folder.path).is_err() && !is_root() {
        let message = format!("whether the switch can use {shown}: this user cannot look into it");
        return vec![Finding::not_permitted(CHECK, message)];
    }
    if context.host.switches.is_empty() {
        let denied = explain_for_others(&folder.path, folder.need, accounts);
        let finding = denied.map(|denied| Finding::warning(CHECK, denied.reason, denied.fix));
        return finding.into_iter().collect();
    }
    let mut findings = Vec::new();
    let sounds = match folder.need {
        FileNeed::Enter => files_below(&folder.path, MAX_FILES, is_sound),
        FileNeed::Read | FileNeed::Write => Vec::new(),
    };
    for switch in &context.host.switches {
        let denied = explain_for_user(&folder.path, folder.need, switch, accounts);
        let denied = denied.or_else(|| {
            sounds.iter().find_map(|file| explain_for_user(file, FileNeed::Read, switch, accounts))
        });
        let (verb, user) = (verb(folder.need), &switch.user.name);
        findings.push(match denied {
            Some(denied) => Finding::problem(CHECK, denied.reason, denied.fix),
            None => {
                Finding::ok(CHECK, format!("user {user} of {} can {verb} {shown}", switch.switch))
            }
        });
    }
    findings
}

/// The daemon must write and delete files in the folder.
fn check_daemon(folder: &SharedFolder, context: &DoctorContext<'_>) -> Option<Finding> {
    let user = context.host.service_user()?;
    let obstacle = find_obstacle(&folder.path, FileNeed::Write, &user).ok()??;
    let what = obstacle.describe(&context.host.accounts);
    let (name, denying) = (&user.name, shell_quoted(&obstacle.path));
    let is_folder = folder.path.canonicalize().is_ok_and(|path| path == obstacle.path);
    let opened = || match is_folder {
        true => format!("chown {name} {denying} && chmod u+rwx {denying}"),
        false => format!("setfacl -m u:{name}:x {denying}"),
    };
    let fix = instead_of_opening(&obstacle.path, &folder.path).unwrap_or_else(opened);
    Some(Finding::problem(CHECK, format!("user {} of the daemon {what}", user.name), fix))
}

fn verb(need: FileNeed) -> &'static str {
    match need {
        FileNeed::Read | FileNeed::Enter => "read files in",
        FileNeed::Write => "write to",
    }
}

fn is_sound(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wav" || extension == "wav16")
}

fn is_root() -> bool {
    FileUser::of_this_process().uid == 0
}
