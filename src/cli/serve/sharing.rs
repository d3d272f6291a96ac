//! Warnings about folders that a switch on this host can't use.

use tracing::warn;

use crate::cli::shared_folders::unusable_folders;
use crate::config::Config;

/// Logs each folder that the running switch, or an installed one, can't use. If no switch is known, logs folders that
/// only the daemon's own user can use.
pub(super) fn warn_of_unusable_folders(config: &Config) {
    for (folder, denied) in unusable_folders(config, true) {
        let (folder, reason, help) = (folder.display(), denied.reason, denied.fix);
        warn!(%folder, reason, help, "the switch can't use a folder of the daemon");
    }
}
