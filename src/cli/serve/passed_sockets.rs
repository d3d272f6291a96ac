//! Sockets that systemd passes to this process: those of socket units, and those that an earlier process of the service
//! has put into systemd's store.

#[cfg(test)]
mod tests;

use std::env;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use listenfd::ListenFd;
use socket2::SockRef;
use tracing::{info, warn};

use super::earlier_processes;
use super::systemd::{ServiceNotification, SystemdNotifier};

/// The start of the name of a listening socket in systemd's store.
const STORED_NAME: &str = "listen-";

/// Sockets that nobody has taken yet.
#[derive(Default)]
pub(super) struct PassedSockets {
    tcp: Vec<PassedTcpListener>,
    unix: Vec<UnixListener>,
    earlier_processes: Vec<UnixStream>,
}

/// A TCP socket that listens already.
pub(super) struct PassedTcpListener {
    pub(super) socket: TcpListener,
    address: SocketAddr,
    name: String,
}

impl PassedTcpListener {
    /// Whether a socket unit owns the socket. Otherwise an earlier process has opened it.
    pub(super) fn is_of_socket_unit(&self) -> bool {
        !self.name.starts_with(STORED_NAME)
    }

    /// Whether this socket serves what a socket with the address `wanted` would. Systemd listens on `[::]` for IPv4 too.
    fn serves(&self, wanted: SocketAddr) -> bool {
        let any_host = wanted.ip().is_unspecified() && self.address.ip().is_unspecified();
        let both_families = || SockRef::from(&self.socket).only_v6().is_ok_and(|only_v6| !only_v6);
        let is_both = any_host && wanted.is_ipv4() && self.address.is_ipv6() && both_families();
        let is_same = self.address.ip() == wanted.ip() || self.is_of_socket_unit() && is_both;
        is_same && self.address.port() == wanted.port()
    }

    /// Ends listening. systemd and the supervisor have copies of the socket, so closing this one would not be enough.
    fn stop_listening(&self) {
        drop(SockRef::from(&self.socket).shutdown(Shutdown::Read));
    }
}

impl PassedSockets {
    /// Takes the sockets from the environment (`sd_listen_fds`). Must be called before other threads are started, since
    /// it removes the variables.
    pub(super) fn take() -> Self {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut passed = ListenFd::from_env();
        let mut sockets = Self::default();
        for index in 0..passed.len() {
            let name = names.next().unwrap_or_default().to_owned();
            if let Ok(Some(socket)) = passed.take_tcp_listener(index) {
                sockets.add_tcp(name, socket);
            } else if let Ok(Some(socket)) = passed.take_unix_listener(index) {
                sockets.add_unix(&name, socket);
            }
        }
        sockets
    }

    /// A socket on which an earlier process has stopped listening is of no use.
    fn add_tcp(&mut self, name: String, socket: TcpListener) {
        let listens = SockRef::from(&socket).is_listener().unwrap_or(false);
        if let (true, Ok(address)) = (listens, socket.local_addr()) {
            self.tcp.push(PassedTcpListener { socket, address, name });
        }
    }

    fn add_unix(&mut self, name: &str, socket: UnixListener) {
        match name.starts_with(earlier_processes::STORED_NAME) {
            true => self.earlier_processes.push(UnixStream::from(OwnedFd::from(socket))),
            false => self.unix.push(socket),
        }
    }

    /// The socket that listens on an address.
    pub(super) fn take_tcp(&mut self, address: SocketAddr) -> Option<PassedTcpListener> {
        let index = self.tcp.iter().position(|passed| passed.serves(address))?;
        Some(self.tcp.swap_remove(index))
    }

    /// The socket that listens at a path.
    pub(super) fn take_unix(&mut self, path: &Path) -> Option<UnixListener> {
        let is_there = |socket: &UnixListener| {
            socket.local_addr().is_ok_and(|address| address.as_pathname() == Some(path))
        };
        let index = self.unix.iter().position(is_there)?;
        Some(self.unix.swap_remove(index))
    }

    pub(super) fn take_earlier_processes(&mut self) -> Vec<UnixStream> {
        std::mem::take(&mut self.earlier_processes)
    }

    /// Ends listening on the stored sockets whose addresses are not in `wanted`. Must be called before new sockets are
    /// opened: while one listens on `127.0.0.1`, no other one can listen on the same port of `0.0.0.0`.
    pub(super) fn close_stored_others(&mut self, wanted: &[SocketAddr], systemd: &SystemdNotifier) {
        let is_used = |passed: &mut PassedTcpListener| {
            passed.is_of_socket_unit() || wanted.iter().any(|address| passed.serves(*address))
        };
        for passed in self.tcp.extract_if(.., |passed| !is_used(passed)) {
            info!(address = %passed.address, "not listening there after this restart");
            passed.stop_listening();
            systemd.notify(ServiceNotification::Remove(passed.name));
        }
    }

    /// Closes the sockets of socket units that nobody has taken.
    pub(super) fn close_unused(self) {
        for PassedTcpListener { address, .. } in self.tcp {
            warn!(%address, "a socket from systemd is not used: no `listen` names its address");
        }
        for socket in self.unix {
            let address = socket.local_addr();
            warn!(
                ?address,
                "a socket from systemd is not used: `[control] socket` is another path"
            );
        }
    }
}

/// Puts a copy of a listening socket into systemd's store. Then the next process listens on it without a gap.
///
/// # Errors
///
/// If the socket can't be copied.
pub(super) fn store(
    systemd: &SystemdNotifier,
    address: SocketAddr,
    socket: &tokio::net::TcpListener,
) -> io::Result<()> {
    // A name must not contain a colon.
    let name = format!("{STORED_NAME}{}", address.to_string().replace(':', "_"));
    let copy = socket.as_fd().try_clone_to_owned()?;
    systemd.notify(ServiceNotification::Store(name, copy));
    Ok(())
}
