//! The calls of a round wait for each other in their prompts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

/// The most connections that wait for their first command at the same time. It is less than the smallest backlog of the
/// listeners, 128: the kernel drops connections beyond the backlog, and they are repeated only after a second.
const CONNECTING: usize = 100;
/// The callers of a round press their first key one after the other, at this distance. Otherwise each of them would
/// need its own connection to the web application at the same moment.
const BETWEEN_CALLERS: Duration = Duration::from_micros(100);

/// How fast a call is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The distance between two keys that the caller presses.
    pub(crate) gap: Duration,
    /// The time in which a session of FreeSWITCH runs its queue and takes a key: 20 ms in the real one. A shorter one
    /// makes the measurement shorter. It changes no cost, as long as the events of a frame come later than the reply to
    /// the command that has caused them.
    pub(crate) frame: Duration,
}

impl Pace {
    pub(crate) fn with_gap(milliseconds: u64) -> Self {
        Self {
            gap: Duration::from_millis(milliseconds),
            frame: Duration::from_millis(milliseconds / 4),
        }
    }
}

pub(crate) struct Round {
    pace: Pace,
    /// Calls that are not in their prompt yet.
    missing: AtomicUsize,
    none_missing: Notify,
    opened: watch::Sender<bool>,
    pub(crate) connecting: Semaphore,
}

impl Round {
    pub(crate) fn new(calls: usize, pace: Pace) -> Self {
        Self {
            pace,
            missing: AtomicUsize::new(calls),
            none_missing: Notify::new(),
            opened: watch::Sender::new(false),
            connecting: Semaphore::new(CONNECTING),
        }
    }

    /// Waits until all calls are in their prompt or lost.
    pub(crate) async fn all_in_prompt(&self) {
        self.none_missing.notified().await;
    }

    /// Lets the callers press their keys.
    pub(crate) fn open(&self) {
        self.opened.send_replace(true);
    }

    fn arrive(&self) {
        if self.missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.none_missing.notify_one();
        }
    }
}

/// The wait of one call. A call that is lost does not keep the others waiting.
pub(crate) struct Hold<'r> {
    round: &'r Round,
    /// The place of the call in its round.
    place: u32,
    released: Option<Instant>,
    began: Option<Instant>,
    /// The time that the call has waited.
    pub(crate) held: Duration,
}

impl<'r> Hold<'r> {
    pub(crate) fn new(round: &'r Round, place: u32) -> Self {
        Self { round, place, released: None, began: None, held: Duration::ZERO }
    }

    pub(crate) fn pace(&self) -> Pace {
        self.round.pace
    }

    /// Returns when the caller may press its keys. Only the first prompt waits.
    pub(crate) async fn wait(&mut self) {
        let began = self.begin();
        // An error means that the round is over.
        drop(self.round.opened.subscribe().wait_for(|open| *open).await);
        let turn = BETWEEN_CALLERS * self.place;
        sleep_until(*self.released.get_or_insert_with(|| Instant::now() + turn)).await;
        if self.held.is_zero() {
            self.held = began.elapsed();
        }
    }

    fn begin(&mut self) -> Instant {
        if self.began.is_none() {
            self.round.arrive();
        }
        *self.began.get_or_insert_with(Instant::now)
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.begin();
    }
}
