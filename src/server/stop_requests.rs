//! How a daemon is asked to end.

use tokio_util::sync::CancellationToken;

/// The steps to the end of a daemon. Each step can be requested at any time, also without the ones before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct StopRequests {
    /// New calls are for the next process, which listens on the same sockets. Active calls go on until they end.
    pub(crate) leave: CancellationToken,
    /// No new calls are accepted. Active calls get the grace time.
    pub(crate) stop: CancellationToken,
    /// The grace time is over.
    pub(crate) force: CancellationToken,
}

impl StopRequests {
    /// Stops the daemon, or ends the grace time if it is stopping already.
    pub(crate) fn advance(&self) {
        match self.stop.is_cancelled() {
            true => self.force.cancel(),
            false => self.stop.cancel(),
        }
    }

    /// Resolves when the daemon is asked to accept no new calls.
    pub(crate) async fn left_or_stopped(&self) {
        tokio::select! {
            () = self.leave.cancelled() => {}
            () = self.stop.cancelled() => {}
        }
    }
}
