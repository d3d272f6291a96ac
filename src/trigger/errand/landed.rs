//! What an errand comes to, and until when.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Worth;
use crate::script::answer::Answer;
use crate::script::request::{CacheUse, Fetched, NoAnswer, Spent};

/// What came of an errand.
#[derive(Clone)]
pub(in crate::trigger) struct Landed {
    pub(in crate::trigger) answer: Result<Arc<Answer>, NoAnswer>,
    pub(in crate::trigger) worth: Worth,
    /// The reply that the answer was read from.
    pub(in crate::trigger) reply: Option<Arc<Received>>,
    /// Whether the answer was kept.
    pub(in crate::trigger) cache: CacheUse,
    pub(in crate::trigger) spent: Spent,
    pub(in crate::trigger) trouble: Option<String>,
    /// The time for all of it was over.
    pub(super) is_late: bool,
}

/// A reply as it came: it can be read again elsewhere.
pub(in crate::trigger) struct Received {
    pub(in crate::trigger) content_type: Option<String>,
    pub(in crate::trigger) body: Vec<u8>,
}

impl Landed {
    pub(in crate::trigger) fn nothing(why: NoAnswer) -> Self {
        let reason = why.to_string();
        Self {
            is_late: matches!(why, NoAnswer::TimedOut(_)),
            answer: Err(why),
            worth: Worth::Nothing(reason.clone()),
            reply: None,
            cache: CacheUse::Miss,
            spent: Spent::default(),
            trouble: Some(reason),
        }
    }

    /// An answer that was there.
    pub(in crate::trigger) fn kept(answer: Arc<Answer>, cache: CacheUse) -> Self {
        let (spent, worth) = (Spent::default(), Worth::Handled);
        Self { answer: Ok(answer), worth, reply: None, cache, spent, trouble: None, is_late: false }
    }

    /// Whether the call needs nothing more.
    pub(in crate::trigger) fn is_of_use(&self) -> bool {
        !matches!(self.worth, Worth::Nothing(_))
    }

    /// Whether only its time was over; that of its attempts is not it.
    pub(in crate::trigger) fn was_cut(&self) -> bool {
        self.is_late && matches!(self.answer, Err(NoAnswer::TimedOut(_)))
    }

    /// Another call had begun it.
    pub(in crate::trigger) fn joined(mut self) -> Self {
        self.spent.joined = true;
        self
    }

    pub(in crate::trigger) fn into_fetched(self) -> Fetched {
        let Self { answer, cache, spent, trouble, .. } = self;
        Fetched { answer, cache, spent, trouble }
    }
}

/// The end of an attempt, or of all attempts, and how long it was given: that is told when it comes.
#[derive(Clone, Copy)]
pub(in crate::trigger) struct Until {
    pub(in crate::trigger) at: Instant,
    pub(in crate::trigger) time: Duration,
}

impl Until {
    pub(in crate::trigger) fn after(begun: Instant, time: Duration) -> Self {
        Self { at: begun + time, time }
    }

    pub(in crate::trigger) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(in crate::trigger) fn more_than_half_is_left(&self) -> bool {
        self.left() > self.time / 2
    }

    pub(super) fn no_later_than(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }
}
