//! The limits of a call: the stop of the daemon and the maximum call duration. They also end every wait for the switch.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::Interruption;

/// Timeout of a hand-over, for all its commands together.
pub(crate) const HANDOVER_TIMEOUT: Duration = Duration::from_secs(5);
/// How late the reply to a command may be. After this time the connection is given up.
pub(crate) const REPLY_MARGIN: Duration = Duration::from_secs(10);

/// What ends a call that neither the script nor the caller has ended.
#[derive(Debug, Clone)]
pub struct CallLimits {
    /// Cancelled when the daemon's grace time is over.
    pub stop: CancellationToken,
    /// End of the maximum call duration.
    pub ends_at: Instant,
}

impl CallLimits {
    /// Limits of a call that is refused: only a timeout.
    pub(crate) fn with_timeout(timeout: Duration) -> Self {
        Self { stop: CancellationToken::new(), ends_at: Instant::now() + timeout }
    }
}

/// Waits for the limits of one call, as often as needed.
///
/// All calls share the runtime's timer and the list of tasks that wait for the stop. To keep contention low, a call
/// registers with each of them once, not for every command.
pub(crate) struct CallDeadline {
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ends_at: Instant,
    timer: Pin<Box<Sleep>>,
}

impl CallDeadline {
    pub(crate) fn new(limits: CallLimits) -> Self {
        let CallLimits { stop, ends_at } = limits;
        let timer = Box::pin(sleep_until(ends_at));
        Self { stop: Some(Box::pin(stop.cancelled_owned())), ends_at, timer }
    }

    /// Replaces the limits by [`HANDOVER_TIMEOUT`]. They may be the reason for the hand-over, so they must not end it.
    pub(crate) fn start_handover(&mut self) {
        self.stop = None;
        self.ends_at = Instant::now() + HANDOVER_TIMEOUT;
    }

    pub(crate) fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// Time until the call reaches its maximum duration.
    pub(crate) fn remaining(&self) -> Duration {
        self.ends_at.saturating_duration_since(Instant::now())
    }

    /// Timeout of a command that may last until the end of the call, such as the playback of a sound.
    pub(crate) fn remaining_with_margin(&self) -> Duration {
        self.remaining() + REPLY_MARGIN
    }

    /// Waits until `due`.
    ///
    /// # Errors
    ///
    /// [`Interruption::Shutdown`] or [`Interruption::MaxCallDuration`] if that comes first.
    pub(crate) async fn wait_until(&mut self, due: Instant) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            () = wait_for_stop(&mut self.stop) => Err(Interruption::Shutdown),
            () = wait_for_timer(self.timer.as_mut(), due.min(self.ends_at)) => {
                if due < self.ends_at { Ok(()) } else { Err(Interruption::MaxCallDuration) }
            }
        }
    }
}

async fn wait_for_stop(stop: &mut Option<Pin<Box<WaitForCancellationFutureOwned>>>) {
    match stop {
        Some(stop) => stop.await,
        None => pending().await,
    }
}

/// Waits until `until`. Most replies come long before the timer fires. So if the timer is set to an earlier time, it is
/// not moved at once, but only when it has fired.
async fn wait_for_timer(mut timer: Pin<&mut Sleep>, until: Instant) {
    if until < timer.deadline() {
        timer.as_mut().reset(until);
    }
    loop {
        timer.as_mut().await;
        if timer.deadline() >= until {
            return;
        }
        timer.as_mut().reset(until);
    }
}
