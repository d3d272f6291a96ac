//! The script files of the daemon: which of them are served, what the log says about the others, and the copies of
//! those that are valid.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, const_mutex};
use tokio::task::spawn_blocking;
use tracing::{error, warn};

use crate::config::{self, Config, ConfigErrors, ServableConfig, ValidFiles};

/// How many errors of script files are logged, and how many scripts with errors.
const MAX_LOGGED_ERRORS: usize = 50;
/// How long to wait until an earlier load has stored its copies.
const STORE_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads the scripts that can be served. With `strict`, all must be valid.
pub(super) fn load_scripts(path: &Path, strict: bool) -> Result<ServableConfig, ConfigErrors> {
    if strict { config::load(path).map(ServableConfig::from) } else { config::load_valid(path) }
}

/// Logs each error in a line of its own.
pub(super) fn log_errors(errors: &ConfigErrors) {
    errors.iter().take(MAX_LOGGED_ERRORS).for_each(|error| error!(%error, "configuration error"));
}

/// Logs the errors of script files, and what they mean for calls.
pub(super) fn log_script_faults(servable: &ServableConfig) {
    let ServableConfig { config, errors } = servable;
    let library = &config.library;
    log_errors(errors);
    for (script, reason) in library.replaced.iter().take(MAX_LOGGED_ERRORS) {
        let Some(served) = library.scripts.get(script) else { continue };
        let since = served.last_valid.map(humantime::format_rfc3339_seconds);
        let (version, since) = (served.version, since.map(tracing::field::display));
        warn!(script, %version, since, reason, "the last valid version of this script serves");
    }
    for (script, excluded) in library.excluded.iter().take(MAX_LOGGED_ERRORS) {
        warn!(script, reason = excluded.reason, "excluded: calls for this script are refused");
    }
    let (excluded, last_valid) = (library.excluded.len(), library.replaced.len());
    if library.scripts.is_empty() && excluded > 0 {
        error!(excluded, "no script is valid: all calls are refused");
    } else if excluded + last_valid > 0 {
        let errors = errors.len();
        warn!(
            errors,
            excluded, last_valid, "not all script files are valid: run `dialscript check`"
        );
    }
}

/// Stores copies of the served script files in the background: a disk that is full or hangs must not delay calls. The
/// files of the latest load are stored last.
pub(super) fn store_valid_files(config: &Config) {
    static LATEST: Mutex<Option<Arc<ValidFiles>>> = const_mutex(None);
    static STORING: Mutex<()> = const_mutex(());
    *LATEST.lock() = Some(config.valid_files.clone());
    drop(spawn_blocking(|| {
        let Some(_storing) = STORING.try_lock_for(STORE_TIMEOUT) else {
            warn!(reason = "the disk does not answer", "can't keep the valid scripts");
            return;
        };
        // Another task may have stored them.
        let latest = LATEST.lock().take();
        if let Some(Err(reason)) = latest.map(|files| files.store()) {
            warn!(reason, "can't keep the valid scripts");
        }
    }));
}
