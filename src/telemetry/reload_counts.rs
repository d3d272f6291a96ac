//! The numbers of reloads, and the time of the last successful one.

use std::time::SystemTime;

use parking_lot::Mutex;

/// The reloads since the daemon started.
#[derive(Debug)]
pub struct ReloadCounts(Mutex<ReloadSummary>);

/// The reloads at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReloadSummary {
    pub succeeded: u64,
    pub failed: u64,
    /// Whether the last reload was successful. A start counts as a successful reload.
    pub last_succeeded: bool,
    /// When the configuration in use was loaded.
    pub last_success_at: SystemTime,
}

impl Default for ReloadSummary {
    fn default() -> Self {
        Self {
            succeeded: 0,
            failed: 0,
            last_succeeded: true,
            last_success_at: SystemTime::UNIX_EPOCH,
        }
    }
}

impl Default for ReloadCounts {
    /// No reload; the configuration was loaded now.
    fn default() -> Self {
        let last_success_at = SystemTime::now();
        Self(Mutex::new(ReloadSummary { last_success_at, ..ReloadSummary::default() }))
    }
}

impl ReloadCounts {
    pub(crate) fn record_success(&self) {
        let mut summary = self.0.lock();
        summary.succeeded += 1;
        summary.last_succeeded = true;
        summary.last_success_at = SystemTime::now();
    }

    pub(crate) fn record_failure(&self) {
        let mut summary = self.0.lock();
        summary.failed += 1;
        summary.last_succeeded = false;
    }

    /// The reloads until now.
    pub fn summary(&self) -> ReloadSummary {
        *self.0.lock()
    }
}
