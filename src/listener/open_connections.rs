//! The open connections of a listener that makes room for new ones.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tracing::debug;

/// A connection is not closed for a new one while it has made progress within this time: each peer gets the chance to
/// send its request and to read the reply, also when many connections come at once.
const MIN_IDLE: Duration = Duration::from_millis(100);
/// How often the connections are looked at while none can be closed.
const ROOM_INTERVAL: Duration = Duration::from_millis(20);

/// The progress of one connection, which its task reports.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionProgress(Arc<Mutex<Option<Instant>>>);

impl ConnectionProgress {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    /// The peer has sent or received something.
    pub(crate) fn record(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    /// From now on the peer waits for the daemon, until the next [`Self::record`]. The connection is not closed
    /// meanwhile.
    pub(crate) fn peer_waits(&self) {
        *self.0.lock() = None;
    }

    /// Since when the daemon waits for the peer.
    fn idle_since(&self) -> Option<Instant> {
        *self.0.lock()
    }
}

/// The tasks of the open connections. They are aborted when this is dropped.
pub(super) struct OpenConnections<P> {
    listener_name: &'static str,
    max: usize,
    tasks: JoinSet<()>,
    open: Vec<OpenConnection<P>>,
}

struct OpenConnection<P> {
    peer: P,
    task: AbortHandle,
    progress: ConnectionProgress,
}

impl<P: Clone + Eq + Hash> OpenConnections<P> {
    pub(super) fn new(listener_name: &'static str, max: usize) -> Self {
        Self { listener_name, max, tasks: JoinSet::new(), open: Vec::new() }
    }

    pub(super) fn spawn<F>(&mut self, peer: P, serve: impl FnOnce(P, ConnectionProgress) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let progress = ConnectionProgress::new();
        let task = self.tasks.spawn(serve(peer.clone(), progress.clone()));
        self.open.push(OpenConnection { peer, task, progress });
    }

    /// Waits until there is room for one more connection. If all are open, one is closed: of the peer that has the most,
    /// the one that has been idle for the longest time. So a peer with many connections can't close those of others.
    pub(super) async fn make_room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.open.retain(|connection| !connection.task.is_finished());
            if self.open.len() < self.max {
                return;
            }
            self.close_one();
            // Whether a task has ended or not, the next round looks at all of them.
            drop(timeout(ROOM_INTERVAL, self.tasks.join_next()).await);
        }
    }

    pub(super) async fn wait_for_end(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    fn close_one(&self) {
        let mut counts = HashMap::<_, usize>::new();
        self.open.iter().for_each(|open| *counts.entry(&open.peer).or_default() += 1);
        let idle = self.open.iter().filter_map(|open| {
            let count = counts.get(&open.peer).copied();
            Some((Reverse(count), open.progress.idle_since()?, &open.task))
        });
        let Some((_, since, task)) = idle.min_by_key(|(count, since, _)| (*count, *since)) else {
            return;
        };
        if since.elapsed() >= MIN_IDLE {
            debug!(
                listener = self.listener_name,
                "closed an idle connection to make room for another one"
            );
            task.abort();
        }
    }
}
