//! How many connections are served at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// Held as long as a connection is served.
pub(crate) type ConnectionPermit = OwnedSemaphorePermit;

/// A limit on concurrent connections. Connections over the limit are accepted and refused. Clones share its permits.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimit {
    permits: Arc<Semaphore>,
    max: usize,
    /// Its configuration key, for the log.
    key: &'static str,
}

impl ConnectionLimit {
    /// `key` is the configuration key of the limit, for the log.
    pub(crate) fn refusing(max: usize, key: &'static str) -> Self {
        Self { permits: Arc::new(Semaphore::new(max)), max, key }
    }

    /// How many connections are served now.
    pub(crate) fn in_use(&self) -> usize {
        self.max - self.permits.available_permits()
    }

    /// How many connections may be served at once.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    pub(super) fn try_acquire(&self) -> Result<ConnectionPermit, Refusal> {
        self.permits.clone().try_acquire_owned().map_err(|_| Refusal::LimitReached(self.key))
    }
}
