//! Answers that serve again, for as long as a script says and within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::script::answer::Answer;
use crate::script::definition::Caching;
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
    tallies: HashMap<Arc<str>, Tally>,
}

/// An answer that is kept.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The answer.
    pub answer: Arc<Answer>,
    /// Since when: that of an answer from another daemon is when that one got it.
    pub since: Instant,
    /// For so long it is fresh.
    pub fresh: Duration,
    /// For so long it is kept.
    pub lifetime: Duration,
    /// The request, for people: nothing sensitive is in it.
    pub label: Arc<str>,
    /// The script that asked.
    pub script: Arc<str>,
}

/// How a kept answer serves a call that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serves {
    /// Nobody needs to ask.
    Fresh,
    /// It serves, and is to be asked for again.
    Stale,
    /// It serves where there is no answer.
    LastResort,
}

impl Entry {
    /// Up to which age it serves how: in the first way of which the age is not over. Two scripts may ask the same, and a
    /// script's times may have been made shorter since.
    pub fn times(&self, asks: &Caching) -> [(Serves, Duration); 3] {
        let fresh = asks.fresh.min(self.fresh);
        let times = [
            (Serves::Fresh, fresh),
            (Serves::Stale, fresh + asks.stale),
            (Serves::LastResort, fresh + asks.stale_if_error),
        ];
        times.map(|(serves, until)| (serves, until.min(self.lifetime)))
    }
}

/// A kept answer that serves.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nobody needs to ask.
    Fresh(Arc<Answer>),
    /// It serves, and is to be asked for again.
    Stale(Arc<Answer>),
    /// It serves where there is no answer.
    LastResort(Arc<Answer>),
}

impl Found {
    /// The answer, however it serves.
    pub fn answer(&self) -> &Arc<Answer> {
        match self {
            Self::Fresh(answer) | Self::Stale(answer) | Self::LastResort(answer) => answer,
        }
    }
}

/// What the cache did for a script, since the daemon began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
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
pub struct Listed {
    /// Its key.
    pub key: CacheKey,
    /// What is kept, and since when.
    pub entry: Entry,
    /// What it takes, in bytes.
    pub bytes: usize,
}

impl Cache {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Self {
        let kept = Kept { answers: LruCache::unbounded(), bytes: 0, tallies: HashMap::new() };
        Self { bounds, kept: Mutex::new(kept) }
    }

    /// How much it keeps.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The answer kept under a key, as far as it serves who asks.
    pub fn get(&self, key: CacheKey, asks: &Caching, now: Instant) -> Option<Found> {
        let mut kept = self.lock();
        let entry = kept.answers.get(&key)?;
        let age = now.saturating_duration_since(entry.since);
        if age >= entry.lifetime {
            kept.remove(key);
            return None;
        }
        let (serves, _) = entry.times(asks).into_iter().find(|(_, until)| age < *until)?;
        let answer = Arc::clone(&entry.answer);
        Some(match serves {
            Serves::Fresh => Found::Fresh(answer),
            Serves::Stale => Found::Stale(answer),
            Serves::LastResort => Found::LastResort(answer),
        })
    }

    /// Keeps an answer in place of what was there, unless that is newer: other daemons may have older ones.
    pub fn put(&self, key: CacheKey, entry: Entry) {
        let size = size(&entry);
        let mut kept = self.lock();
        if kept.answers.peek(&key).is_some_and(|there| there.since > entry.since) {
            return;
        }
        kept.remove(key);
        if size > self.bounds.bytes / 8 {
            return;
        }
        kept.bytes += size;
        kept.answers.put(key, entry);
        kept.shrink(self.bounds);
    }

    /// Counts what was done for a script. There are as many scripts as the operator has written.
    pub fn count(&self, script: &str, count: impl FnOnce(&mut Tally)) {
        let mut kept = self.lock();
        match kept.tallies.get_mut(script) {
            Some(tally) => count(tally),
            None => count(kept.tallies.entry(script.into()).or_default()),
        }
    }

    /// What was done for each script, by its name.
    pub fn tallies(&self) -> Vec<(Arc<str>, Tally)> {
        let kept = self.lock();
        let mut tallies: Vec<_> = kept.tallies.iter().map(|(n, t)| (n.clone(), *t)).collect();
        tallies.sort_by(|a, b| a.0.cmp(&b.0));
        tallies
    }

    /// Everything that is kept, the last used first.
    pub fn list(&self, now: Instant) -> Vec<Listed> {
        let kept = self.lock();
        let serves = |entry: &Entry| now.saturating_duration_since(entry.since) < entry.lifetime;
        let entries = kept.answers.iter().filter(|(_, entry)| serves(entry));
        let listed = |(key, entry): (&CacheKey, &Entry)| Listed {
            key: *key,
            bytes: size(entry),
            entry: entry.clone(),
        };
        entries.map(listed).collect()
    }

    /// Throws away the answers that `which` names.
    pub fn purge(&self, which: impl Fn(CacheKey, &Entry) -> bool) -> Vec<CacheKey> {
        let mut kept = self.lock();
        let gone = kept.answers.iter().filter(|(key, entry)| which(**key, entry));
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        gone.iter().for_each(|key| kept.remove(*key));
        gone
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

/// What an entry takes beside its answer and its label.
const PER_ENTRY: usize = size_of::<CacheKey>() + size_of::<Entry>() + 64;

fn size(entry: &Entry) -> usize {
    entry.answer.size() + entry.label.len() + PER_ENTRY
}

impl Kept {
    fn remove(&mut self, key: CacheKey) {
        if let Some(entry) = self.answers.pop(&key) {
            self.bytes -= size(&entry);
        }
    }

    fn shrink(&mut self, bounds: Bounds) {
        while self.bytes > bounds.bytes || self.answers.len() > bounds.entries {
            let Some((_, entry)) = self.answers.pop_lru() else { return };
            self.bytes -= size(&entry);
        }
    }
}
