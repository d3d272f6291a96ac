//! URLs that failed a moment ago, so that not every call waits for them anew.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::script::voice::SoundError;
use crate::voice::sound_store::sound_key::SoundKey;

/// So long no other try is made.
const RETRY_DELAY: Duration = Duration::from_secs(10);
/// Most of them.
const MAX_FAILURES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(super) struct RecentFetchFailures(Mutex<LruCache<SoundKey, (Instant, SoundError)>>);

impl Default for RecentFetchFailures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_FAILURES)))
    }
}

impl RecentFetchFailures {
    /// Why there was no sound a moment ago.
    pub(super) fn get(&self, key: SoundKey) -> Option<SoundError> {
        let mut failures = self.lock();
        let (failed, mute) = failures.get(&key)?;
        (failed.elapsed() < RETRY_DELAY).then(|| mute.clone())
    }

    pub(super) fn put(&self, key: SoundKey, mute: SoundError) {
        self.lock().put(key, (Instant::now(), mute));
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<SoundKey, (Instant, SoundError)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
