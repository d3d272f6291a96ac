//! A negative cache of sound URLs: for some seconds after a failed fetch, calls get the same error without another
//! fetch.
//!
//! This is not a circuit breaker. Each URL counts separately, one failure is enough, and the error itself is cached. A
//! later success need not remove the error: the fetcher looks for the fetched sound first.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::script::voice::SoundError;
use crate::voice::sound_store::sound_key::SoundKey;

/// How long an error is returned without another fetch.
const RETRY_DELAY: Duration = Duration::from_secs(10);
/// The most URLs to remember. The least recently used is forgotten first.
const MAX_FAILURES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(super) struct RecentFetchFailures(Mutex<LruCache<SoundKey, (Instant, SoundError)>>);

impl Default for RecentFetchFailures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_FAILURES)))
    }
}

impl RecentFetchFailures {
    /// Returns the error of the last failed fetch, if it is not older than [`RETRY_DELAY`].
    pub(super) fn get(&self, key: SoundKey) -> Option<SoundError> {
        let mut failures = self.0.lock();
        let (failed_at, error) = failures.get(&key)?;
        (failed_at.elapsed() < RETRY_DELAY).then(|| error.clone())
    }

    pub(super) fn put(&self, key: SoundKey, error: SoundError) {
        self.0.lock().put(key, (Instant::now(), error));
    }
}
