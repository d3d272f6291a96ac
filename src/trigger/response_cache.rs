//! Answers that serve again, for as long as a script says and within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::script::answer::TriggerAnswer;
use crate::script::definition::ResponseCachePolicy;
use crate::script::request::CacheKey;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCacheLimits {
    /// How many answers; 0 keeps none.
    pub max_entries: usize,
    /// How many bytes they take together; no single one takes more than an eighth.
    pub max_bytes: usize,
}

impl Default for ResponseCacheLimits {
    fn default() -> Self {
        Self { max_entries: 10_000, max_bytes: 32 * 1024 * 1024 }
    }
}

/// The answers; those not used for longest go first.
#[derive(Debug)]
pub struct ResponseCache {
    limits: ResponseCacheLimits,
    inner: Mutex<ResponseCacheInner>,
}

#[derive(Debug)]
struct ResponseCacheInner {
    entries: LruCache<CacheKey, ResponseCacheEntry>,
    bytes: usize,
    script_stats: HashMap<Arc<str>, ResponseCacheStats>,
}

/// An answer that is kept.
#[derive(Debug, Clone)]
pub struct ResponseCacheEntry {
    /// The answer.
    pub answer: Arc<TriggerAnswer>,
    /// Since when: that of an answer from another daemon is when that one got it.
    pub stored_at: Instant,
    /// For so long it is fresh.
    pub fresh_for: Duration,
    /// For so long it is kept.
    pub lifetime: Duration,
    /// The request, for people: nothing sensitive is in it.
    pub request_label: Arc<str>,
    /// The script that asked.
    pub script: Arc<str>,
}

/// How a kept answer serves a call that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFreshness {
    /// Nobody needs to ask.
    Fresh,
    /// It serves, and is to be asked for again.
    Stale,
    /// It serves where there is no answer.
    LastResort,
}

impl ResponseCacheEntry {
    /// Up to which age it serves how: in the first way of which the age is not over. Two scripts may ask the same, and a
    /// script's times may have been made shorter since.
    pub fn max_ages(&self, asks: &ResponseCachePolicy) -> [(ResponseFreshness, Duration); 3] {
        let fresh = asks.fresh.min(self.fresh_for);
        let times = [
            (ResponseFreshness::Fresh, fresh),
            (ResponseFreshness::Stale, fresh + asks.stale),
            (ResponseFreshness::LastResort, fresh + asks.stale_if_error),
        ];
        times.map(|(serves, until)| (serves, until.min(self.lifetime)))
    }
}

/// A kept answer that serves.
#[derive(Debug, Clone)]
pub enum ResponseCacheLookup {
    /// Nobody needs to ask.
    Fresh(Arc<TriggerAnswer>),
    /// It serves, and is to be asked for again.
    Stale(Arc<TriggerAnswer>),
    /// It serves where there is no answer.
    LastResort(Arc<TriggerAnswer>),
}

impl ResponseCacheLookup {
    /// The answer, however it serves.
    pub fn answer(&self) -> &Arc<TriggerAnswer> {
        match self {
            Self::Fresh(answer) | Self::Stale(answer) | Self::LastResort(answer) => answer,
        }
    }
}

/// What the cache did for a script, since the daemon began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseCacheStats {
    /// Calls that were served from it.
    pub hits: u64,
    /// Calls that were served something old.
    pub stale: u64,
    /// Calls that it had nothing for.
    pub misses: u64,
    /// Of these, calls that joined a request that was under way.
    pub joined: u64,
    /// Answers that were kept.
    pub kept: u64,
    /// Answers that were not, since no branch handled them.
    pub unhandled: u64,
    /// Answers that were not, since the other side had failed: a status of 500 and above, or no complete reply.
    pub failed: u64,
}

/// A kept answer, for a list.
#[derive(Debug, Clone)]
pub struct ListedCacheEntry {
    /// Its key.
    pub key: CacheKey,
    /// What is kept, and since when.
    pub entry: ResponseCacheEntry,
    /// What it takes, in bytes.
    pub bytes: usize,
}

impl ResponseCache {
    /// An empty one.
    pub fn new(limits: ResponseCacheLimits) -> Self {
        let kept = ResponseCacheInner {
            entries: LruCache::unbounded(),
            bytes: 0,
            script_stats: HashMap::new(),
        };
        Self { limits, inner: Mutex::new(kept) }
    }

