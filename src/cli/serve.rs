//! `dialscript serve`: the daemon's start, reload and stop.

mod active_calls;
mod admin;
mod control_requests;
mod daemon_status;
mod listeners;
mod reload;
mod script_files;
mod systemd;
mod warnings;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::cli::check::print_diagnostics;
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::print_error;
use crate::config::Config;
use crate::server::CallServer;
use crate::telemetry::{self, DaemonLog};
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;
use crate::voice::program::{adopt_orphans, kill_orphans};

use admin::AdminListeners;
use control_requests::ControlRequests;
use daemon_status::DaemonFacts;
use listeners::{bind_sound_server, bind_switch_listeners, describe_listeners, serve_sounds};
use reload::reload_on_sighup;
use script_files::{load_scripts, log_script_faults, store_valid_files};
use systemd::SystemdNotifier;
use warnings::log_warnings;

/// The timeout for requests and sounds that are still in progress when all calls have ended.
pub(super) const LAST_REQUESTS_TIMEOUT: Duration = Duration::from_secs(5);

/// The exit code if the configuration does not allow a start: `EX_CONFIG` of `sysexits.h`. A restart would not help.
const EXIT_CONFIG: u8 = 78;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Do not start if a script file has an error. Without this option, the other scripts are served
    #[arg(long)]
    strict: bool,
}

/// Serves calls until a signal stops the daemon.
pub(super) fn serve(options: ServeArgs) -> ExitCode {
    let path = &options.config.resolve_path();
    let servable = match load_scripts(path, options.strict) {
        Ok(servable) => servable,
        Err(diagnostics) => {
            print_diagnostics(&diagnostics);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let settings = &servable.config.daemon.log;
    let log = match telemetry::init_logging(settings.level, settings.format) {
        Ok(log) => log,
        Err(error) => return print_error(&format!("can't write a log: {error}")),
    };
    log_script_faults(&servable);
    let config = servable.config;
    log_warnings(&config);
    if let Err(error) = adopt_orphans() {
        warn!(%error, "processes that speech engines leave behind can't be killed");
    }
    let served = build_runtime().and_then(|runtime| {
        let served = runtime.block_on(run_daemon(path, config, &log));
        // Does not wait for DNS lookups, which block a thread and can't be cancelled.
        runtime.shutdown_background();
        served
    });
    kill_orphans();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "can't start serving");
            ExitCode::FAILURE
        }
    }
}

fn build_runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn run_daemon(path: &Path, config: Config, log: &DaemonLog) -> io::Result<()> {
    let started_at = Instant::now();
    let reloads = signal(SignalKind::hangup())?;
    let systemd = SystemdNotifier::start();
    let (stop, force_stop) = stop_signals(systemd.clone())?;
    let triggers =
        HttpTriggerClient::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
    let listeners = bind_switch_listeners(&config.daemon)?;
    let sound_server = bind_sound_server(&config.daemon)?;
    let admin = AdminListeners::open(&config.daemon).await?;
    let urls = sound_server.as_ref().map(|server| server.urls.clone());
    let voice = VoiceEngines::new(config.daemon.voice.clone(), triggers.client(), urls);
    voice.prewarm(&config.library);
    let server =
        CallServer::new(config.daemon.limits.clone(), config.library.clone(), triggers, voice);
    let listener_states = describe_listeners(&listeners)?.into();
    let facts =
        DaemonFacts { started_at, listeners: listener_states, lost_lines: log.lost_lines() };
    let requests = ControlRequests { server: server.clone(), facts };
    systemd.notify(NotifyState::Ready);
    info!(scripts = config.library.scripts.len(), "serving");
    store_valid_files(&config);
    tokio::select! {
        () = server.serve(listeners, stop.cancelled(), force_stop.cancelled()) => {}
        () = reload_on_sighup(path, &config, &server, reloads) => {}
        () = serve_sounds(sound_server) => {}
        () = admin.serve(requests, log.lost_lines()) => {}
    }
    let last_requests =
        async { tokio::join!(server.triggers().close_and_wait(), server.voice().close_and_wait()) };
    if timeout(LAST_REQUESTS_TIMEOUT, last_requests).await.is_err() {
        warn!("requests or sounds in progress were aborted");
    }
    server.triggers().abort_background().await;
    // The runtime would also drop these tasks, but the process could end before they have cleaned up.
    server.voice().abort().await;
    info!("stopped");
    Ok(())
}

/// The first SIGTERM or SIGINT cancels the first token (calls are drained). The second signal cancels the second token
/// (the grace time ends).
fn stop_signals(systemd: SystemdNotifier) -> io::Result<(CancellationToken, CancellationToken)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let tokens = (CancellationToken::new(), CancellationToken::new());
    let (stop, force_stop) = tokens.clone();
    tokio::spawn(async move {
        for token in [stop, force_stop] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            systemd.notify(NotifyState::Stopping);
            token.cancel();
        }
    });
    Ok(tokens)
}
