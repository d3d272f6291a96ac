//! The sockets that accept connections, and who may connect to them.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::io;
use std::net::{self, IpAddr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use super::accept_pulse::AcceptPulse;
use super::allowed_networks::AllowedNetworks;
use super::bind_error;

/// A switch opens one connection per call, and calls come in bursts.
pub(super) const BACKLOG: u32 = 1024;
/// Neither Asterisk nor tokio sets keepalive. Without it the calls of a host that loses power would never end.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A socket that accepts connections, and knows who may connect.
pub trait Acceptor: Send + Sync {
    type Stream: Send;
    /// The other end of a connection.
    type Peer: fmt::Display + Clone + Eq + Hash + Send + Sync;
    /// Why a peer may not connect, for the log.
    const ACCESS_RULE: &'static str;

    /// The listener's table in the configuration file, for the log.
    fn name(&self) -> &'static str;

    /// Accepts the next connection. No connection is lost when the future is dropped.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;

    fn allows(&self, peer: &Self::Peer) -> bool;

    /// Refuses further connections, also those to other copies of the socket.
    fn stop_listening(&self) {}
}

/// A listening TCP socket, with the networks whose peers may connect.
#[derive(Debug)]
pub struct NetworkListener {
    /// The listener's table in the configuration file, such as `[metrics]`, for the log.
    pub name: &'static str,
    pub socket: TcpListener,
    /// The networks whose peers may connect.
    pub allow: AllowedNetworks,
    /// Answered by the loop that accepts from this listener.
    pub(crate) pulse: Arc<AcceptPulse>,
    /// Whether a socket unit of systemd owns the socket, and listens on it when this process has ended.
    pub(crate) is_of_socket_unit: bool,
}

impl NetworkListener {
    /// Opens a listening socket.
    ///
    /// # Errors
    ///
    /// When the address is in use, or is not an address of this host. The error names the key and the address, and says
    /// who holds the port.
    pub fn bind(
        name: &'static str,
        address: SocketAddr,
        allow: impl Into<AllowedNetworks>,
    ) -> io::Result<Self> {
        let socket = bind(address).map_err(|error| bind_error::explained(name, address, &error))?;
        Ok(Self::new(name, socket, allow))
    }

    /// Takes over a socket that already listens.
    ///
    /// # Errors
    ///
    /// When its options can't be set.
    pub(crate) fn adopt(
        name: &'static str,
        socket: net::TcpListener,
        allow: impl Into<AllowedNetworks>,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        set_options(SockRef::from(&socket))?;
        Ok(Self::new(name, TcpListener::from_std(socket)?, allow))
    }

    fn new(name: &'static str, socket: TcpListener, allow: impl Into<AllowedNetworks>) -> Self {
        Self { name, socket, allow: allow.into(), pulse: Arc::default(), is_of_socket_unit: false }
    }
}

impl Acceptor for NetworkListener {
    type Stream = TcpStream;
    type Peer = IpAddr;
    const ACCESS_RULE: &'static str = "address is not in `allow`";

    fn name(&self) -> &'static str {
        self.name
    }

    async fn accept(&self) -> io::Result<(TcpStream, IpAddr)> {
        loop {
            tokio::select! {
                () = self.pulse.asked() => self.pulse.answer(),
                accepted = self.socket.accept() => return accepted.map(|(stream, peer)| (stream, peer.ip())),
            }
        }
    }

    fn allows(&self, peer: &IpAddr) -> bool {
        self.allow.contains(*peer)
    }

    /// Closing the socket is not enough: systemd may have a copy of it.
    fn stop_listening(&self) {
        drop(SockRef::from(&self.socket).shutdown(Shutdown::Read));
    }
}

/// A listening Unix socket. Root and the user that this process runs as may connect.
#[derive(Debug)]
pub(crate) struct LocalListener {
    /// The listener's table in the configuration file, such as `[control]`, for the log.
    pub(crate) name: &'static str,
    pub(crate) socket: UnixListener,
}

/// The user ID at the other end of a Unix socket. `None` if the kernel does not report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LocalPeer(Option<u32>);

impl fmt::Display for LocalPeer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(uid) => write!(out, "uid {uid}"),
            None => out.write_str("unknown user"),
        }
    }
}

impl Acceptor for LocalListener {
    type Stream = UnixStream;
    type Peer = LocalPeer;
    const ACCESS_RULE: &'static str = "only root and the daemon's user may connect";

    fn name(&self) -> &'static str {
        self.name
    }

    async fn accept(&self) -> io::Result<(UnixStream, LocalPeer)> {
        let (stream, _) = self.socket.accept().await?;
        let peer = LocalPeer(stream.peer_cred().ok().map(|credentials| credentials.uid()));
        Ok((stream, peer))
    }

    fn allows(&self, peer: &LocalPeer) -> bool {
        let own = rustix::process::geteuid().as_raw();
        peer.0.is_some_and(|uid| uid == 0 || uid == own)
    }
}

/// Opens a listening TCP socket.
///
/// # Errors
///
/// When the address is in use, or is not an address of this host.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    set_options(SockRef::from(&socket))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Sets the options that accepted connections inherit: `TCP_NODELAY`, because each small write is a command that must be
/// sent at once, and keepalive, which detects that the peer's host is gone.
fn set_options(socket: SockRef<'_>) -> io::Result<()> {
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_INTERVAL).with_interval(KEEPALIVE_INTERVAL);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&keepalive)
}