    /// How much it keeps.
    pub fn limits(&self) -> ResponseCacheLimits {
        self.limits
    }

    /// The answer kept under a key, as far as it serves who asks.
    pub fn get(
        &self,
        key: CacheKey,
        asks: &ResponseCachePolicy,
        now: Instant,
    ) -> Option<ResponseCacheLookup> {
        let mut kept = self.lock();
        let entry = kept.entries.get(&key)?;
        let age = now.saturating_duration_since(entry.stored_at);
        if age >= entry.lifetime {
            kept.remove(key);
            return None;
        }
        let (serves, _) = entry.max_ages(asks).into_iter().find(|(_, until)| age < *until)?;
        let answer = Arc::clone(&entry.answer);
        Some(match serves {
            ResponseFreshness::Fresh => ResponseCacheLookup::Fresh(answer),
            ResponseFreshness::Stale => ResponseCacheLookup::Stale(answer),
            ResponseFreshness::LastResort => ResponseCacheLookup::LastResort(answer),
        })
    }

    /// Keeps an answer in place of what was there, unless that is newer: other daemons may have older ones.
    pub fn put(&self, key: CacheKey, entry: ResponseCacheEntry) {
        let size = entry_size(&entry);
        let mut kept = self.lock();
        if kept.entries.peek(&key).is_some_and(|there| there.stored_at > entry.stored_at) {
            return;
        }
        kept.remove(key);
        if size > self.limits.max_bytes / 8 {
            return;
        }
        kept.bytes += size;
        kept.entries.put(key, entry);
        kept.evict(self.limits);
    }

    /// Counts what was done for a script. There are as many scripts as the operator has written.
    pub fn update_stats(&self, script: &str, count: impl FnOnce(&mut ResponseCacheStats)) {
        let mut kept = self.lock();
        match kept.script_stats.get_mut(script) {
            Some(tally) => count(tally),
            None => count(kept.script_stats.entry(script.into()).or_default()),
        }
    }

    /// What was done for each script, by its name.
    pub fn script_stats(&self) -> Vec<(Arc<str>, ResponseCacheStats)> {
        let kept = self.lock();
        let mut tallies: Vec<_> = kept.script_stats.iter().map(|(n, t)| (n.clone(), *t)).collect();
        tallies.sort_by(|a, b| a.0.cmp(&b.0));
        tallies
    }

    /// Everything that is kept, the last used first.
    pub fn list(&self, now: Instant) -> Vec<ListedCacheEntry> {
        let kept = self.lock();
        let serves = |entry: &ResponseCacheEntry| {
            now.saturating_duration_since(entry.stored_at) < entry.lifetime
        };
        let entries = kept.entries.iter().filter(|(_, entry)| serves(entry));
        let listed = |(key, entry): (&CacheKey, &ResponseCacheEntry)| ListedCacheEntry {
            key: *key,
            bytes: entry_size(entry),
            entry: entry.clone(),
        };
        entries.map(listed).collect()
    }

    /// Throws away the answers that `which` names.
    pub fn purge(&self, which: impl Fn(CacheKey, &ResponseCacheEntry) -> bool) -> Vec<CacheKey> {
        let mut kept = self.lock();
        let gone = kept.entries.iter().filter(|(key, entry)| which(**key, entry));
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        gone.iter().for_each(|key| kept.remove(*key));
        gone
    }

    /// How many answers are kept, those whose time is over among them.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
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
    fn lock(&self) -> MutexGuard<'_, ResponseCacheInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry takes beside its answer and its label.
const ENTRY_OVERHEAD: usize = size_of::<CacheKey>() + size_of::<ResponseCacheEntry>() + 64;

fn entry_size(entry: &ResponseCacheEntry) -> usize {
    entry.answer.memory_size() + entry.request_label.len() + ENTRY_OVERHEAD
}

impl ResponseCacheInner {
    fn remove(&mut self, key: CacheKey) {
        if let Some(entry) = self.entries.pop(&key) {
            self.bytes -= entry_size(&entry);
        }
    }

    fn evict(&mut self, bounds: ResponseCacheLimits) {
        while self.bytes > bounds.max_bytes || self.entries.len() > bounds.max_entries {
            let Some((_, entry)) = self.entries.pop_lru() else { return };
            self.bytes -= entry_size(&entry);
        }
    }
}
