//! How many connections are served at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// Held as long as a connection is served.
pub(crate) type ConnectionPermit = OwnedSemaphorePermit;

/// A limit on concurrent connections. Clones share its permits.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimit {
    permits: Arc<Semaphore>,
    max: usize,
    /// If the limit refuses connections: its configuration key, for the log.
    refused_by: Option<&'static str>,
}

impl ConnectionLimit {
    /// Connections over the limit wait in the kernel's backlog.
    pub(crate) fn waiting(max: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(max)), max, refused_by: None }
    }

    /// Connections over the limit are accepted and refused. `key` is the configuration key of the limit, for the log.
    pub(crate) fn refusing(max: usize, key: &'static str) -> Self {
        Self { refused_by: Some(key), ..Self::waiting(max) }
    }

    /// How many connections are served now.
    pub(crate) fn in_use(&self) -> usize {
        self.max - self.permits.available_permits()
    }

    pub(super) fn refuses(&self) -> bool {
        self.refused_by.is_some()
    }

    /// Waits for a permit, before a connection is accepted. `None` if the limit refuses connections: then the
    /// connection is accepted first, and `try_acquire` gives the permit.
    pub(super) async fn reserve(&self) -> Option<ConnectionPermit> {
        match self.refused_by {
            Some(_) => None,
            // The semaphore is never closed.
            None => self.permits.clone().acquire_owned().await.ok(),
        }
    }

    pub(super) fn try_acquire(&self) -> Result<ConnectionPermit, Refusal> {
        let key = self.refused_by.unwrap_or_default();
        self.permits.clone().try_acquire_owned().map_err(|_| Refusal::LimitReached(key))
    }
}
