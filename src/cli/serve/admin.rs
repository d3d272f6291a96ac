//! What looks into a running daemon: its counts, and its control socket.

use std::future::{Future, pending};
use std::io;
use std::path::Path;
use std::sync::Arc;

use tracing::{info, warn};

use crate::config::DaemonSettings;
use crate::control::handler;
use crate::control::socket::ControlSocket;
use crate::http_server::HttpServerListener;
use crate::metrics::{self, MetricsSnapshot};
use crate::server::{CallServer, listen};
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

type DaemonServer = Arc<CallServer<HttpTriggerClient, VoiceEngines>>;

/// Where the daemon is looked into; open.
pub(super) struct AdminListeners {
    metrics: Option<HttpServerListener>,
    control: Option<ControlSocket>,
}

impl AdminListeners {
    /// Opens what the daemon's file names. Calls matter more than a control socket: without one the daemon serves them
    /// all the same.
    pub(super) async fn open(settings: &DaemonSettings) -> io::Result<Self> {
        let metrics = bind_metrics(settings)?;
        let control = match &settings.control {
            Some(path) => open_control(path).await,
            None => None,
        };
        Ok(Self { metrics, control })
    }

    /// Serves both as long as there are calls, also when the daemon is being stopped.
    pub(super) async fn serve(self, server: &DaemonServer) {
        let Self { metrics, control } = self;
        tokio::join!(
            or_pending(metrics.map(|door| serve_metrics(door, server))),
            or_pending(control.map(|socket| serve_control(socket, server)))
        );
    }
}

async fn or_pending(served: Option<impl Future<Output = ()>>) {
    match served {
        Some(served) => served.await,
        None => pending().await,
    }
}

fn bind_metrics(settings: &DaemonSettings) -> io::Result<Option<HttpServerListener>> {
    let Some(metrics) = &settings.metrics else { return Ok(None) };
    let address = metrics.listen;
    let listener = listen::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("[metrics] {address}: {error}")))?;
    info!(%address, "serving metrics");
    Ok(Some(HttpServerListener { table: "[metrics]", listener, allow: metrics.allow.clone() }))
}

async fn open_control(path: &Path) -> Option<ControlSocket> {
    match ControlSocket::open(path).await {
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

async fn serve_metrics(door: HttpServerListener, server: &DaemonServer) {
    let server = server.clone();
    let snapshot = move || MetricsSnapshot {
        ended_calls: server.call_counts().counts(),
        active_calls: server.active_calls(),
        ..MetricsSnapshot::from_triggers(server.triggers())
    };
    metrics::serve(door, snapshot, pending()).await;
}

async fn serve_control(socket: ControlSocket, server: &DaemonServer) {
    let server = server.clone();
    let answer = move |request| {
        let server = server.clone();
        async move { handler::handle_request(&request, server.triggers(), &server.library()).await }
    };
    crate::control::serve::serve(socket, answer, pending()).await;
}
