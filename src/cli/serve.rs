//! `dialscript serve`.

mod admin;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::cli::check::print_diagnostics;
use crate::config::{self, Config, DaemonSettings, ListenerSettings};
use crate::server::{CallServer, SwitchListener, listen};
use crate::telemetry::{self, Switch};
use crate::trigger::HttpTriggerClient;
use crate::voice::sound_server::SoundUrls;
use crate::voice::{self, VoiceEngines};

use admin::AdminListeners;

/// What requests under way get to complete when all calls have ended.
pub(super) const LAST_REQUESTS_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves calls until the daemon is told to stop.
pub fn serve(path: &Path) -> ExitCode {
    let config = match config::load(path) {
        Ok(config) => config,
        Err(faults) => {
            print_diagnostics(&faults);
            return ExitCode::FAILURE;
        }
    };
    telemetry::init_logging(config.daemon.log.level, config.daemon.log.format);
    log_warnings(&config);
    let served = build_runtime().and_then(|runtime| {
        let served = runtime.block_on(run_daemon(path, config));
        // A look-up of a name can't be broken off, and must not hold up the end.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            error!(%reason, "can't serve");
            ExitCode::FAILURE
        }
    }
}

fn build_runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn run_daemon(path: &Path, config: Config) -> io::Result<()> {
    let reloads = signal(SignalKind::hangup())?;
    let (stop, hurry) = stop_signals()?;
    let triggers =
        HttpTriggerClient::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
    let doors = bind_switch_listeners(&config.daemon)?;
    let sounds = bind_sound_server(&config.daemon)?;
    let watch = AdminListeners::open(&config.daemon).await?;
    let urls = sounds.as_ref().map(|sounds| sounds.urls.clone());
    let voice = VoiceEngines::new(config.daemon.voice.clone(), triggers.client(), urls);
    voice.prewarm(&config.library);
    let server =
        CallServer::new(config.daemon.limits.clone(), config.library.clone(), triggers, voice);
    notify_systemd(&[NotifyState::Ready]);
    info!(scripts = config.library.scripts.len(), "serving");
    tokio::select! {
        () = server.serve(doors, stop.cancelled(), hurry.cancelled()) => {}
        () = reload_on_sighup(path, &config, &server, reloads) => {}
        () = serve_sounds(sounds) => {}
        () = watch.serve(&server) => {}
    }
    let last =
        async { tokio::join!(server.triggers().close_and_wait(), server.voice().close_and_wait()) };
    if timeout(LAST_REQUESTS_TIMEOUT, last).await.is_err() {
        warn!("requests or sounds under way could not complete");
    }
    server.triggers().abort_background().await;
    // Nothing that is left to the runtime's end is sure to be cleaned up before that of the process.
    server.voice().abort().await;
    info!("stopped");
    Ok(())
}

fn bind_switch_listeners(settings: &DaemonSettings) -> io::Result<Vec<SwitchListener>> {
    let switches =
        [(Switch::Asterisk, &settings.asterisk), (Switch::FreeSwitch, &settings.freeswitch)];
    let addresses = switches
        .into_iter()
        .flat_map(|(switch, door)| door.listen.iter().map(move |address| (switch, door, *address)));
    let open = |(switch, door, address): (Switch, &ListenerSettings, SocketAddr)| {
        let listener = listen::bind(address)
            .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(SwitchListener { switch, listener, allow: door.allow.clone() })
    };
    addresses.map(open).collect()
}

/// A server of sounds that is open.
struct BoundSoundServer {
    listener: TcpListener,
    urls: Arc<SoundUrls>,
    allow: Vec<IpNet>,
}

fn bind_sound_server(settings: &DaemonSettings) -> io::Result<Option<BoundSoundServer>> {
    let Some(server) = &settings.voice.sound_server else { return Ok(None) };
    let address = server.listen;
    let listener = listen::bind(address).map_err(|error| {
        io::Error::new(error.kind(), format!("[sound_server] {address}: {error}"))
    })?;
    let urls = Arc::new(SoundUrls::new(
        server,
        &settings.voice.cache_folder,
        &settings.voice.library_folder,
    )?);
    info!(%address, url = server.url, "serving sounds");
    Ok(Some(BoundSoundServer { listener, urls, allow: server.allow.clone() }))
}

/// Serves sounds as long as there are calls to hear them, also when the daemon is being stopped.
async fn serve_sounds(sounds: Option<BoundSoundServer>) {
    match sounds {
        Some(BoundSoundServer { listener, urls, allow }) => {
            voice::sound_server::serve(listener, urls, allow, std::future::pending()).await;
        }
        None => std::future::pending().await,
    }
}

/// The first SIGTERM or SIGINT stops with grace, the second without.
fn stop_signals() -> io::Result<(CancellationToken, CancellationToken)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let tokens = (CancellationToken::new(), CancellationToken::new());
    let (stop, hurry) = tokens.clone();
    tokio::spawn(async move {
        for token in [stop, hurry] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            notify_systemd(&[NotifyState::Stopping]);
            token.cancel();
        }
    });
    Ok(tokens)
}

/// Loads the scripts again on SIGHUP; faulty ones change nothing.
async fn reload_on_sighup(
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
                for section in running.daemon.changed_tables(&config.daemon) {
                    warn!(section, "changed in the daemon's file: works after a restart only");
                }
                let scripts = config.library.scripts.len();
                server.voice().prewarm(&config.library);
                server.replace_library(config.library);
                // Who reads this may count on it.
                info!(scripts, "scripts loaded again");
            }
            Ok(Err(faults)) => error!(%faults, "scripts not loaded: the old ones go on serving"),
            Err(error) => error!(%error, "scripts not loaded: the old ones go on serving"),
        }
    }
    std::future::pending().await
}

/// What will not work, and stops nothing else.
fn log_warnings(config: &Config) {
    config.warnings.iter().for_each(|warning| warn!(%warning, "a warning about the files"));
    config.create_folders().into_iter().for_each(|reason| warn!(reason, "this will not work"));
}

/// Tells systemd, where it runs us.
fn notify_systemd(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd could not be told");
    }
}
