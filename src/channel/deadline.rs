//! What ends a call from outside, and a wait for the switch.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::channel::Interruption;

/// What ends a call from outside.
#[derive(Debug, Clone)]
pub struct CallLimits {
    /// The daemon's grace time is over.
    pub stop: CancellationToken,
    /// The longest time that a call may take is over.
    pub ends_at: Instant,
}

impl CallLimits {
    /// Those of a call that is only refused: nothing stops that, it takes no longer than `time`.
    pub fn with_timeout(time: Duration) -> Self {
        Self { stop: CancellationToken::new(), ends_at: Instant::now() + time }
    }
}

/// Waits for the bounds of one call, over and over.
///
/// The daemon's lists of who waits for a stop, and for a time, are shared by all calls: a call enters each once, not
/// with every command.
pub struct CallDeadline {
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ends_at: Instant,
    timer: Pin<Box<Sleep>>,
}

impl CallDeadline {
    /// For a call that begins.
    pub fn new(bounds: CallLimits) -> Self {
        let CallLimits { stop, ends_at } = bounds;
        let timer = Box::pin(sleep_until(ends_at));
        Self { stop: Some(Box::pin(stop.cancelled_owned())), ends_at, timer }
    }

    /// From here on only `time` bounds the call.
    pub fn replace(&mut self, time: Duration) {
        self.stop = None;
        self.ends_at = Instant::now() + time;
    }

    /// When the longest call is over.
    pub fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// What is left of the longest call.
    pub fn remaining(&self) -> Duration {
        self.ends_at.saturating_duration_since(Instant::now())
    }

    /// Waits until a stop, the longest call, or `due`, which is no interruption.
    ///
    /// # Errors
    ///
    /// The first two.
    pub async fn wait_until(&mut self, due: Instant) -> Result<(), Interruption> {
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

/// Replies come soon, so an alarm that was set for an earlier wait is left alone, and moved only when it has rung.
async fn wait_for_timer(mut alarm: Pin<&mut Sleep>, until: Instant) {
    if until < alarm.deadline() {
        alarm.as_mut().reset(until);
    }
    loop {
        alarm.as_mut().await;
        if alarm.deadline() >= until {
            return;
        }
        alarm.as_mut().reset(until);
    }
}
