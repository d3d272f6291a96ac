//! A request where several daemons may ask the same: the shared cache first, then one of them for all.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::time::Instant;

use super::cache::Entry;
use super::errand::{Errand, Landed, Sender, Until, handles};
use super::keeping::{Keeping, ToKeep};
use super::shared::{Kept, Lead, Lease, SharedCache};
use crate::script::answer::Answer;
use crate::script::request::{CacheUse, NoAnswer};

impl Keeping {
    /// Runs an errand, unless another daemon has just done so, or does; keeps its answer. `anew` takes no old answer.
    pub(super) async fn fetch(
        &self,
        sender: &Sender,
        errand: &Errand,
        to_keep: &ToKeep,
        anew: bool,
    ) -> Landed {
        let begun = Instant::now();
        let until = Until::after(begun, errand.budget());
        let Some(shared) = &self.shared else {
            let landed = sender.run(errand, begun).await;
            self.keep(to_keep, &landed);
            return landed;
        };
        let lease = match self.lease(shared, to_keep, until, anew).await {
            ControlFlow::Continue(lease) => lease,
            ControlFlow::Break(landed) => return landed,
        };
        let queued = begun.elapsed();
        let mut landed = sender.run(errand, begun).await;
        landed.spent.queued += queued;
        let kept = self.keep(to_keep, &landed).then(|| to_keep.kept(&landed)).flatten();
        self.give(shared.clone(), to_keep, kept, lease);
        landed
    }

    /// The right to ask for all daemons; none where there is no server to ask for it. It breaks off where an answer is
    /// there, or the time is over.
    async fn lease(
        &self,
        shared: &SharedCache,
        to_keep: &ToKeep,
        until: Until,
        anew: bool,
    ) -> ControlFlow<Landed, Option<Lease>> {
        let key = &to_keep.key;
        self.found(shared.get(key).await, to_keep, anew)?;
        loop {
            match shared.lead(key, until.left()).await {
                Lead::Away => return ControlFlow::Continue(None),
                Lead::Ours(lease) => {
                    // An answer may have come between the look and the lease.
                    let found = self.found(shared.get(key).await, to_keep, anew);
                    return found.map_continue(|()| Some(lease));
                }
                Lead::Others => {
                    let kept = shared.follow(key, to_keep.caching.fresh, until.at).await;
                    let is_there = kept.is_some();
                    self.found(kept, to_keep, anew).map_break(Landed::joined)?;
                    if is_there {
                        // Another script's, of no use here: it would be found again at once.
                        return ControlFlow::Continue(None);
                    }
                    if !until.more_than_half_is_left() {
                        let cut = Landed::nothing(NoAnswer::TimedOut(until.time));
                        return ControlFlow::Break(cut.joined());
                    }
                }
            }
        }
    }

    /// An answer of another daemon is kept here too, where a branch handles it. Where it serves, no request is needed.
    fn found(&self, kept: Option<Kept>, to_keep: &ToKeep, anew: bool) -> ControlFlow<Landed> {
        let Some(kept) = kept else { return ControlFlow::Continue(()) };
        let Some(since) = Instant::now().checked_sub(kept.age) else {
            return ControlFlow::Continue(());
        };
        let read = Answer::read(kept.status, kept.content_type.as_deref(), &kept.body);
        let answer = Arc::new(read);
        if !handles(&to_keep.script, &answer) {
            return ControlFlow::Continue(());
        }
        let (fresh, lifetime) = (kept.time, kept.lifetime);
        let entry = to_keep.entry(answer.clone(), since);
        self.cache.put(to_keep.key, Entry { fresh, lifetime, ..entry });
        let (caching, stale) = (&to_keep.caching, CacheUse::Stale);
        let fresh = caching.fresh.min(fresh);
        match kept.age {
            age if age < fresh => ControlFlow::Break(Landed::kept(answer, CacheUse::Hit)),
            age if age < fresh + caching.stale && !anew => {
                ControlFlow::Break(Landed::kept(answer, stale))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    /// What the other daemons get, behind the call.
    fn give(
        &self,
        shared: Arc<SharedCache>,
        to_keep: &ToKeep,
        kept: Option<Kept>,
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

impl ToKeep {
    fn kept(&self, landed: &Landed) -> Option<Kept> {
        let (answer, reply) = (landed.answer.as_ref().ok()?, landed.reply.as_ref()?);
        Some(Kept {
            status: answer.status,
            content_type: reply.content_type.clone(),
            body: reply.body.clone(),
            age: std::time::Duration::ZERO,
            time: self.caching.fresh,
            lifetime: self.caching.lifetime(),
        })
    }
}
