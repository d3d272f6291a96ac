//! URLs that failed a moment ago, so that not every call waits for them anew.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::script::voice::Mute;
use crate::voice::store::key::Key;

/// So long no other try is made.
const SPARED: Duration = Duration::from_secs(10);
/// Most of them.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(super) struct Failures(Mutex<LruCache<Key, (Instant, Mute)>>);

impl Default for Failures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Failures {
    /// Why there was no sound a moment ago.
    pub(super) fn get(&self, key: Key) -> Option<Mute> {
        let mut failures = self.failures();
        let (failed, mute) = failures.get(&key)?;
        (failed.elapsed() < SPARED).then(|| mute.clone())
    }

    pub(super) fn put(&self, key: Key, mute: Mute) {
        self.failures().put(key, (Instant::now(), mute));
    }

    fn failures(&self) -> MutexGuard<'_, LruCache<Key, (Instant, Mute)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
