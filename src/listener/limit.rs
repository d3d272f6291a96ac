//! How many connections are served at once.

use super::refusal::Refusal;
use crate::concurrency_limit::{ConcurrencyLimit, ConcurrencyPermit};

/// Held as long as a connection is served.
pub(crate) type ConnectionPermit = ConcurrencyPermit;

/// A limit on concurrent connections. Connections over the limit are accepted and refused. Clones share its permits.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimit {
    permits: ConcurrencyLimit,
    /// Its configuration key, for the log.
    key: &'static str,
}

impl ConnectionLimit {
    /// `key` is the configuration key of the limit, for the log.
    pub(crate) fn refusing(max: usize, key: &'static str) -> Self {
        Self { permits: ConcurrencyLimit::new(max), key }
    }

    /// How many connections are served now.
    pub(crate) fn in_use(&self) -> usize {
        self.permits.in_use()
    }

    /// Changes the limit. The open connections stay open.
    pub(crate) fn set_max(&self, max: usize) {
        self.permits.set_max(max);
    }

    /// How many connections may be served at once.
    pub(crate) fn max(&self) -> usize {
        self.permits.max()
    }

    pub(super) fn try_acquire(&self) -> Result<ConnectionPermit, Refusal> {
        self.permits.try_acquire().map_err(|_| Refusal::LimitReached(self.key))
    }
}
