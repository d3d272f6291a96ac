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

use super::{CallServer, SwitchListener, call};
use crate::agi::connection as agi;
use crate::esl::connection as esl;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;

/// A switch opens a connection a call, and bursts of calls are usual.
const BACKLOG: u32 = 1024;
/// Between two tries to accept, when the machine has no descriptors left, at first and at most.
const ACCEPT_RETRY_DELAYS: (Duration, Duration) =
    (Duration::from_millis(10), Duration::from_secs(1));
/// For a connection that is on its way into our hands when the server closes.
const LATE_ACCEPT_TIMEOUT: Duration = Duration::from_millis(50);
/// For a refused peer to hear it.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// Neither Asterisk nor tokio sets keepalive: without it a host that loses power holds its calls' tasks.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// Opens a listening socket.
///
/// # Errors
///
/// When the address is taken, or is none of this host.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    set_socket_options(&socket)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the server closes.
pub async fn accept_loop<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: Arc<CallServer<T, V>>,
    door: SwitchListener,
) {
    let mut wait = ACCEPT_RETRY_DELAYS.0;
    loop {
        let accepted = tokio::select! {
            () = server.draining.cancelled() => return refuse_late_connections(&server, &door).await,
            accepted = door.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                wait = ACCEPT_RETRY_DELAYS.0;
                admit(&server, &door, stream, peer.ip());
            }
            Err(error) => {
                error!(%error, "can't accept a connection; trying again in {wait:?}");
                sleep(wait).await;
                wait = (wait * 2).min(ACCEPT_RETRY_DELAYS.1);
            }
        }
    }
}

/// Refuses the connections that the kernel has taken for us: closed without a word they would be lost.
async fn refuse_late_connections<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    door: &SwitchListener,
) {
    for _ in 0..BACKLOG {
        match timeout(LATE_ACCEPT_TIMEOUT, door.listener.accept()).await {
            Ok(Ok((stream, peer))) => {
                warn!(peer = %peer.ip(), "refused: the daemon is stopping");
                refuse_call(server, door.switch, stream);
            }
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn admit<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    door: &SwitchListener,
    stream: TcpStream,
    peer: IpAddr,
) {
    let switch = door.switch;
    if !is_allowed(&door.allow, peer) {
        warn!(%peer, "refused: not in a network that may connect (`allow`)");
        return refuse_denied_peer(server, switch, stream);
    }
    let Ok(place) = server.call_permits.clone().try_acquire_owned() else {
        warn!(%peer, "refused: as many calls as may be at once (`max_calls`)");
        return refuse_call(server, switch, stream);
    };
    let calls = &server.tasks;
    let server = server.clone();
    calls.spawn(async move {
        match switch {
            Switch::Asterisk => call::serve_asterisk(&server, stream, peer).await,
            Switch::FreeSwitch => call::serve_freeswitch(&server, stream, peer).await,
        }
        drop(place);
    });
}

/// A small write is a command: it must not wait for another. Connections inherit these options of their listener.
fn set_socket_options(listener: &TcpSocket) -> io::Result<()> {
    listener.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_INTERVAL).with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(listener).set_tcp_keepalive(&keepalive)
}

/// Refuses in words, so that the dialplan goes on at once. When very many are being refused, Asterisk is refused
/// without; FreeSWITCH waits, since it would keep a call for ever that nobody said a word about.
pub(super) fn refuse_call<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    switch: Switch,
    stream: TcpStream,
) {
    let refusals = server.refusal_permits.clone();
    let at_once = refusals.clone().try_acquire_owned();
    if at_once.is_err() && switch == Switch::Asterisk {
        return;
    }
    server.tasks.spawn(async move {
        let place = match at_once {
            Ok(place) => Ok(place),
            Err(_) => refusals.acquire_owned().await,
        };
        send_refusal(switch, stream).await;
        drop(place);
    });
}

/// The same, for a peer that has no claim to wait.
fn refuse_denied_peer<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    switch: Switch,
    stream: TcpStream,
) {
    if let Ok(place) = server.denied_peer_permits.clone().try_acquire_owned() {
        server.tasks.spawn(async move {
            send_refusal(switch, stream).await;
            drop(place);
        });
    }
}

async fn send_refusal(switch: Switch, stream: TcpStream) {
    match switch {
        Switch::Asterisk => agi::refuse(stream, REFUSAL_TIMEOUT).await,
        Switch::FreeSwitch => esl::refuse(stream, REFUSAL_TIMEOUT).await,
    }
}

/// An IPv4 peer of a listener for both families comes as `::ffff:a.b.c.d`.
fn is_allowed(networks: &[IpNet], peer: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&peer.to_canonical()))
}
