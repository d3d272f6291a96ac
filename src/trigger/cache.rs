//! Answers that serve again, for as long as a script says and within bounds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::script::answer::Answer;
use crate::script::request::CacheKey;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many answers; 0 keeps none.
    pub entries: usize,
    /// How many bytes they take together; no single one takes more than an eighth.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 32 * 1024 * 1024 }
    }
}

/// The answers; those not used for longest go first.
#[derive(Debug)]
pub struct Cache {
    bounds: Bounds,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    answers: LruCache<CacheKey, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    answer: Arc<Answer>,
    kept: Instant,
    time: Duration,
}

impl Entry {
    fn serves(&self, time: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.kept) < time
    }
}

impl Cache {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Self {
        let kept = Kept { answers: LruCache::unbounded(), bytes: 0 };
        Self { bounds, kept: Mutex::new(kept) }
    }

    /// The answer kept under a key, unless its time is over, or that of who asks: two scripts may ask the same, and a
    /// script's time may have been made shorter since.
    pub fn get(&self, key: CacheKey, time: Duration, now: Instant) -> Option<Arc<Answer>> {
        let mut kept = self.lock();
        let entry = kept.answers.get(&key)?;
        if entry.serves(time.min(entry.time), now) {
            return Some(Arc::clone(&entry.answer));
        }
        if !entry.serves(entry.time, now) {
            kept.remove(key);
        }
        None
    }

    /// Keeps an answer for a time, in place of what was there.
    pub fn put(&self, key: CacheKey, answer: Arc<Answer>, time: Duration, now: Instant) {
        let size = answer.size() + PER_ENTRY;
        let mut kept = self.lock();
        kept.remove(key);
        if size > self.bounds.bytes / 8 {
            return;
        }
        kept.answers.put(key, Entry { answer, kept: now, time });
        kept.bytes += size;
        kept.shrink(self.bounds);
    }

    /// How many answers are kept, those whose time is over among them.
    pub fn len(&self) -> usize {
        self.lock().answers.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry takes beside its answer.
const PER_ENTRY: usize = size_of::<CacheKey>() + size_of::<Entry>() + 64;

impl Kept {
    fn remove(&mut self, key: CacheKey) {
        if let Some(entry) = self.answers.pop(&key) {
            self.bytes -= entry.answer.size() + PER_ENTRY;
        }
    }

    fn shrink(&mut self, bounds: Bounds) {
        while self.bytes > bounds.bytes || self.answers.len() > bounds.entries {
            let Some((_, entry)) = self.answers.pop_lru() else { return };
            self.bytes -= entry.answer.size() + PER_ENTRY;
        }
    }
}
