//! What is looked up before a request, kept after it, and fallen back to where nothing came.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::outgoing_request;
use super::request_plan::{RequestOutcome, RequestPlan, ResponseClass, has_branch_for};
use super::response_cache::{ResponseCache, ResponseCacheEntry, ResponseCacheLookup};
use super::shared_cache::SharedCache;
use crate::script::answer::TriggerAnswer;
use crate::script::definition::{ResponseCachePolicy, Script};
use crate::script::request::{
    CacheKey, CacheStatus, RequestTimings, TriggerError, TriggerRequest, TriggerResult,
};

/// Who asks for what.
pub(super) struct CacheableRequest<'a> {
    pub(super) key: CacheKey,
    pub(super) cache_policy: &'a ResponseCachePolicy,
    pub(super) request: &'a TriggerRequest,
    pub(super) script: &'a Arc<Script>,
}

/// As much of it as is needed when the answer has come.
pub(super) struct CacheStoreContext {
    pub(super) key: CacheKey,
    pub(super) cache_policy: ResponseCachePolicy,
    request_label: Arc<str>,
    pub(super) script: Arc<Script>,
}

impl CacheableRequest<'_> {
    pub(super) fn store_context(&self) -> CacheStoreContext {
        CacheStoreContext {
            key: self.key,
            cache_policy: self.cache_policy.clone(),
            request_label: outgoing_request::request_label(self.request).into(),
            script: self.script.clone(),
        }
    }
}

/// The kept answers, and when they serve.
pub(super) struct TieredCache {
    pub(super) local: ResponseCache,
    /// What other daemons have kept.
    pub(super) shared: Option<Arc<SharedCache>>,
    /// Of what is still done for them.
    pub(super) tracker: TaskTracker,
}

impl TieredCache {
    /// What is kept, where a branch of who asks handles it.
    fn get_if_handled(&self, asked: &CacheableRequest<'_>) -> Option<ResponseCacheLookup> {
        let found = self.local.get(asked.key, asked.cache_policy, Instant::now())?;
        has_branch_for(asked.script, found.answer()).then_some(found)
    }

    /// What serves at once.
    pub(super) fn look_up(&self, asked: &CacheableRequest<'_>) -> Option<TriggerResult> {
        let (answer, cache) = match self.get_if_handled(asked)? {
            ResponseCacheLookup::Fresh(answer) => (answer, CacheStatus::Hit),
            ResponseCacheLookup::Stale(answer) => (answer, CacheStatus::Stale),
            ResponseCacheLookup::LastResort(_) => return None,
        };
        self.local.update_stats(&asked.script.name, |tally| match cache {
            CacheStatus::Stale => tally.stale += 1,
            _ => tally.hits += 1,
        });
        Some(TriggerResult {
            answer: Ok(answer),
            cache,
            timings: RequestTimings::default(),
            first_error: None,
        })
    }

    /// What a flight has left behind that ended since this was looked up.
    pub(super) fn recheck_fresh(&self, asked: &CacheableRequest<'_>) -> Option<RequestOutcome> {
        match self.get_if_handled(asked)? {
            ResponseCacheLookup::Fresh(answer) => {
                Some(RequestOutcome::cached(answer, CacheStatus::Hit))
            }
            ResponseCacheLookup::Stale(_) | ResponseCacheLookup::LastResort(_) => None,
        }
    }

    /// Keeps an answer that a branch handles, unless the other side had failed. Whether it did.
    pub(super) fn store(&self, to_keep: &CacheStoreContext, landed: &RequestOutcome) -> bool {
        let failed = landed.answer.as_ref().map_or(true, |answer| answer.status >= 500);
        let is_kept = landed.class == ResponseClass::Handled && !failed;
        self.local.update_stats(&to_keep.script.name, |tally| match (is_kept, failed) {
            (true, _) => tally.kept += 1,
            (false, true) => tally.failed += 1,
            (false, false) => tally.unhandled += 1,
        });
        if let (true, Ok(answer)) = (is_kept, &landed.answer) {
            self.local.put(to_keep.key, to_keep.entry(answer.clone(), Instant::now()));
        }
        is_kept
    }

    /// What the call gets: what came, else an old answer where the script takes one.
    pub(super) fn outcome_or_stale(
        &self,
        asked: &CacheableRequest<'_>,
        errand: &RequestPlan,
        landed: RequestOutcome,
    ) -> TriggerResult {
        self.local.update_stats(&asked.script.name, |tally| {
            tally.misses += 1;
            tally.joined += u64::from(landed.timings.joined_flight);
        });
        let old = if errand.accepts(&landed) { None } else { self.get_if_handled(asked) };
        let Some(old) = old else { return landed.into_trigger_result() };
        self.local.update_stats(&asked.script.name, |tally| tally.stale += 1);
        let answer = Ok(old.answer().clone());
        TriggerResult { answer, cache: CacheStatus::Stale, ..landed.into_trigger_result() }
    }
}

impl CacheStoreContext {
    pub(super) fn entry(&self, answer: Arc<TriggerAnswer>, since: Instant) -> ResponseCacheEntry {
        ResponseCacheEntry {
            answer,
            stored_at: since,
            fresh_for: self.cache_policy.fresh,
            lifetime: self.cache_policy.lifetime(),
            request_label: self.request_label.clone(),
            script: self.script.name.as_str().into(),
        }
    }
}

/// An answer that was asked for behind a call has not come: calls are served the old one as long as that may be.
pub(super) fn log_failed_refresh(landed: &RequestOutcome) {
    if let ResponseClass::Unusable(reason) = &landed.class {
        match landed.answer {
            Err(TriggerError::CircuitOpen(_)) => debug!(reason, "a kept answer was not renewed"),
            _ => warn!(reason, "a kept answer could not be renewed"),
        }
    }
}
