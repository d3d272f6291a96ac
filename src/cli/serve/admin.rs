//! The listeners for administrators: metrics and the control socket.

use std::future::pending;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::Path;

use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{info, warn};

use super::control_requests::{ControlRequests, DaemonServer};
use super::listener_sockets::ListenerSockets;
use crate::config::DaemonSettings;
use crate::control::socket::ControlSocket;
use crate::listener::NetworkListener;
use crate::metrics::{self, MetricsSnapshot, ProcessSnapshot, Readiness, ScriptInfo};
use crate::server::StopRequests;
use crate::telemetry::LostLogLines;

/// The open listeners.
pub(super) struct AdminListeners {
    metrics: Option<NetworkListener>,
    control: Option<ControlSocket>,
}

impl AdminListeners {
    /// Opens the configured listeners. A control socket that can't be opened is only logged: it must not stop calls.
    pub(super) async fn open(
        settings: &DaemonSettings,
        sockets: &mut ListenerSockets,
    ) -> io::Result<Self> {
        let metrics = bind_metrics(settings, sockets)?;
        let control = match &settings.control {
            Some(path) => open_control(path, sockets.passed.take_unix(path)).await,
            None => None,
        };
        Ok(Self { metrics, control })
    }

    /// Serves the open listeners, also while the daemon drains, until the next process does. Then drops `released`, when
    /// that process can open the control socket. Never returns.
    pub(super) async fn serve(
        self,
        requests: ControlRequests,
        lost_lines: LostLogLines,
        stop: &StopRequests,
        released: TaskTrackerToken,
    ) {
        let Self { metrics, control } = self;
        let server = requests.server.clone();
        let metrics = async {
            if let Some(listener) = metrics {
                serve_metrics(listener, &server, lost_lines, stop).await;
            }
            pending::<()>().await;
        };
        let control = async {
            if let Some(socket) = control {
                serve_control(socket, requests, stop).await;
            }
            drop(released);
        };
        tokio::join!(metrics, control);
    }
}

fn bind_metrics(
    settings: &DaemonSettings,
    sockets: &mut ListenerSockets,
) -> io::Result<Option<NetworkListener>> {
    let Some(metrics) = &settings.metrics else { return Ok(None) };
    let address = metrics.listen;
    let allow = sockets.allow.metrics.clone();
    let listener = sockets.open("[metrics]", address, allow)?;
    info!(%address, "serving metrics");
    Ok(Some(listener))
}

async fn open_control(path: &Path, passed: Option<UnixListener>) -> Option<ControlSocket> {
    let opened = match passed {
        Some(socket) => ControlSocket::adopt(socket),
        None => ControlSocket::open(path).await,
    };
    match opened {
        Ok(socket) => {
            info!(socket = %path.display(), "control socket is open");
            Some(socket)
        }
        Err(error) => {
            let socket = path.display();
            warn!(%socket, %error, "can't open the control socket: commands such as `dialscript reload` will not work");
            None
        }
    }
}

async fn serve_metrics(
    listener: NetworkListener,
    server: &DaemonServer,
    lost_lines: LostLogLines,
    stop: &StopRequests,
) {
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
    metrics::serve(listener, snapshot, readiness, stop.leave.cancelled()).await;
}

fn metrics_snapshot(server: &DaemonServer, lost_lines: &LostLogLines) -> MetricsSnapshot {
    let (triggers, times, library) = (server.triggers(), server.call_times(), server.library());
    // Scripts come and go with reloads, and those that are gone must not take room for ever.
    times.retain_scripts(&library);
    triggers.waits().retain(|[script, _]| library.scripts.contains_key(&**script));
    triggers.cache().retain_stats(|script| library.scripts.contains_key(script));
    let snapshot = MetricsSnapshot {
        ended_calls: server.call_counts().counts(),
        refused_calls: server.refused_calls().counts(),
        active_calls: server.active_calls(),
        max_calls: server.max_calls(),
        voice: server.voice().snapshot(),
        reloads: server.reload_counts().summary(),
        process: ProcessSnapshot::read(),
        lost_log_lines: lost_lines.count(),
        ..MetricsSnapshot::from_triggers(&triggers)
    };
    snapshot.with_calls(times, &library)
}

async fn serve_control(socket: ControlSocket, requests: ControlRequests, stop: &StopRequests) {
    let answer = move |request| {
        let requests = requests.clone();
        async move { requests.answer(request).await }
    };
    crate::control::serve::serve(socket, answer, stop.leave.cancelled()).await;
}
