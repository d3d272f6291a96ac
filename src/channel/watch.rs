//! What ends a call from outside, and a wait for the switch.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::channel::Interrupted;

/// What ends a call from outside.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The daemon's grace time is over.
    pub stop: CancellationToken,
    /// The longest time that a call may take is over.
    pub ends: Instant,
}

impl Bounds {
    /// Those of a call that is only refused: nothing stops that, it takes no longer than `time`.
    pub fn only(time: Duration) -> Self {
        Self { stop: CancellationToken::new(), ends: Instant::now() + time }
    }
}

/// Waits for the bounds of one call, over and over.
///
/// The daemon's lists of who waits for a stop, and for a time, are shared by all calls: a call enters each once, not
/// with every command.
pub struct Watch {
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ends: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Watch {
    /// For a call that begins.
    pub fn new(bounds: Bounds) -> Self {
        let Bounds { stop, ends } = bounds;
        let alarm = Box::pin(sleep_until(ends));
        Self { stop: Some(Box::pin(stop.cancelled_owned())), ends, alarm }
    }

    /// From here on only `time` bounds the call.
    pub fn rebound(&mut self, time: Duration) {
        self.stop = None;
        self.ends = Instant::now() + time;
    }

    /// When the longest call is over.
    pub fn ends(&self) -> Instant {
        self.ends
    }

    /// What is left of the longest call.
    pub fn rest(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// Waits until a stop, the longest call, or `due`, which is no interruption.
    ///
    /// # Errors
    ///
    /// The first two.
    pub async fn over(&mut self, due: Instant) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => Err(Interrupted::Stopping),
            () = ring(self.alarm.as_mut(), due.min(self.ends)) => {
                if due < self.ends { Ok(()) } else { Err(Interrupted::TooLong) }
            }
        }
    }
}

async fn stopped(stop: &mut Option<Pin<Box<WaitForCancellationFutureOwned>>>) {
    match stop {
        Some(stop) => stop.await,
        None => pending().await,
    }
}

/// Replies come soon, so an alarm that was set for an earlier wait is left alone, and moved only when it has rung.
async fn ring(mut alarm: Pin<&mut Sleep>, until: Instant) {
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
