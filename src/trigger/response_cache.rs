//! The response cache of this process: answers by cache key, with limits on their number and memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::script::answer::TriggerAnswer;
use crate::script::definition::ResponseCachePolicy;
use crate::script::request::CacheKey;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCacheLimits {
    /// 0 turns the cache off.
    pub max_entries: usize,
    /// The memory of all answers together, in bytes. An answer that takes more than an eighth of this is not cached.
    pub max_bytes: usize,
}

impl Default for ResponseCacheLimits {
    fn default() -> Self {
        Self { max_entries: 10_000, max_bytes: 32 * 1024 * 1024 }
    }
}

/// The response cache of this process. When a limit is exceeded, the least recently used answers are removed first.
#[derive(Debug)]
pub struct ResponseCache {
    inner: Mutex<ResponseCacheInner>,
}

#[derive(Debug)]
struct ResponseCacheInner {
    limits: ResponseCacheLimits,
    entries: LruCache<CacheKey, ResponseCacheEntry>,
    bytes: usize,
    script_stats: HashMap<Arc<str>, ResponseCacheStats>,
}

#[derive(Debug, Clone)]
pub struct ResponseCacheEntry {
    pub answer: Arc<TriggerAnswer>,
    /// When the answer was received. For an answer from the shared cache: when the other daemon received it.
    pub stored_at: Instant,
    /// Counts from `stored_at`.
    pub fresh_for: Duration,
    /// Counts from `stored_at`. After that time the entry is removed.
    pub lifetime: Duration,
    /// The request's method and URL without sensitive values, for lists of answers.
    pub request_label: Arc<str>,
    /// The name of the script whose request fetched the answer.
    pub script: Arc<str>,
}

/// What a cached answer may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFreshness {
    /// It is used without a request.
    Fresh,
    /// It is used while a request refreshes it (stale-while-revalidate).
    Stale,
    /// It is used only if the request fails (stale-if-error).
    LastResort,
}

impl ResponseCacheEntry {
    /// Returns the age at which each freshness ends. The first freshness whose end is not reached applies. `policy`
    /// belongs to the script that needs the answer: another script may have stored the entry, or the policy may have
    /// changed since.
    pub(crate) fn max_ages(
        &self,
        policy: &ResponseCachePolicy,
    ) -> [(ResponseFreshness, Duration); 3] {
        let fresh = policy.fresh.min(self.fresh_for);
        let max_ages = [
            (ResponseFreshness::Fresh, fresh),
            (ResponseFreshness::Stale, fresh + policy.stale),
            (ResponseFreshness::LastResort, fresh + policy.stale_if_error),
        ];
        max_ages.map(|(freshness, max_age)| (freshness, max_age.min(self.lifetime)))
    }
}

/// A cached answer with its [`ResponseFreshness`].
#[derive(Debug, Clone)]
pub enum ResponseCacheLookup {
    Fresh(Arc<TriggerAnswer>),
    Stale(Arc<TriggerAnswer>),
    LastResort(Arc<TriggerAnswer>),
}

impl ResponseCacheLookup {
    pub fn answer(&self) -> &Arc<TriggerAnswer> {
        match self {
            Self::Fresh(answer) | Self::Stale(answer) | Self::LastResort(answer) => answer,
        }
    }
}

/// What the cache did for one script since the daemon started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseCacheStats {
    /// Calls that got a fresh answer.
    pub hits: u64,
    /// Calls that got a stale answer.
    pub stale: u64,
    /// Calls that needed a request.
    pub misses: u64,
    /// How many of the `misses` joined a request in progress.
    pub joined: u64,
    /// Answers that were cached.
    #[serde(rename = "kept")]
    pub cached: u64,
    /// Answers that were not cached because no branch matched.
    pub unhandled: u64,
    /// Requests with an error: a status of 500 or above, or no complete reply.
    pub failed: u64,
}

/// A cached answer with its key, as [`ResponseCache::list`] returns it.
#[derive(Debug, Clone)]
pub struct ListedCacheEntry {
    pub key: CacheKey,
    pub entry: ResponseCacheEntry,
    /// Its memory in bytes.
    pub bytes: usize,
}

impl ResponseCache {
    pub fn new(limits: ResponseCacheLimits) -> Self {
        let inner = ResponseCacheInner {
            limits,
            entries: LruCache::unbounded(),
            bytes: 0,
            script_stats: HashMap::new(),
        };
        Self { inner: Mutex::new(inner) }
    }

    pub fn limits(&self) -> ResponseCacheLimits {
        self.inner.lock().limits
    }

