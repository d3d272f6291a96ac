//! How this process is connected to systemd and to the other processes of its service.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::task::TaskTracker;

use super::earlier_processes::EarlierProcesses;
use super::passed_sockets::PassedSockets;
use super::stop::stop_on_signals;
use super::systemd::SystemdNotifier;
use super::worker::SupervisorLink;
use crate::server::StopRequests;

pub(super) struct ServiceConnections {
    pub(super) systemd: SystemdNotifier,
    /// The signals that request a reload.
    pub(super) reloads: Signal,
    pub(super) stop: StopRequests,
    /// Its tokens are held as long as the next process can't take over.
    pub(super) releasing: TaskTracker,
    /// If this process is a worker.
    pub(super) supervisor: Option<SupervisorLink>,
    pub(super) earlier: EarlierProcesses,
}

impl ServiceConnections {
    /// Takes the connections to earlier processes out of `passed`.
    ///
    /// # Errors
    ///
    /// If a connection can't be used, or signals can't be handled.
    pub(super) fn open(passed: &mut PassedSockets, is_worker: bool) -> io::Result<Self> {
        let reloads = signal(SignalKind::hangup())?;
        let systemd = SystemdNotifier::start();
        let stop = stop_on_signals(systemd.clone())?;
        let releasing = TaskTracker::new();
        let link = || SupervisorLink::open(systemd.clone(), stop.clone(), releasing.clone());
        let supervisor = is_worker.then(link).transpose()?;
        let earlier = EarlierProcesses::follow(passed.take_earlier_processes(), &stop)?;
        Ok(Self { systemd, reloads, stop, releasing, supervisor, earlier })
    }
}
