//! `dialscript serve`: the daemon's start, reload and stop.

mod active_calls;
mod admin;
mod allow_lists;
mod control_requests;
mod daemon_status;
mod earlier_processes;
mod listener_sockets;
mod listeners;
mod passed_sockets;
mod reload;
mod reload_result;
mod script_files;
mod service_connections;
mod service_reports;
mod sharing;
mod stop;
mod supervisor;
mod systemd;
mod traces;
mod warnings;
mod worker;

use std::future::pending;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::cli::check::print_diagnostics;
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::print_error;
use crate::config::Config;
use crate::server::{CallContext, CallServer, StopRequests, SwitchListener};
use crate::telemetry::{self, DaemonLog};
use crate::trace::SpanQueue;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;
use crate::voice::program::{adopt_orphans, kill_orphans};
use crate::voice::sound_server::SoundUrls;

use admin::AdminListeners;
use control_requests::{ControlRequests, DaemonServer};
use daemon_status::DaemonFacts;
use earlier_processes::EarlierProcesses;
use listener_sockets::ListenerSockets;
use listeners::{bind_sound_server, bind_switch_listeners, serve_sounds};
use passed_sockets::PassedSockets;
use reload::{Reloader, reload_on_sighup};
use script_files::{load_scripts, log_script_faults, store_valid_files};
use service_connections::ServiceConnections;
use service_reports::report;
use systemd::ServiceNotification;
use traces::{end_export, start_export};
use warnings::log_warnings;
use worker::SupervisorLink;

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
    /// Serve calls in a child process, which `systemctl restart` lets go on until its calls have ended. For systemd
    #[arg(long)]
    supervise: bool,
    /// Marks the child process of `--supervise`
    #[arg(long, hide = true)]
    worker: bool,
}

/// Serves calls until a signal stops the daemon.
pub(super) fn serve(options: ServeArgs) -> ExitCode {
    if options.supervise && !options.worker {
        return supervisor::supervise();
    }
    let is_worker = options.worker;
    let sockets = PassedSockets::take();
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
        let served = runtime.block_on(run_daemon(path, config, &log, sockets, is_worker));
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

async fn run_daemon(
    path: &Path,
    config: Config,
    log: &DaemonLog,
    mut passed: PassedSockets,
    is_worker: bool,
) -> io::Result<()> {
    let service = ServiceConnections::open(&mut passed, is_worker)?;
    let ServiceConnections { systemd, reloads, stop, releasing, supervisor, earlier } = service;
    let left = supervisor.as_ref().map(SupervisorLink::left);
    let triggers =
        HttpTriggerClient::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
    let mut sockets = ListenerSockets::new(&config.daemon, passed, &systemd, is_worker);
    let listeners = bind_switch_listeners(&config.daemon, &mut sockets)?;
    let sound_server = bind_sound_server(&config.daemon, &mut sockets)?;
    let admin = AdminListeners::open(&config.daemon, &mut sockets).await?;
    sockets.passed.close_unused();
    let facts = DaemonFacts::new(&listeners, log.lost_lines())?;
    let urls = sound_server.as_ref().map(|server| server.urls.clone());
    let (traces, spans) = start_export(config.daemon.otlp.as_ref(), triggers.client()).unzip();
    let server = call_server(&config, triggers, urls, spans);
    store_valid_files(&config);
    let shared = (&server, &systemd);
    let reloader = Reloader::new(path, shared, sockets.allow, log.level(), config.daemon, &stop);
    let requests = ControlRequests { server: server.clone(), facts, reloader: reloader.clone() };
    systemd.notify(ServiceNotification::Ready);
    info!(scripts = config.library.scripts.len(), "serving");
    let earlier_running = earlier.running();
    tokio::select! {
        () = serve_calls(&server, listeners, (&stop, left), earlier) => {}
        () = reload_on_sighup(&reloader, reloads) => {}
        () = serve_sounds(sound_server, &stop) => {}
        () = admin.serve(requests, log.lost_lines(), &stop, releasing.token()) => {}
        () = report(&server, &systemd, earlier_running) => {}
        () = follow_supervisor(supervisor, &server) => {}
    }
    complete_requests(&server).await;
    end_export(traces).await;
    info!("stopped");
    Ok(())
}

/// Serves calls until the daemon has to end. `left` is cancelled when its supervisor has left new calls to the next one.
async fn serve_calls(
    server: &DaemonServer,
    listeners: Vec<SwitchListener>,
    (stop, left): (&StopRequests, Option<CancellationToken>),
    mut earlier: EarlierProcesses,
) {
    server.serve(listeners, stop).await;
    earlier.wait(server.grace()).await;
    if let (true, Some(left)) = (stop.leave.is_cancelled(), left) {
        left.cancelled().await;
    }
}

fn call_server(
    config: &Config,
    triggers: HttpTriggerClient,
    sound_urls: Option<Arc<SoundUrls>>,
    spans: Option<Arc<SpanQueue>>,
) -> DaemonServer {
    let voice = VoiceEngines::new(config.daemon.voice.clone(), triggers.client(), sound_urls);
    voice.prewarm(&config.library);
    let (triggers, voice) = (Arc::new(triggers), Arc::new(voice));
    let (limits, library) = (config.daemon.limits.clone(), config.library.clone());
    CallServer::new(CallContext { limits, library, triggers, voice }, spans)
}

/// Completes the requests and sounds that are still in progress, or aborts them after a timeout.
async fn complete_requests(server: &DaemonServer) {
    let (triggers, voice) = (server.triggers(), server.voice());
    let last_requests = async { tokio::join!(triggers.close_and_wait(), voice.close_and_wait()) };
    if timeout(LAST_REQUESTS_TIMEOUT, last_requests).await.is_err() {
        warn!("requests or sounds in progress were aborted");
    }
    triggers.abort_background().await;
    // The runtime would also drop these tasks, but the process could end before they have cleaned up.
    voice.abort().await;
}

/// Never returns. Must run on one thread: see [`SupervisorLink::open`].
async fn follow_supervisor(supervisor: Option<SupervisorLink>, server: &DaemonServer) {
    if let Some(supervisor) = supervisor {
        supervisor.follow(|| server.voice().give_up_store()).await;
    }
    pending().await
}
