//! Sockets: who may connect, and how many.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::{error, warn};

use super::{Door, Server, call};
use crate::agi::link as agi;
use crate::esl::link as esl;
use crate::script::request::Triggers;
use crate::script::voice::Voice;
use crate::telemetry::Switch;

/// A switch opens a connection a call, and bursts of calls are usual.
const BACKLOG: u32 = 1024;
/// Between two tries to accept, when the machine has no descriptors left, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// For a connection that is on its way into our hands when the server closes.
const LATE: Duration = Duration::from_millis(50);
/// For a refused peer to hear it.
const REFUSAL: Duration = Duration::from_secs(2);
/// Neither Asterisk nor tokio sets keepalive: without it a host that loses power holds its calls' tasks.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Opens a listening socket.
///
/// # Errors
///
/// When the address is taken, or is none of this host.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    prepare(&socket)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the server closes.
pub async fn accept<T: Triggers + 'static, V: Voice + 'static>(
    server: Arc<Server<T, V>>,
    door: Door,
) {
    let mut wait = BACK_OFF.0;
    loop {
        let accepted = tokio::select! {
            () = server.closing.cancelled() => return accept_late(&server, &door).await,
            accepted = door.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                wait = BACK_OFF.0;
                admit(&server, &door, stream, peer.ip());
            }
            Err(error) => {
                error!(%error, "can't accept a connection; trying again in {wait:?}");
                sleep(wait).await;
                wait = (wait * 2).min(BACK_OFF.1);
            }
        }
    }
}

/// Refuses the connections that the kernel has taken for us: closed without a word they would be lost.
async fn accept_late<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    door: &Door,
) {
    for _ in 0..BACKLOG {
        match timeout(LATE, door.listener.accept()).await {
            Ok(Ok((stream, peer))) => {
                warn!(peer = %peer.ip(), "refused: the daemon is stopping");
                turn_away(server, door.switch, stream);
            }
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn admit<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    door: &Door,
    stream: TcpStream,
    peer: IpAddr,
) {
    let switch = door.switch;
    if !is_allowed(&door.allow, peer) {
        warn!(%peer, "refused: not in a network that may connect (`allow`)");
        return turn_stranger_away(server, switch, stream);
    }
    let Ok(place) = server.free.clone().try_acquire_owned() else {
        warn!(%peer, "refused: as many calls as may be at once (`max_calls`)");
        return turn_away(server, switch, stream);
    };
    let calls = &server.calls;
    let server = server.clone();
    calls.spawn(async move {
        match switch {
            Switch::Asterisk => call::asterisk(&server, stream, peer).await,
            Switch::FreeSwitch => call::freeswitch(&server, stream, peer).await,
        }
        drop(place);
    });
}

/// A small write is a command: it must not wait for another. Connections inherit these options of their listener.
fn prepare(listener: &TcpSocket) -> io::Result<()> {
    listener.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    SockRef::from(listener).set_tcp_keepalive(&keepalive)
}

/// Refuses in words, so that the dialplan goes on at once. When very many are being refused, Asterisk is refused
/// without; FreeSWITCH waits, since it would keep a call for ever that nobody said a word about.
pub(super) fn turn_away<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    switch: Switch,
    stream: TcpStream,
) {
    let refusals = server.refusals.clone();
    let at_once = refusals.clone().try_acquire_owned();
    if at_once.is_err() && switch == Switch::Asterisk {
        return;
    }
    server.calls.spawn(async move {
        let place = match at_once {
            Ok(place) => Ok(place),
            Err(_) => refusals.acquire_owned().await,
        };
        refuse(switch, stream).await;
        drop(place);
    });
}

/// The same, for a peer that has no claim to wait.
fn turn_stranger_away<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    switch: Switch,
    stream: TcpStream,
) {
    if let Ok(place) = server.strangers.clone().try_acquire_owned() {
        server.calls.spawn(async move {
            refuse(switch, stream).await;
            drop(place);
        });
    }
}

async fn refuse(switch: Switch, stream: TcpStream) {
    match switch {
        Switch::Asterisk => agi::refuse(stream, REFUSAL).await,
        Switch::FreeSwitch => esl::refuse(stream, REFUSAL).await,
    }
}

/// An IPv4 peer of a listener for both families comes as `::ffff:a.b.c.d`.
fn is_allowed(networks: &[IpNet], peer: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&peer.to_canonical()))
}
