//! The accept loop, which the listeners for switches, the HTTP servers and the control socket share.
//!
//! An [`Acceptor`] is a listening socket, and decides who may connect. There are two ways to keep the number of
//! connections bounded:
//!
//! - Calls: [`accept_connections`] refuses connections over a [`ConnectionLimit`]. A [`ConnectionHandler`] serves the
//!   accepted ones, and closes the refused ones, with or without a reply.
//! - HTTP and the control socket: [`serve_connections`] makes room for a new connection by closing another one that has
//!   made no progress for some time, so that slow peers can't keep others out.

mod accept_pulse;
mod allowed_networks;
mod bind_error;
mod limit;
mod open_connections;
mod refusal;
mod sockets;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::{error, warn};

pub(crate) use accept_pulse::AcceptPulse;
pub use allowed_networks::AllowedNetworks;
pub(crate) use limit::{ConnectionLimit, ConnectionPermit};
pub(crate) use open_connections::ConnectionProgress;
use open_connections::OpenConnections;
pub use refusal::Refusal;
pub(crate) use sockets::LocalListener;
pub use sockets::{Acceptor, NetworkListener, bind};

/// The first and the longest pause after a failed `accept`. The usual cause is a lack of file descriptors.
const ACCEPT_BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// A listener that stops looks for further connections in its backlog. It waits this long for each one.
const LATE_ACCEPT_TIMEOUT: Duration = Duration::from_millis(50);

/// Serves and refuses the connections of one listener. Both methods must return at once: no other connection is
/// accepted meanwhile.
pub(crate) trait ConnectionHandler<L: Acceptor> {
    /// Starts to serve a connection. The permit must be held until the connection ends.
    fn serve(&mut self, stream: L::Stream, peer: L::Peer, permit: ConnectionPermit);

    /// Refuses a connection. By default this closes the connection without a reply.
    fn refuse(&mut self, stream: L::Stream, refusal: Refusal) {
        let _ = refusal;
        drop(stream);
    }
}

/// What becomes of the connections in a listener's backlog when it stops accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BacklogAtStop {
    /// They are accepted and refused. Otherwise the kernel would reset them, and their peers would get no reply.
    Refuse,
    /// They wait for the next process that listens on the socket.
    Leave,
}

/// Accepts connections until `stop` resolves. Those over the limit are refused.
pub(crate) async fn accept_connections<L: Acceptor>(
    listener: &L,
    limit: &ConnectionLimit,
    handler: &mut (impl ConnectionHandler<L> + Send),
    stop: impl Future<Output = BacklogAtStop> + Send,
) {
    let mut stop = pin!(stop);
    let backlog = loop {
        let (stream, peer) = tokio::select! {
            backlog = &mut stop => break backlog,
            accepted = accept_with_backoff(listener) => accepted,
        };
        let admission = match listener.allows(&peer) {
            true => limit.try_acquire(),
            false => Err(Refusal::NotAllowed(L::ACCESS_RULE)),
        };
        match admission {
            Ok(permit) => handler.serve(stream, peer, permit),
            Err(refusal) => refuse(listener, handler, (stream, peer), refusal),
        }
    };
    if backlog == BacklogAtStop::Refuse {
        refuse_late_connections(listener, handler).await;
        listener.stop_listening();
    }
}

/// Serves each connection in a task of its own until `stop` resolves, then closes the listener, and returns when the
/// open connections have ended. Dropping the future aborts them. At most `max` connections are open. `serve` must report
/// the progress of its connection.
pub(crate) async fn serve_connections<L: Acceptor, F: Future<Output = ()> + Send + 'static>(
    listener: L,
    max: usize,
    serve: impl Fn(L::Stream, L::Peer, ConnectionProgress) -> F + Send,
    stop: impl Future<Output = ()> + Send,
) {
    let mut stop = pin!(stop);
    let mut connections = OpenConnections::new(listener.name(), max);
    loop {
        let accepted = async {
            let (stream, peer) = accept_with_backoff(&listener).await;
            if listener.allows(&peer) {
                connections.make_room().await;
                connections.spawn(peer, |peer, progress| serve(stream, peer, progress));
            } else {
                warn!(%peer, listener = listener.name(), "refused: {}", L::ACCESS_RULE);
            }
        };
        tokio::select! {
            () = &mut stop => break,
            () = accepted => {}
        }
    }
    drop(listener);
    connections.wait_for_end().await;
}

async fn accept_with_backoff<L: Acceptor>(listener: &L) -> (L::Stream, L::Peer) {
    let (mut pause, longest) = ACCEPT_BACKOFF;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                let listener = listener.name();
                error!(%error, listener, "can't accept a connection; next attempt in {pause:?}");
                sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
        }
    }
}

async fn refuse_late_connections<L: Acceptor>(
    listener: &L,
    handler: &mut (impl ConnectionHandler<L> + Send),
) {
    for _ in 0..sockets::BACKLOG {
        match timeout(LATE_ACCEPT_TIMEOUT, listener.accept()).await {
            Ok(Ok(accepted)) => refuse(listener, handler, accepted, Refusal::Stopping),
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn refuse<L: Acceptor>(
    listener: &L,
    handler: &mut impl ConnectionHandler<L>,
    (stream, peer): (L::Stream, L::Peer),
    refusal: Refusal,
) {
    warn!(%peer, listener = listener.name(), "refused: {refusal}");
    handler.refuse(stream, refusal);
}