    /// Changes the limits. If the new ones are exceeded, the least recently used answers are removed.
    pub fn set_limits(&self, limits: ResponseCacheLimits) {
        let mut inner = self.inner.lock();
        inner.limits = limits;
        inner.evict();
    }

    /// The cached answer, if it is not too old for this cache policy.
    pub fn get(
        &self,
        key: CacheKey,
        policy: &ResponseCachePolicy,
        now: Instant,
    ) -> Option<ResponseCacheLookup> {
        let mut inner = self.inner.lock();
        let entry = inner.entries.get(&key)?;
        let age = now.saturating_duration_since(entry.stored_at);
        if age >= entry.lifetime {
            inner.remove(key);
            return None;
        }
        let (freshness, _) =
            entry.max_ages(policy).into_iter().find(|(_, max_age)| age < *max_age)?;
        let answer = Arc::clone(&entry.answer);
        Some(match freshness {
            ResponseFreshness::Fresh => ResponseCacheLookup::Fresh(answer),
            ResponseFreshness::Stale => ResponseCacheLookup::Stale(answer),
            ResponseFreshness::LastResort => ResponseCacheLookup::LastResort(answer),
        })
    }

    /// Stores an answer, unless the cache has a newer one: an answer from the shared cache may be older.
    pub fn put(&self, key: CacheKey, entry: ResponseCacheEntry) {
        let size = entry_size(&entry);
        let mut inner = self.inner.lock();
        if inner.entries.peek(&key).is_some_and(|existing| existing.stored_at > entry.stored_at) {
            return;
        }
        inner.remove(key);
        if size > inner.limits.max_bytes / 8 {
            return;
        }
        inner.bytes += size;
        inner.entries.put(key, entry);
        inner.evict();
    }

    /// Applies `update` to the counters of a script.
    pub fn update_stats(&self, script: &str, update: impl FnOnce(&mut ResponseCacheStats)) {
        let mut inner = self.inner.lock();
        match inner.script_stats.get_mut(script) {
            Some(stats) => update(stats),
            None => update(inner.script_stats.entry(script.into()).or_default()),
        }
    }

    /// Forgets the counters of the scripts that are not loaded any more.
    pub(crate) fn retain_stats(&self, is_loaded: impl Fn(&str) -> bool) {
        self.inner.lock().script_stats.retain(|script, _| is_loaded(script));
    }

    /// The counters of each script, sorted by script name.
    pub(crate) fn script_stats(&self) -> Vec<(Arc<str>, ResponseCacheStats)> {
        let inner = self.inner.lock();
        let stats = inner.script_stats.iter().map(|(script, stats)| (script.clone(), *stats));
        let mut stats: Vec<_> = stats.collect();
        stats.sort_by(|a, b| a.0.cmp(&b.0));
        stats
    }

    /// All entries whose lifetime is not over, the most recently used first.
    pub fn list(&self, now: Instant) -> Vec<ListedCacheEntry> {
        let inner = self.inner.lock();
        let is_alive = |entry: &ResponseCacheEntry| {
            now.saturating_duration_since(entry.stored_at) < entry.lifetime
        };
        let entries = inner.entries.iter().filter(|(_, entry)| is_alive(entry));
        let listed = |(key, entry): (&CacheKey, &ResponseCacheEntry)| ListedCacheEntry {
            key: *key,
            bytes: entry_size(entry),
            entry: entry.clone(),
        };
        entries.map(listed).collect()
    }

    /// Removes the entries that `filter` selects, and returns their keys.
    pub fn purge(&self, filter: impl Fn(CacheKey, &ResponseCacheEntry) -> bool) -> Vec<CacheKey> {
        let mut inner = self.inner.lock();
        let removed = inner.entries.iter().filter(|(key, entry)| filter(**key, entry));
        let removed: Vec<_> = removed.map(|(key, _)| *key).collect();
        removed.iter().for_each(|key| inner.remove(*key));
        removed
    }

    /// The number of entries, including those whose lifetime is over.
    pub fn len(&self) -> usize {
        self.inner.lock().entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of all entries, in bytes.
    pub fn bytes(&self) -> usize {
        self.inner.lock().bytes
    }
}

/// The memory of an entry without its answer and label, in bytes. 64 is an estimate for its allocations.
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

    fn evict(&mut self) {
        let ResponseCacheLimits { max_entries, max_bytes } = self.limits;
        while self.bytes > max_bytes || self.entries.len() > max_entries {
            let Some((_, entry)) = self.entries.pop_lru() else { return };
            self.bytes -= entry_size(&entry);
        }
    }
}
