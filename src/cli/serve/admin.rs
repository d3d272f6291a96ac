//! The listeners for administrators: metrics and the control socket.

use std::future::{Future, pending};
use std::io;
use std::path::Path;

use tracing::{info, warn};

use super::control_requests::{ControlRequests, DaemonServer};
use crate::config::DaemonSettings;
use crate::control::socket::ControlSocket;
use crate::listener::NetworkListener;
use crate::metrics::{self, MetricsSnapshot, ProcessSnapshot, Readiness, ScriptInfo};
use crate::telemetry::LostLogLines;

/// The open listeners.
pub(super) struct AdminListeners {
    metrics: Option<NetworkListener>,
    control: Option<ControlSocket>,
}

impl AdminListeners {
    /// Opens the configured listeners. A control socket that can't be opened is only logged: it must not stop calls.
    pub(super) async fn open(settings: &DaemonSettings) -> io::Result<Self> {
        let metrics = bind_metrics(settings)?;
        let control = match &settings.control {
            Some(path) => open_control(path).await,
            None => None,
        };
        Ok(Self { metrics, control })
    }

    /// Serves the open listeners, also while the daemon drains. Never returns.
    pub(super) async fn serve(self, requests: ControlRequests, lost_lines: LostLogLines) {
        let Self { metrics, control } = self;
        let server = requests.server.clone();
        tokio::join!(
            or_pending(metrics.map(|listener| serve_metrics(listener, &server, lost_lines))),
            or_pending(control.map(|socket| serve_control(socket, requests)))
        );
    }
}

async fn or_pending(future: Option<impl Future<Output = ()>>) {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

fn bind_metrics(settings: &DaemonSettings) -> io::Result<Option<NetworkListener>> {
    let Some(metrics) = &settings.metrics else { return Ok(None) };
    let address = metrics.listen;
    let listener = NetworkListener::bind("[metrics]", address, metrics.allow.clone())?;
    info!(%address, "serving metrics");
    Ok(Some(listener))
}

async fn open_control(path: &Path) -> Option<ControlSocket> {
    match ControlSocket::open(path).await {
        Ok(socket) => {
            info!(socket = %path.display(), "control socket is open");
            Some(socket)
        }
        Err(error) => {
            let socket = path.display();
            warn!(%socket, %error, "can't open the control socket: `dialscript status`, `calls` and `cache` will not work");
            None
        }
    }
}

async fn serve_metrics(listener: NetworkListener, server: &DaemonServer, lost_lines: LostLogLines) {
    let snapshot = {
        let server = server.clone();
        move || metrics_snapshot(&server, &lost_lines)
    };
    let server = server.clone();
    let readiness = move || Readiness {
        phase: server.phase(),
        scripts: ScriptInfo::of_library(&server.library()),
        upstreams: server.triggers().upstream_states(),
    };
    metrics::serve(listener, snapshot, readiness, pending()).await;
}

fn metrics_snapshot(server: &DaemonServer, lost_lines: &LostLogLines) -> MetricsSnapshot {
    let (triggers, times, library) = (server.triggers(), server.call_times(), server.library());
    // Scripts come and go with reloads, and those that are gone must not take room for ever.
    times.retain_scripts(&library);
    triggers.waits().retain(|[script, _]| library.scripts.contains_key(&**script));
    let snapshot = MetricsSnapshot {
        ended_calls: server.call_counts().counts(),
        refused_calls: server.refused_calls().counts(),
        active_calls: server.active_calls(),
        max_calls: server.max_calls(),
        voice: server.voice().snapshot(),
        reloads: server.reload_counts().summary(),
        process: ProcessSnapshot::read(),
        lost_log_lines: lost_lines.count(),
        ..MetricsSnapshot::from_triggers(triggers)
    };
    snapshot.with_calls(times, &library)
}

async fn serve_control(socket: ControlSocket, requests: ControlRequests) {
    let answer = move |request| {
        let requests = requests.clone();
        async move { requests.answer(request).await }
    };
    crate::control::serve::serve(socket, answer, pending()).await;
}
