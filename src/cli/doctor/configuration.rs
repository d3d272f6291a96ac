//! The daemon's file and the scripts.

use std::path::Path;

use super::context::DoctorContext;
use super::finding::Finding;
use super::host::DoctorHost;
use crate::config::{ConfigErrors, counted};
use crate::file_access::{FileUser, shell_quoted};

const CHECK: &str = "configuration";
/// The most excluded scripts that are named, and the most that are served by their last valid versions.
const MAX_NAMED: usize = 10;

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let (config, path) = (context.config, context.path.display());
    let fix = check_command(context.path);
    let scripts = counted(config.library.scripts.len(), "script");
    let mut findings = vec![Finding::ok(CHECK, format!("{path}: {scripts}"))];
    for (name, excluded) in config.library.excluded.iter().take(MAX_NAMED) {
        let message = format!("the script {name} is not served: {}", excluded.reason);
        findings.push(Finding::problem(CHECK, message, fix.clone()));
    }
    for (name, reason) in config.library.replaced.iter().take(MAX_NAMED) {
        let message = format!("the last valid version of the script {name} serves: {reason}");
        findings.push(Finding::warning(CHECK, message, fix.clone()));
    }
    let warnings = config.warnings.iter().count();
    if warnings > 0 {
        let message = format!("the files have {}", counted(warnings, "warning"));
        findings.push(Finding::warning(CHECK, message, fix));
    }
    findings
}

/// The command that shows the errors of the files.
pub(super) fn check_command(path: &Path) -> String {
    format!("dialscript check --config {}", shell_quoted(path))
}

/// A user that may not read what the daemon reads gets findings that the daemon does not have.
pub(super) fn check_user(host: &DoctorHost) -> Option<Finding> {
    let uid = FileUser::of_this_process().uid;
    let daemon = host.service_user()?;
    if uid == 0 || uid == daemon.uid {
        return None;
    }
    let (user, daemon) = (host.accounts.user_name(uid), daemon.name);
    let message = format!(
        "what only root and user {daemon} of the daemon can read: for user {user} such a file is faulty"
    );
    Some(Finding::not_permitted(CHECK, message))
}

/// If the files can't be used, nothing else is checked.
pub(super) fn report_errors(errors: &ConfigErrors, path: &Path) -> Vec<Finding> {
    let fix = check_command(path);
    let number = counted(errors.len(), "error");
    let first = errors.iter().next().map(|error| format!(": {}", error.message));
    let message = format!("the files have {number}{}", first.unwrap_or_default());
    vec![
        Finding::problem(CHECK, message, fix.clone()),
        Finding::not_checked("all others", "the configuration has errors", fix),
    ]
}
