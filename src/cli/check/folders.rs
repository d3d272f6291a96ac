//! Warnings about folders that a switch on this host can't use.

use std::path::PathBuf;

use crate::cli::shared_folders::unusable_folders;
use crate::config::{Config, ConfigWarnings, Diagnostic};
use crate::file_access::AccessExplanation;

/// Only a switch whose user is known counts: the files can also be checked on a host without one.
pub(super) fn add_warnings(config: &mut Config) {
    let folders = unusable_folders(config, false);
    if folders.is_empty() {
        return;
    }
    let warning = |(folder, denied): (PathBuf, AccessExplanation)| {
        let what = format!("the switch can't use this folder: {}", denied.reason);
        Diagnostic::of_path(folder.display().to_string(), what, &format!("run `{}`", denied.fix))
    };
    let added = folders.into_iter().map(warning);
    config.warnings =
        ConfigWarnings::sorted(config.warnings.iter().cloned().chain(added).collect());
}
