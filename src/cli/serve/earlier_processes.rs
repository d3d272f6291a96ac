//! Processes of the same service that were told to leave new calls to this one, and still have calls.

use std::io;
use std::os::unix::net;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;

use crate::server::StopRequests;

/// The start of the name of their connections in systemd's store.
pub(super) const STORED_NAME: &str = "earlier-";
/// How long a process may take to end after its grace time: calls are handed back, requests are completed.
const END_TIMEOUT: Duration = Duration::from_secs(15);

/// Follows the earlier processes, and stops them with this one.
pub(super) struct EarlierProcesses {
    tasks: JoinSet<()>,
    running: Arc<AtomicUsize>,
}

impl EarlierProcesses {
    /// Takes the connections to the processes. When this process is stopped, so are they.
    ///
    /// # Errors
    ///
    /// If a connection can't be used.
    pub(super) fn follow(
        connections: Vec<net::UnixStream>,
        requests: &StopRequests,
    ) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let running = Arc::new(AtomicUsize::new(connections.len()));
        for connection in connections {
            connection.set_nonblocking(true)?;
            let connection = UnixStream::from_std(connection)?;
            let (running, requests) = (running.clone(), requests.clone());
            tasks.spawn(async move {
                follow_one(connection, &requests).await;
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        Ok(Self { tasks, running })
    }

    /// The number of processes that still run.
    pub(super) fn running(&self) -> Arc<AtomicUsize> {
        self.running.clone()
    }

    /// Waits until all have ended after a stop with this grace time.
    pub(super) async fn wait(&mut self, grace: Duration) {
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(grace + END_TIMEOUT, all_ended).await.is_err() {
            warn!("an earlier process of this service does not end");
        }
    }
}

async fn follow_one(mut connection: UnixStream, requests: &StopRequests) {
    for step in [&requests.stop, &requests.force] {
        tokio::select! {
            () = step.cancelled() => drop(connection.write_all(b"s").await),
            // The next process follows them too.
            () = requests.leave.cancelled() => return,
            _ = connection.read_u8() => return,
        }
    }
    drop(connection.read_u8().await);
}
