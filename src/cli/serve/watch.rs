//! What looks into a running daemon: its counts, and its control socket.

use std::future::{Future, pending};
use std::io;
use std::path::Path;
use std::sync::Arc;

use tracing::{info, warn};

use crate::config::DaemonSettings;
use crate::control::desk;
use crate::control::socket::Socket;
use crate::http_server::Door;
use crate::metrics::{self, Snapshot};
use crate::server::{Server, listen};
use crate::trigger::HttpTriggers;
use crate::voice::Engines;

type Daemon = Arc<Server<HttpTriggers, Engines>>;

/// Where the daemon is looked into; open.
pub(super) struct Watch {
    metrics: Option<Door>,
    control: Option<Socket>,
}

impl Watch {
    /// Opens what the daemon's file names. Calls matter more than a control socket: without one the daemon serves them
    /// all the same.
    pub(super) async fn open(settings: &DaemonSettings) -> io::Result<Self> {
        let metrics = metrics_door(settings)?;
        let control = match &settings.control {
            Some(path) => control(path).await,
            None => None,
        };
        Ok(Self { metrics, control })
    }

    /// Serves both as long as there are calls, also when the daemon is being stopped.
    pub(super) async fn serve(self, server: &Daemon) {
        let Self { metrics, control } = self;
        tokio::join!(
            or_never(metrics.map(|door| counts(door, server))),
            or_never(control.map(|socket| asked(socket, server)))
        );
    }
}

async fn or_never(served: Option<impl Future<Output = ()>>) {
    match served {
        Some(served) => served.await,
        None => pending().await,
    }
}

fn metrics_door(settings: &DaemonSettings) -> io::Result<Option<Door>> {
    let Some(metrics) = &settings.metrics else { return Ok(None) };
    let address = metrics.listen;
    let listener = listen::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("[metrics] {address}: {error}")))?;
    info!(%address, "serving metrics");
    Ok(Some(Door { table: "[metrics]", listener, allow: metrics.allow.clone() }))
}

async fn control(path: &Path) -> Option<Socket> {
    match Socket::open(path).await {
        Ok(socket) => {
            info!(socket = %path.display(), "`dialscript cache` may ask");
            Some(socket)
        }
        Err(reason) => {
            warn!(socket = %path.display(), %reason, "no control socket: `dialscript cache` can't ask");
            None
        }
    }
}

async fn counts(door: Door, server: &Daemon) {
    let server = server.clone();
    let snapshot = move || Snapshot {
        calls: server.ended().counts(),
        calls_under_way: server.under_way(),
        ..Snapshot::of_triggers(server.triggers())
    };
    metrics::serve(door, snapshot, pending()).await;
}

async fn asked(socket: Socket, server: &Daemon) {
    let server = server.clone();
    let answer = move |request| {
        let server = server.clone();
        async move { desk::answer(&request, server.triggers(), &server.library()).await }
    };
    crate::control::serve::serve(socket, answer, pending()).await;
}
