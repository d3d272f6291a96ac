//! The accept loop, which the listeners for switches, the HTTP servers and the control socket share.
//!
//! An [`Acceptor`] is a listening socket, and decides who may connect. A [`ConnectionLimit`] says how many connections
//! are served at once, and whether further ones wait or are refused. A [`ConnectionHandler`] serves the accepted
//! connections, and closes the refused ones, with or without a reply.

mod bind_error;
mod limit;
mod refusal;
mod sockets;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{error, warn};

pub(crate) use limit::{ConnectionLimit, ConnectionPermit};
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

/// Accepts connections until `stop` resolves.
///
/// Then, if the limit refuses connections ([`ConnectionLimit::refusing`]), those in the backlog are accepted and
/// refused too. Otherwise the kernel would reset them, and their peers would get no reply.
pub(crate) async fn accept_connections<L: Acceptor>(
    listener: &L,
    limit: &ConnectionLimit,
    handler: &mut (impl ConnectionHandler<L> + Send),
    stop: impl Future<Output = ()> + Send,
) {
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, admission) = tokio::select! {
            () = &mut stop => break,
            accepted = next_connection(listener, limit) => accepted,
        };
        match admission {
            Ok(permit) => handler.serve(stream, peer, permit),
            Err(refusal) => refuse(listener, handler, (stream, peer), refusal),
        }
    }
    if limit.refuses() {
        refuse_late_connections(listener, handler).await;
    }
}

/// Serves each connection in a task of its own until `stop` resolves, then aborts those tasks.
pub(crate) async fn serve_connections<L: Acceptor, F: Future<Output = ()> + Send + 'static>(
    listener: &L,
    limit: ConnectionLimit,
    serve: impl Fn(L::Stream, L::Peer) -> F + Send,
    stop: impl Future<Output = ()> + Send,
) {
    let mut handler = TaskPerConnection { serve, tasks: JoinSet::new() };
    accept_connections(listener, &limit, &mut handler, stop).await;
}

struct TaskPerConnection<S> {
    serve: S,
    tasks: JoinSet<()>,
}

impl<L, S, F> ConnectionHandler<L> for TaskPerConnection<S>
where
    L: Acceptor,
    S: Fn(L::Stream, L::Peer) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    fn serve(&mut self, stream: L::Stream, peer: L::Peer, permit: ConnectionPermit) {
        let served = (self.serve)(stream, peer);
        self.tasks.spawn(async move {
            served.await;
            drop(permit);
        });
        while self.tasks.try_join_next().is_some() {}
    }
}

/// Accepts the next connection, and returns it with a permit or the reason to refuse it.
async fn next_connection<L: Acceptor>(
    listener: &L,
    limit: &ConnectionLimit,
) -> (L::Stream, L::Peer, Result<ConnectionPermit, Refusal>) {
    let reserved = limit.reserve().await;
    let (stream, peer) = accept_with_backoff(listener).await;
    let admission = match reserved {
        _ if !listener.allows(&peer) => Err(Refusal::NotAllowed(L::ACCESS_RULE)),
        Some(permit) => Ok(permit),
        None => limit.try_acquire(),
    };
    (stream, peer, admission)
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
