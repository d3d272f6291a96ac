//! The open connections of a listener that makes room for new ones.

use std::future::Future;
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
pub(crate) struct ConnectionActivity(Arc<Mutex<Option<Instant>>>);

impl ConnectionActivity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    /// The peer has sent or received something.
    pub(crate) fn progress(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    /// From now on the peer waits for the daemon, until the next [`Self::progress`]. The connection is not closed
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
pub(super) struct OpenConnections {
    listener_name: &'static str,
    max: usize,
    tasks: JoinSet<()>,
    open: Vec<(AbortHandle, ConnectionActivity)>,
}

impl OpenConnections {
    pub(super) fn new(listener_name: &'static str, max: usize) -> Self {
        Self { listener_name, max, tasks: JoinSet::new(), open: Vec::new() }
    }

    pub(super) fn spawn<F>(&mut self, serve: impl FnOnce(ConnectionActivity) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let activity = ConnectionActivity::new();
        let task = self.tasks.spawn(serve(activity.clone()));
        self.open.push((task, activity));
    }

    /// Waits until there is room for one more connection. If all are open, the one that has been idle for the longest
    /// time is closed.
    pub(super) async fn make_room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.open.retain(|(task, _)| !task.is_finished());
            if self.open.len() < self.max {
                return;
            }
            self.close_longest_idle();
            // Whether a task has ended or not, the next round looks at all of them.
            drop(timeout(ROOM_INTERVAL, self.tasks.join_next()).await);
        }
    }

    fn close_longest_idle(&self) {
        let idle =
            self.open.iter().filter_map(|(task, activity)| Some((activity.idle_since()?, task)));
        let Some((since, task)) = idle.min_by_key(|(since, _)| *since) else { return };
        if since.elapsed() >= MIN_IDLE {
            debug!(
                listener = self.listener_name,
                "closed an idle connection to make room for another one"
            );
            task.abort();
        }
    }
}
