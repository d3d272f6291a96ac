//! Warnings about the configuration, in the log.

use tracing::warn;

use super::sharing;
use crate::config::Config;

/// Logs warnings about the configuration. Creates the folders that it needs, and logs those that can't be created.
pub(super) fn log_warnings(config: &Config) {
    config.warnings.iter().for_each(|warning| warn!(%warning, "configuration warning"));
    config.create_folders().into_iter().for_each(|reason| warn!(reason, "can't create a folder"));
    sharing::warn_of_unusable_folders(config);
}
