//! The signals that stop the daemon.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::systemd::{ServiceNotification, SystemdNotifier};
use crate::server::StopRequests;

/// The first SIGTERM or SIGINT stops the daemon: calls are drained. The second one ends the grace time.
pub(super) fn stop_on_signals(systemd: SystemdNotifier) -> io::Result<StopRequests> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let requests = StopRequests::default();
    let requested = requests.clone();
    tokio::spawn(async move {
        while !requested.force.is_cancelled() {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            systemd.notify(ServiceNotification::Stopping);
            requested.advance();
        }
    });
    Ok(requests)
}
