//! Fetches cacheable answers. If several daemons share a cache, it is asked first. If it has no answer, one of the
//! daemons gets a lease and sends the request for all of them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::answer_parser::UnparsedAnswer;
use super::request_plan::{
    RequestDeadline, RequestOutcome, RequestPlan, RequestSender, has_branch_for,
};
use super::response_cache::ResponseCacheEntry;
use super::shared_cache::{Lease, LeaseOutcome, SharedCache, SharedCacheEntry};
use super::tiered_cache::{CacheStoreContext, TieredCache};
use crate::script::request::{CacheStatus, TriggerError};

impl TieredCache {
    /// Takes the answer from the shared cache, or runs the plan and stores its answer. With `is_refresh`, a stale
    /// answer of the shared cache is not used.
    pub(super) async fn fetch(
        &self,
        sender: &RequestSender,
        plan: &RequestPlan,
        context: &CacheStoreContext,
        is_refresh: bool,
    ) -> RequestOutcome {
        let started_at = Instant::now();
        let deadline = RequestDeadline::after(started_at, plan.total_timeout());
        let Some(shared) = &self.shared else {
            let outcome = sender.run(plan, started_at).await;
            self.store(context, &outcome);
            return outcome;
        };
        let lease = match self.acquire_lease(shared, context, deadline, is_refresh).await {
            ControlFlow::Continue(lease) => lease,
            ControlFlow::Break(outcome) => return outcome,
        };
        let queued = started_at.elapsed();
        let mut outcome = sender.run(plan, started_at).await;
        outcome.timings.queued += queued;
        let is_cacheable = self.store(context, &outcome);
        let entry = is_cacheable.then(|| context.to_shared_entry(&outcome)).flatten();
        self.publish(shared.clone(), context, entry, lease);
        outcome
    }

    /// Acquires the lease to send the request for all daemons. Continues with `None` if the request is to be sent
    /// without a lease. Breaks with an outcome if the shared cache has the answer, or the time is over.
    async fn acquire_lease(
        &self,
        shared: &SharedCache,
        context: &CacheStoreContext,
        deadline: RequestDeadline,
        is_refresh: bool,
    ) -> ControlFlow<RequestOutcome, Option<Lease>> {
        let key = &context.key;
        let entry = shared.get(key).await;
        self.accept_shared_entry(entry, context, deadline, is_refresh).await?;
        loop {
            match shared.acquire_lease(key, deadline.remaining()).await {
                LeaseOutcome::Unavailable => return ControlFlow::Continue(None),
                LeaseOutcome::Acquired(lease) => {
                    // The answer may have been stored between the look-up and the lease.
                    let entry = shared.get(key).await;
                    let accepted = self.accept_shared_entry(entry, context, deadline, is_refresh);
                    return accepted.await.map_continue(|()| Some(lease));
                }
                LeaseOutcome::HeldElsewhere => {
                    let fresh_for = context.cache_policy.fresh;
                    let entry = shared.wait_for_entry(key, fresh_for, deadline.at).await;
                    let has_entry = entry.is_some();
                    let accepted = self.accept_shared_entry(entry, context, deadline, is_refresh);
                    accepted.await.map_break(RequestOutcome::mark_joined)?;
                    if has_entry {
                        // This script can't use the entry, and another wait would find the same entry.
                        return ControlFlow::Continue(None);
                    }
                    if !deadline.more_than_half_remains() {
                        let error = TriggerError::TimedOut(deadline.limit);
                        return ControlFlow::Break(RequestOutcome::failed(error).mark_joined());
                    }
                }
            }
        }
    }

    /// Stores an answer of another daemon in this process, if a branch of the script matches it. Breaks with the answer
    /// if it is fresh. Breaks with a stale answer too, if the script's policy allows it and this is not a refresh.
    async fn accept_shared_entry(
        &self,
        entry: Option<SharedCacheEntry>,
        context: &CacheStoreContext,
        deadline: RequestDeadline,
        is_refresh: bool,
    ) -> ControlFlow<RequestOutcome> {
        let Some(entry) = entry else { return ControlFlow::Continue(()) };
        let Some(stored_at) = Instant::now().checked_sub(entry.age) else {
            return ControlFlow::Continue(());
        };
        let SharedCacheEntry { status, content_type, body, age, fresh_for, lifetime } = entry;
        let unparsed = UnparsedAnswer { status, content_type, body };
        let read_as = context.script.trigger.as_ref().and_then(|trigger| trigger.read_as);
        let parsed = self.parser.parse(read_as, unparsed, deadline.at).await;
        let Ok((answer, _)) = parsed else { return ControlFlow::Continue(()) };
        let answer = Arc::new(answer);
        if !has_branch_for(&context.script, &answer) {
            return ControlFlow::Continue(());
        }
        let local_entry =
            ResponseCacheEntry { fresh_for, lifetime, ..context.entry(answer.clone(), stored_at) };
        self.local.put(context.key, local_entry);
        let policy = &context.cache_policy;
        let fresh_for = policy.fresh.min(fresh_for);
        let cache = match age {
            age if age < fresh_for => CacheStatus::Hit,
            age if age < fresh_for + policy.stale && !is_refresh => CacheStatus::Stale,
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(RequestOutcome::cached(answer, cache))
    }

    /// Writes to the shared cache in a task of its own, so that the call does not wait. The answer is written before
    /// the lease is released. So a daemon that waits sees the lease or the answer at any time.
    fn publish(
        &self,
        shared: Arc<SharedCache>,
        context: &CacheStoreContext,
        entry: Option<SharedCacheEntry>,
        lease: Option<Lease>,
    ) {
        let key = context.key;
        self.tracker.spawn(async move {
            if let Some(entry) = entry {
                shared.put(&key, &entry).await;
            }
            if let Some(lease) = lease {
                lease.release().await;
            }
        });
    }
}

impl CacheStoreContext {
    fn to_shared_entry(&self, outcome: &RequestOutcome) -> Option<SharedCacheEntry> {
        let (answer, reply) = (outcome.answer.as_ref().ok()?, outcome.raw_reply.as_ref()?);
        Some(SharedCacheEntry {
            status: answer.status,
            content_type: reply.content_type.clone(),
            body: reply.body.clone(),
            age: Duration::ZERO,
            fresh_for: self.cache_policy.fresh,
            lifetime: self.cache_policy.lifetime(),
        })
    }
}
