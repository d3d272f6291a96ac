//! Two caches of answers: the response cache of this process and, behind it, the shared cache if there is one. This
//! module looks an answer up before a request, stores it afterwards, and finds a stale answer if the request fails.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::answer_parser::AnswerParser;
use super::outgoing_request;
use super::request_plan::{RequestOutcome, RequestPlan, ResponseClass, has_branch_for};
use super::response_cache::{ResponseCache, ResponseCacheEntry, ResponseCacheLookup};
use super::shared_cache::SharedCache;
use crate::script::answer::TriggerAnswer;
use crate::script::definition::{ResponseCachePolicy, Script};
use crate::script::request::{
    CacheKey, CacheStatus, RequestTimings, TriggerError, TriggerRequest, TriggerResult,
};

/// A request of a script that has a cache policy.
pub(super) struct CacheableRequest<'a> {
    pub(super) key: CacheKey,
    pub(super) cache_policy: &'a ResponseCachePolicy,
    pub(super) request: &'a TriggerRequest,
    pub(super) script: &'a Arc<Script>,
}

/// The data needed to store an answer. It is owned, because the call may have ended when the answer arrives.
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

pub(super) struct TieredCache {
    pub(super) local: Arc<ResponseCache>,
    pub(super) shared: Option<Arc<SharedCache>>,
    pub(super) parser: Arc<AnswerParser>,
    /// Tracks the tasks that write to the shared cache.
    pub(super) tracker: TaskTracker,
}

impl TieredCache {
    /// Returns the cached answer if a branch of the script matches it. Another script may have stored it, so it is
    /// possible that no branch matches.
    fn get_if_handled(&self, request: &CacheableRequest<'_>) -> Option<ResponseCacheLookup> {
        let cached = self.local.get(request.key, request.cache_policy, Instant::now())?;
        has_branch_for(request.script, cached.answer()).then_some(cached)
    }

    /// Returns a cached answer, fresh or stale, that the call can use without waiting for a request. Counts hits and
    /// stale answers.
    pub(super) fn look_up(&self, request: &CacheableRequest<'_>) -> Option<TriggerResult> {
        let (answer, cache) = match self.get_if_handled(request)? {
            ResponseCacheLookup::Fresh(answer) => (answer, CacheStatus::Hit),
            ResponseCacheLookup::Stale(answer) => (answer, CacheStatus::Stale),
            ResponseCacheLookup::LastResort(_) => return None,
        };
        self.local.update_stats(&request.script.name, |stats| match cache {
            CacheStatus::Stale => stats.stale += 1,
            _ => stats.hits += 1,
        });
        Some(TriggerResult {
            answer: Ok(answer),
            cache,
            timings: RequestTimings::default(),
            first_error: None,
        })
    }

    /// Looks up again before a flight starts: another flight may have stored a fresh answer since [`Self::look_up`].
    pub(super) fn recheck_fresh(&self, request: &CacheableRequest<'_>) -> Option<RequestOutcome> {
        match self.get_if_handled(request)? {
            ResponseCacheLookup::Fresh(answer) => {
                Some(RequestOutcome::cached(answer, CacheStatus::Hit))
            }
            ResponseCacheLookup::Stale(_) | ResponseCacheLookup::LastResort(_) => None,
        }
    }

    /// Stores the answer in this process if it is cacheable: a branch matches it, and its status is below 500. Returns
    /// whether it is cacheable.
    pub(super) fn store(&self, context: &CacheStoreContext, outcome: &RequestOutcome) -> bool {
        let failed = outcome.answer.as_ref().map_or(true, |answer| answer.status >= 500);
        let is_cacheable = outcome.class == ResponseClass::Handled && !failed;
        self.local.update_stats(&context.script.name, |stats| match (is_cacheable, failed) {
            (true, _) => stats.cached += 1,
            (false, true) => stats.failed += 1,
            (false, false) => stats.unhandled += 1,
        });
        if let (true, Ok(answer)) = (is_cacheable, &outcome.answer) {
            self.local.put(context.key, context.entry(answer.clone(), Instant::now()));
        }
        is_cacheable
    }

    /// Returns the result for the call: the outcome if its answer is usable, else a stale answer if the script's cache
    /// policy allows one, else the outcome.
    pub(super) fn outcome_or_stale(
        &self,
        request: &CacheableRequest<'_>,
        plan: &RequestPlan,
        outcome: RequestOutcome,
    ) -> TriggerResult {
        self.local.update_stats(&request.script.name, |stats| {
            stats.misses += 1;
            stats.joined += u64::from(outcome.timings.joined_flight);
        });
        let stale = if plan.accepts(&outcome) { None } else { self.get_if_handled(request) };
        let Some(stale) = stale else { return outcome.into_trigger_result() };
        self.local.update_stats(&request.script.name, |stats| stats.stale += 1);
        let answer = Ok(stale.answer().clone());
        TriggerResult { answer, cache: CacheStatus::Stale, ..outcome.into_trigger_result() }
    }
}

impl CacheStoreContext {
    pub(super) fn entry(
        &self,
        answer: Arc<TriggerAnswer>,
        stored_at: Instant,
    ) -> ResponseCacheEntry {
        ResponseCacheEntry {
            answer,
            stored_at,
            fresh_for: self.cache_policy.fresh,
            lifetime: self.cache_policy.lifetime(),
            request_label: self.request_label.clone(),
            script: self.script.name.as_str().into(),
        }
    }
}

/// Logs a failed refresh of a stale answer. Calls get the stale answer until its stale time is over.
pub(super) fn log_failed_refresh(outcome: &RequestOutcome) {
    if let ResponseClass::Unusable(reason) = &outcome.class {
        match outcome.answer {
            Err(TriggerError::CircuitOpen(_)) => {
                debug!(reason, "a cached answer was not refreshed");
            }
            _ => warn!(reason, "a cached answer could not be refreshed"),
        }
    }
}
