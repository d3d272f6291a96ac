//! Reload: SIGHUP replaces the scripts of the running daemon.

use std::path::Path;

use tokio::signal::unix::Signal;
use tracing::{error, info, warn};

use super::script_files::{log_errors, store_valid_files};
use super::warnings::log_warnings;
use crate::config::{self, Config, ConfigErrors};
use crate::server::CallServer;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

/// Reloads the scripts on SIGHUP. If a file has an error, nothing changes.
pub(super) async fn reload_on_sighup(
    path: &Path,
    running: &Config,
    server: &CallServer<HttpTriggerClient, VoiceEngines>,
    mut reloads: Signal,
) {
    while reloads.recv().await.is_some() {
        let path = path.to_owned();
        match tokio::task::spawn_blocking(move || config::load(&path)).await {
            Ok(Ok(config)) => {
                log_warnings(&config);
                for table in running.daemon.changed_tables(&config.daemon) {
                    warn!(table, "changed in the daemon's file: takes effect after a restart");
                }
                let scripts = config.library.scripts.len();
                server.voice().prewarm(&config.library);
                store_valid_files(&config);
                server.replace_library(config.library);
                // Logged last: after this line, every new call runs the new scripts.
                info!(scripts, "scripts reloaded");
            }
            Ok(Err(errors)) => {
                server.reload_counts().record_failure();
                log_failed_reload(&errors);
            }
            Err(error) => {
                server.reload_counts().record_failure();
                error!(%error, "reload failed: the previous scripts stay in use");
            }
        }
    }
    std::future::pending().await
}

/// Logs each error in a line of its own.
fn log_failed_reload(errors: &ConfigErrors) {
    log_errors(errors);
    error!(errors = errors.len(), "reload failed: the previous scripts stay in use");
}
