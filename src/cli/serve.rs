//! `dialscript serve`.

mod watch;

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

use crate::cli::check::print_faults;
use crate::config::{self, Config, DaemonSettings, ListenerSettings};
use crate::server::{Door, Server, listen};
use crate::telemetry::{self, Switch};
use crate::trigger::HttpTriggers;
use crate::voice::server::Urls;
use crate::voice::{self, Engines};

use watch::Watch;

/// What requests under way get to complete when all calls have ended.
pub(super) const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Serves calls until the daemon is told to stop.
pub fn serve(path: &Path) -> ExitCode {
    let config = match config::load(path) {
        Ok(config) => config,
        Err(faults) => {
            print_faults(&faults);
            return ExitCode::FAILURE;
        }
    };
    telemetry::start(config.daemon.log.level, config.daemon.log.format);
    warn_of(&config);
    let served = runtime().and_then(|runtime| {
        let served = runtime.block_on(daemon(path, config));
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

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn daemon(path: &Path, config: Config) -> io::Result<()> {
    let reloads = signal(SignalKind::hangup())?;
    let (stop, hurry) = stops()?;
    let triggers = HttpTriggers::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
    let doors = doors(&config.daemon)?;
    let sounds = sound_server(&config.daemon)?;
    let watch = Watch::open(&config.daemon).await?;
    let urls = sounds.as_ref().map(|sounds| sounds.urls.clone());
    let voice = Engines::new(config.daemon.voice.clone(), triggers.client(), urls);
    voice.prepare(&config.library);
    let server = Server::new(config.daemon.limits.clone(), config.library.clone(), triggers, voice);
    notify(&[NotifyState::Ready]);
    info!(scripts = config.library.scripts.len(), "serving");
    tokio::select! {
        () = server.serve(doors, stop.cancelled(), hurry.cancelled()) => {}
        () = reload(path, &config, &server, reloads) => {}
        () = served(sounds) => {}
        () = watch.serve(&server) => {}
    }
    let last =
        async { tokio::join!(server.triggers().close_and_wait(), server.voice().close_and_wait()) };
    if timeout(LAST_REQUESTS, last).await.is_err() {
        warn!("requests or sounds under way could not complete");
    }
    server.triggers().give_up().await;
    // Nothing that is left to the runtime's end is sure to be cleaned up before that of the process.
    server.voice().give_up().await;
    info!("stopped");
    Ok(())
}

fn doors(settings: &DaemonSettings) -> io::Result<Vec<Door>> {
    let switches =
        [(Switch::Asterisk, &settings.asterisk), (Switch::FreeSwitch, &settings.freeswitch)];
    let addresses = switches
        .into_iter()
        .flat_map(|(switch, door)| door.listen.iter().map(move |address| (switch, door, *address)));
    let open = |(switch, door, address): (Switch, &ListenerSettings, SocketAddr)| {
        let listener = listen::bind(address)
            .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(Door { switch, listener, allow: door.allow.clone() })
    };
    addresses.map(open).collect()
}

/// A server of sounds that is open.
struct SoundServer {
    listener: TcpListener,
    urls: Arc<Urls>,
    allow: Vec<IpNet>,
}

fn sound_server(settings: &DaemonSettings) -> io::Result<Option<SoundServer>> {
    let Some(server) = &settings.voice.server else { return Ok(None) };
    let address = server.listen;
    let listener = listen::bind(address).map_err(|error| {
        io::Error::new(error.kind(), format!("[sound_server] {address}: {error}"))
    })?;
    let urls = Arc::new(Urls::new(server, &settings.voice.cache, &settings.voice.sounds)?);
    info!(%address, url = server.url, "serving sounds");
    Ok(Some(SoundServer { listener, urls, allow: server.allow.clone() }))
}

/// Serves sounds as long as there are calls to hear them, also when the daemon is being stopped.
async fn served(sounds: Option<SoundServer>) {
    match sounds {
        Some(SoundServer { listener, urls, allow }) => {
            voice::server::serve(listener, urls, allow, std::future::pending()).await;
        }
        None => std::future::pending().await,
    }
}

/// The first SIGTERM or SIGINT stops with grace, the second without.
fn stops() -> io::Result<(CancellationToken, CancellationToken)> {
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
            notify(&[NotifyState::Stopping]);
            token.cancel();
        }
    });
    Ok(tokens)
}

/// Loads the scripts again on SIGHUP; faulty ones change nothing.
async fn reload(
    path: &Path,
    running: &Config,
    server: &Server<HttpTriggers, Engines>,
    mut reloads: Signal,
) {
    while reloads.recv().await.is_some() {
        let path = path.to_owned();
        match tokio::task::spawn_blocking(move || config::load(&path)).await {
            Ok(Ok(config)) => {
                warn_of(&config);
                for section in running.daemon.changed_tables(&config.daemon) {
                    warn!(section, "changed in the daemon's file: works after a restart only");
                }
                let scripts = config.library.scripts.len();
                server.voice().prepare(&config.library);
                server.replace(config.library);
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
fn warn_of(config: &Config) {
    config.warnings.iter().for_each(|warning| warn!(%warning, "a warning about the files"));
    config.create_folders().into_iter().for_each(|reason| warn!(reason, "this will not work"));
}

/// Tells systemd, where it runs us.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd could not be told");
    }
}
