//! Reload: SIGHUP and `dialscript reload` replace the scripts of the running daemon, and the settings that can change
//! while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::allow_lists::AllowLists;
use super::reload_result::{ReloadError, ReloadSuccess, report};
use super::script_files::{log_errors, store_valid_files};
use super::systemd::SystemdNotifier;
use super::warnings::log_warnings;
use crate::config::{self, Config, DaemonSettings};
use crate::control::protocol::ReloadReport;
use crate::server::{CallContext, CallServer, StopRequests};
use crate::telemetry::LogLevel;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

/// Reloads the files. Reloads that are requested at the same time run one after the other.
pub(super) struct Reloader {
    path: PathBuf,
    server: Arc<CallServer<HttpTriggerClient, VoiceEngines>>,
    systemd: SystemdNotifier,
    allow: AllowLists,
    log_level: LogLevel,
    /// Cancelled when new calls are for the next process.
    left: CancellationToken,
    /// The settings in use. Locked while a reload runs.
    settings: Mutex<DaemonSettings>,
}

/// Reloads on each SIGHUP. Never returns.
pub(super) async fn reload_on_sighup(reloader: &Arc<Reloader>, mut signals: Signal) {
    while signals.recv().await.is_some() {
        // The log has the result.
        drop(reloader.reload().await);
    }
    std::future::pending().await
}

impl Reloader {
    /// `allow` and `log_level` belong to the open listeners and to the log. `settings` are those in use. There are no
    /// reloads after a request to leave: they would change the files of the next process.
    pub(super) fn new(
        path: &Path,
        (server, systemd): (&Arc<CallServer<HttpTriggerClient, VoiceEngines>>, &SystemdNotifier),
        allow: AllowLists,
        log_level: LogLevel,
        settings: DaemonSettings,
        stop: &StopRequests,
    ) -> Arc<Self> {
        let (path, settings) = (path.to_owned(), Mutex::new(settings));
        let (server, systemd, left) = (server.clone(), systemd.clone(), stop.leave.clone());
        Arc::new(Self { path, server, systemd, allow, log_level, left, settings })
    }

    /// Reads all files. Without an error, replaces the scripts and settings for new calls; with one, nothing changes.
    /// The log has the result too. A reload that has begun is completed, even if this future is dropped.
    pub(super) async fn reload(self: &Arc<Self>) -> Result<ReloadSuccess, ReloadError> {
        let reloader = self.clone();
        let reload = move || {
            let mut settings = reloader.settings.lock();
            let _ready_at_the_end = reloader.systemd.reloading();
            let result = match config::load(&reloader.path) {
                _ if reloader.left.is_cancelled() => Err(ReloadError::Left),
                Ok(config) => reloader.apply(&mut settings, config),
                Err(errors) => Err(ReloadError::Files(errors)),
            };
            result.inspect_err(|error| {
                reloader.server.reload_counts().record_failure();
                log_failure(error);
            })
        };
        spawn_blocking(reload).await.unwrap_or_else(|_| {
            self.server.reload_counts().record_failure();
            log_failure(&ReloadError::Aborted);
            Err(ReloadError::Aborted)
        })
    }

    fn apply(
        &self,
        running: &mut DaemonSettings,
        config: Config,
    ) -> Result<ReloadSuccess, ReloadError> {
        let (settings, keys) = running.reload(&config.daemon);
        let replaced = self.server.library();
        // The only step that can fail.
        let triggers = self.server.triggers().with_settings(settings.trigger.clone())?;
        let running_voice = self.server.voice();
        let voice = running_voice.with_settings(settings.voice.clone(), triggers.client());
        let voice = voice.map_or(running_voice, Arc::new);
        self.log_level.set(settings.log.level);
        log_warnings(&config);
        self.allow.replace(&settings);
        voice.prewarm(&config.library);
        store_valid_files(&config);
        self.server.replace_context(CallContext {
            limits: settings.limits.clone(),
            library: config.library.clone(),
            triggers: Arc::new(triggers),
            voice,
        });
        *running = settings;
        let report = report(&replaced, &config, &keys);
        log_success(&report);
        Ok(ReloadSuccess { report, warnings: config.warnings })
    }
}

fn log_success(report: &ReloadReport) {
    let ReloadReport { scripts, new, changed, removed, applied, needs_restart, .. } = report;
    if !applied.is_empty() {
        info!(settings = applied.join(", "), "changed settings are in use");
    }
    if !needs_restart.is_empty() {
        let settings = needs_restart.join(", ");
        warn!(settings, "changed settings take effect after a restart");
    }
    let (new, changed, removed) = (new.len(), changed.len(), removed.len());
    // Logged last: after this line, every new call runs the new scripts.
    info!(scripts, new, changed, removed, "scripts reloaded");
}

/// Logs each error in a line of its own.
fn log_failure(failure: &ReloadError) {
    let errors = match failure {
        ReloadError::Files(errors) => {
            log_errors(errors);
            errors.len()
        }
        ReloadError::Setup(_) | ReloadError::Left | ReloadError::Aborted => 1,
    };
    let reason = match failure {
        ReloadError::Files(_) => None,
        other => Some(other.to_string()),
    };
    error!(errors, reason, "reload failed: the previous scripts stay in use");
}
