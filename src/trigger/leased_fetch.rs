//! A request where several daemons may ask the same: the shared cache first, then one of them for all.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::time::Instant;

use super::request_plan::{
    RequestDeadline, RequestOutcome, RequestPlan, RequestSender, has_branch_for,
};
use super::response_cache::ResponseCacheEntry;
use super::shared_cache::{Lease, LeaseOutcome, SharedCache, SharedCacheEntry};
use super::tiered_cache::{CacheStoreContext, TieredCache};
use crate::script::answer::TriggerAnswer;
use crate::script::request::{CacheStatus, TriggerError};

impl TieredCache {
    /// Runs an errand, unless another daemon has just done so, or does; keeps its answer. `anew` takes no old answer.
    pub(super) async fn fetch(
        &self,
        sender: &RequestSender,
        errand: &RequestPlan,
        to_keep: &CacheStoreContext,
        anew: bool,
    ) -> RequestOutcome {
        let begun = Instant::now();
        let until = RequestDeadline::after(begun, errand.budget());
        let Some(shared) = &self.shared else {
            let landed = sender.run(errand, begun).await;
            self.store(to_keep, &landed);
            return landed;
        };
        let lease = match self.acquire_lease(shared, to_keep, until, anew).await {
            ControlFlow::Continue(lease) => lease,
            ControlFlow::Break(landed) => return landed,
        };
        let queued = begun.elapsed();
        let mut landed = sender.run(errand, begun).await;
        landed.timings.queued += queued;
        let kept = self.store(to_keep, &landed).then(|| to_keep.to_shared_entry(&landed)).flatten();
        self.publish(shared.clone(), to_keep, kept, lease);
        landed
    }

    /// The right to ask for all daemons; none where there is no server to ask for it. It breaks off where an answer is
    /// there, or the time is over.
    async fn acquire_lease(
        &self,
        shared: &SharedCache,
        to_keep: &CacheStoreContext,
        until: RequestDeadline,
        anew: bool,
    ) -> ControlFlow<RequestOutcome, Option<Lease>> {
        let key = &to_keep.key;
        self.accept_shared_entry(shared.get(key).await, to_keep, anew)?;
        loop {
            match shared.acquire_lease(key, until.remaining()).await {
                LeaseOutcome::Unavailable => return ControlFlow::Continue(None),
                LeaseOutcome::Acquired(lease) => {
                    // An answer may have come between the look and the lease.
                    let found = self.accept_shared_entry(shared.get(key).await, to_keep, anew);
                    return found.map_continue(|()| Some(lease));
                }
                LeaseOutcome::HeldElsewhere => {
                    let kept =
                        shared.wait_for_entry(key, to_keep.cache_policy.fresh, until.at).await;
                    let is_there = kept.is_some();
                    self.accept_shared_entry(kept, to_keep, anew)
                        .map_break(RequestOutcome::mark_joined)?;
                    if is_there {
                        // Another script's, of no use here: it would be found again at once.
                        return ControlFlow::Continue(None);
                    }
                    if !until.more_than_half_remains() {
                        let cut = RequestOutcome::failed(TriggerError::TimedOut(until.limit));
                        return ControlFlow::Break(cut.mark_joined());
                    }
                }
            }
        }
    }

    /// An answer of another daemon is kept here too, where a branch handles it. Where it serves, no request is needed.
    fn accept_shared_entry(
        &self,
        kept: Option<SharedCacheEntry>,
        to_keep: &CacheStoreContext,
        anew: bool,
    ) -> ControlFlow<RequestOutcome> {
        let Some(kept) = kept else { return ControlFlow::Continue(()) };
        let Some(since) = Instant::now().checked_sub(kept.age) else {
            return ControlFlow::Continue(());
        };
        let read = TriggerAnswer::parse(kept.status, kept.content_type.as_deref(), &kept.body);
        let answer = Arc::new(read);
        if !has_branch_for(&to_keep.script, &answer) {
            return ControlFlow::Continue(());
        }
        let (fresh, lifetime) = (kept.fresh_for, kept.lifetime);
        let entry = to_keep.entry(answer.clone(), since);
        self.local.put(to_keep.key, ResponseCacheEntry { fresh_for: fresh, lifetime, ..entry });
        let (caching, stale) = (&to_keep.cache_policy, CacheStatus::Stale);
        let fresh = caching.fresh.min(fresh);
        match kept.age {
            age if age < fresh => {
                ControlFlow::Break(RequestOutcome::cached(answer, CacheStatus::Hit))
            }
            age if age < fresh + caching.stale && !anew => {
                ControlFlow::Break(RequestOutcome::cached(answer, stale))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    /// What the other daemons get, behind the call.
    fn publish(
        &self,
        shared: Arc<SharedCache>,
        to_keep: &CacheStoreContext,
        kept: Option<SharedCacheEntry>,
        lease: Option<Lease>,
    ) {
        let key = to_keep.key;
        self.tracker.spawn(async move {
            if let Some(kept) = kept {
                shared.put(&key, &kept).await;
            }
            if let Some(lease) = lease {
                lease.release().await;
            }
        });
    }
}

impl CacheStoreContext {
    fn to_shared_entry(&self, landed: &RequestOutcome) -> Option<SharedCacheEntry> {
        let (answer, reply) = (landed.answer.as_ref().ok()?, landed.raw_reply.as_ref()?);
        Some(SharedCacheEntry {
            status: answer.status,
            content_type: reply.content_type.clone(),
            body: reply.body.clone(),
            age: std::time::Duration::ZERO,
            fresh_for: self.cache_policy.fresh,
            lifetime: self.cache_policy.lifetime(),
        })
    }
}
