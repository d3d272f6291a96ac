//! `dialscript serve`.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::cli::check::print_faults;
use crate::config::{self, Config};
use crate::server::{Limits, Server, listen};
use crate::telemetry;
use crate::trigger::{self, HttpTriggers};

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
    telemetry::start(config.log.level, config.log.format);
    match runtime().and_then(|runtime| runtime.block_on(daemon(path, config))) {
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
    let triggers = HttpTriggers::new(requests(&config)).map_err(io::Error::other)?;
    let listeners = bind(&config)?;
    let server = Server::new(limits(&config), config.library.clone(), triggers);
    notify(&[NotifyState::Ready]);
    info!(scripts = config.library.scripts.len(), listen = ?config.asterisk.listen, "serving");
    tokio::select! {
        () = server.serve(listeners, stop.cancelled(), hurry.cancelled()) => {}
        () = reload(path, &server, reloads) => {}
    }
    if timeout(LAST_REQUESTS, server.triggers().close_and_wait()).await.is_err() {
        warn!("requests under way could not complete");
    }
    info!("stopped");
    Ok(())
}

pub(super) fn limits(config: &Config) -> Limits {
    Limits {
        allow: config.asterisk.allow.clone(),
        environment: config.environment_timeout,
        calls: config.server.max_calls,
        longest_call: config.server.longest_call,
        grace: config.server.grace,
    }
}

pub(super) fn requests(config: &Config) -> trigger::Settings {
    let (entries, bytes) = (config.cache.max_entries, config.cache.max_bytes);
    trigger::Settings {
        connect_timeout: config.trigger.connect_timeout,
        proxy: config.trigger.proxy.clone(),
        max_requests: config.trigger.max_requests,
        cache: trigger::cache::Bounds { entries, bytes },
        allow_hosts: config.egress.allow_hosts.clone(),
        allow_networks: config.egress.allow_networks.clone(),
    }
}

fn bind(config: &Config) -> io::Result<Vec<TcpListener>> {
    let bind = |address| {
        listen::bind(address)
            .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
    };
    config.asterisk.listen.iter().copied().map(bind).collect()
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
async fn reload(path: &Path, server: &Arc<Server<HttpTriggers>>, mut reloads: Signal) {
    while reloads.recv().await.is_some() {
        match config::load(path) {
            Ok(config) => {
                info!(scripts = config.library.scripts.len(), "scripts loaded again");
                server.replace(config.library);
            }
            Err(faults) => error!(%faults, "scripts not loaded: the old ones go on serving"),
        }
    }
    std::future::pending().await
}

/// Tells systemd, where it runs us.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd could not be told");
    }
}
