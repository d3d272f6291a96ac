//! The sockets that the daemon listens on: passed by systemd, or opened.

use std::io;
use std::net::SocketAddr;

use super::allow_lists::AllowLists;
use super::passed_sockets::{self, PassedSockets};
use super::systemd::SystemdNotifier;
use crate::config::DaemonSettings;
use crate::listener::{AllowedNetworks, NetworkListener};

/// The sockets of this process. Those that systemd passed are used, the others are opened. If this process is a worker,
/// copies of the opened ones go into systemd's store.
pub(super) struct ListenerSockets {
    pub(super) passed: PassedSockets,
    store: Option<SystemdNotifier>,
    pub(super) allow: AllowLists,
}

impl ListenerSockets {
    /// Closes the sockets of an earlier process that are at other addresses.
    pub(super) fn new(
        settings: &DaemonSettings,
        mut passed: PassedSockets,
        systemd: &SystemdNotifier,
        is_worker: bool,
    ) -> Self {
        passed.close_stored_others(&addresses(settings), systemd);
        let store = is_worker.then(|| systemd.clone());
        Self { passed, store, allow: AllowLists::new(settings) }
    }

    /// The listener for one address of the table `name`.
    pub(super) fn open(
        &mut self,
        name: &'static str,
        address: SocketAddr,
        allow: AllowedNetworks,
    ) -> io::Result<NetworkListener> {
        if let Some(passed) = self.passed.take_tcp(address) {
            let is_of_socket_unit = passed.is_of_socket_unit();
            let listener = NetworkListener::adopt(name, passed.socket, allow)?;
            return Ok(NetworkListener { is_of_socket_unit, ..listener });
        }
        let listener = NetworkListener::bind(name, address, allow)?;
        if let Some(systemd) = &self.store {
            passed_sockets::store(systemd, address, &listener.socket)?;
        }
        Ok(listener)
    }
}

/// The addresses that the configuration names.
fn addresses(settings: &DaemonSettings) -> Vec<SocketAddr> {
    let switches = [&settings.asterisk, &settings.freeswitch];
    let sound_server = settings.voice.sound_server.as_ref().map(|table| table.listen);
    let metrics = settings.metrics.as_ref().map(|table| table.listen);
    let switches = switches.into_iter().flat_map(|table| table.listen.iter().copied());
    switches.chain(sound_server).chain(metrics).collect()
}
