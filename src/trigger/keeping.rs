//! What is looked up before a request, kept after it, and fallen back to where nothing came.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::cache::{Cache, Entry, Found};
use super::errand::{Errand, Landed, Worth, handles};
use super::outgoing;
use super::shared::SharedCache;
use crate::script::answer::Answer;
use crate::script::definition::{Caching, Script};
use crate::script::request::{CacheKey, CacheUse, Fetched, NoAnswer, Request, Spent};

/// Who asks for what.
pub(super) struct Asked<'a> {
    pub(super) key: CacheKey,
    pub(super) caching: &'a Caching,
    pub(super) request: &'a Request,
    pub(super) script: &'a Arc<Script>,
}

/// As much of it as is needed when the answer has come.
pub(super) struct ToKeep {
    pub(super) key: CacheKey,
    pub(super) caching: Caching,
    label: Arc<str>,
    pub(super) script: Arc<Script>,
}

impl Asked<'_> {
    pub(super) fn to_keep(&self) -> ToKeep {
        ToKeep {
            key: self.key,
            caching: self.caching.clone(),
            label: outgoing::label(self.request).into(),
            script: self.script.clone(),
        }
    }
}

/// The kept answers, and when they serve.
pub(super) struct Keeping {
    pub(super) cache: Cache,
    /// What other daemons have kept.
    pub(super) shared: Option<Arc<SharedCache>>,
    /// Of what is still done for them.
    pub(super) tracker: TaskTracker,
}

impl Keeping {
    /// What is kept, where a branch of who asks handles it.
    fn kept(&self, asked: &Asked<'_>) -> Option<Found> {
        let found = self.cache.get(asked.key, asked.caching, Instant::now())?;
        handles(asked.script, found.answer()).then_some(found)
    }

    /// What serves at once.
    pub(super) fn look_up(&self, asked: &Asked<'_>) -> Option<Fetched> {
        let (answer, cache) = match self.kept(asked)? {
            Found::Fresh(answer) => (answer, CacheUse::Hit),
            Found::Stale(answer) => (answer, CacheUse::Stale),
            Found::LastResort(_) => return None,
        };
        self.cache.count(&asked.script.name, |tally| match cache {
            CacheUse::Stale => tally.stale += 1,
            _ => tally.hits += 1,
        });
        Some(Fetched { answer: Ok(answer), cache, spent: Spent::default(), trouble: None })
    }

    /// What a flight has left behind that ended since this was looked up.
    pub(super) fn just_landed(&self, asked: &Asked<'_>) -> Option<Landed> {
        match self.kept(asked)? {
            Found::Fresh(answer) => Some(Landed::kept(answer, CacheUse::Hit)),
            Found::Stale(_) | Found::LastResort(_) => None,
        }
    }

    /// Keeps an answer that a branch handles, unless the other side had failed. Whether it did.
    pub(super) fn keep(&self, to_keep: &ToKeep, landed: &Landed) -> bool {
        let failed = landed.answer.as_ref().map_or(true, |answer| answer.status >= 500);
        let is_kept = landed.worth == Worth::Handled && !failed;
        self.cache.count(&to_keep.script.name, |tally| match (is_kept, failed) {
            (true, _) => tally.kept += 1,
            (false, true) => tally.failed += 1,
            (false, false) => tally.unhandled += 1,
        });
        if let (true, Ok(answer)) = (is_kept, &landed.answer) {
            self.cache.put(to_keep.key, to_keep.entry(answer.clone(), Instant::now()));
        }
        is_kept
    }

    /// What the call gets: what came, else an old answer where the script takes one.
    pub(super) fn settle(&self, asked: &Asked<'_>, errand: &Errand, landed: Landed) -> Fetched {
        self.cache.count(&asked.script.name, |tally| {
            tally.misses += 1;
            tally.joined += u64::from(landed.spent.joined);
        });
        let old = if errand.takes(&landed) { None } else { self.kept(asked) };
        let Some(old) = old else { return landed.into_fetched() };
        self.cache.count(&asked.script.name, |tally| tally.stale += 1);
        let answer = Ok(old.answer().clone());
        Fetched { answer, cache: CacheUse::Stale, ..landed.into_fetched() }
    }
}

impl ToKeep {
    pub(super) fn entry(&self, answer: Arc<Answer>, since: Instant) -> Entry {
        Entry {
            answer,
            since,
            fresh: self.caching.fresh,
            lifetime: self.caching.lifetime(),
            label: self.label.clone(),
            script: self.script.name.as_str().into(),
        }
    }
}

/// An answer that was asked for behind a call has not come: calls are served the old one as long as that may be.
pub(super) fn tell_of_refresh(landed: &Landed) {
    if let Worth::Nothing(reason) = &landed.worth {
        match landed.answer {
            Err(NoAnswer::Resting(_)) => debug!(reason, "a kept answer was not renewed"),
            _ => warn!(reason, "a kept answer could not be renewed"),
        }
    }
}
