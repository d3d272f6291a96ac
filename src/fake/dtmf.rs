//! When the caller presses which keys.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::sleep::sleep_until_or_forever;

/// From the start of a question to its first key.
const FIRST_KEY_DELAY: Duration = Duration::from_millis(500);
/// From a key to the next.
const KEY_INTERVAL: Duration = Duration::from_millis(200);
/// In the middle of an input, the caller waits this long for the switch to expect keys again, and then goes on.
const UNASKED_KEY_DELAY: Duration = Duration::from_secs(1);

pub struct DtmfSource(DtmfPlan);

enum DtmfPlan {
    Timed { picked_up: Option<Instant>, keys: VecDeque<(Duration, char)> },
    OnRequest(RequestedDtmf),
    Live(LiveDtmf),
}

impl DtmfSource {
    pub fn none() -> Self {
        Self::timed(Vec::new())
    }

    /// Keys at exact times after the call is picked up.
    pub fn timed(keys: Vec<(Duration, char)>) -> Self {
        Self(DtmfPlan::Timed { picked_up: None, keys: keys.into() })
    }

    /// Keys when they are expected. A comma waits for the next question.
    pub fn on_request(keys: &str) -> Self {
        Self::on_request_after(FIRST_KEY_DELAY, keys)
    }

    /// The same, with another delay before the first key of an input.
    pub(crate) fn on_request_after(delay: Duration, keys: &str) -> Self {
        let inputs = keys.split(',').map(|input| input.chars().collect()).collect();
        let (input, due) = (VecDeque::new(), Instant::now());
        Self(DtmfPlan::OnRequest(RequestedDtmf {
            first_key_delay: delay,
            inputs,
            input,
            due,
            expected: false,
        }))
    }

    /// Keys from a channel, with at least `KEY_INTERVAL` between them; no more after all senders are dropped.
    pub fn live(keys: mpsc::Receiver<char>) -> Self {
        Self(DtmfPlan::Live(LiveDtmf { keys, pending_key: None, due: Instant::now() }))
    }

    pub(super) fn call_picked_up(&mut self, now: Instant) {
        if let DtmfPlan::Timed { picked_up, .. } = &mut self.0 {
            picked_up.get_or_insert(now);
        }
    }

    pub(super) fn digits_expected(&mut self, is_new: bool) {
        if let DtmfPlan::OnRequest(requested) = &mut self.0 {
            requested.digits_expected(is_new, Instant::now());
        }
    }

    pub(super) fn digits_not_expected(&mut self) {
        if let DtmfPlan::OnRequest(requested) = &mut self.0 {
            requested.expected = false;
        }
    }

    /// Waits for the next key. It counts when it is released, as on a switch.
    pub(super) async fn next_key(&mut self) -> char {
        let key = match &mut self.0 {
            DtmfPlan::Timed { picked_up, keys } => {
                let next = keys.front();
                sleep_until_or_forever(picked_up.and_then(|since| Some(since + next?.0))).await;
                keys.pop_front().map(|(_, key)| key)
            }
            DtmfPlan::OnRequest(requested) => requested.next_key().await,
            DtmfPlan::Live(live) => live.next_key().await,
        };
        match key {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

/// Keys from a channel. Several may arrive at once, such as a typed line.
struct LiveDtmf {
    keys: mpsc::Receiver<char>,
    pending_key: Option<char>,
    due: Instant,
}

/// Keys that are pressed when they are expected.
struct RequestedDtmf {
    first_key_delay: Duration,
    inputs: VecDeque<VecDeque<char>>,
    input: VecDeque<char>,
    due: Instant,
    expected: bool,
}

impl LiveDtmf {
    async fn next_key(&mut self) -> Option<char> {
        if self.pending_key.is_none() {
            self.pending_key = Some(self.keys.recv().await?);
        }
        sleep_until(self.due).await;
        self.due = Instant::now() + KEY_INTERVAL;
        self.pending_key.take()
    }
}

impl RequestedDtmf {
    fn digits_expected(&mut self, is_new: bool, now: Instant) {
        self.expected = true;
        if is_new && self.input.is_empty() {
            self.input = self.inputs.pop_front().unwrap_or_default();
            self.due = now + self.first_key_delay;
        }
    }

    async fn next_key(&mut self) -> Option<char> {
        if self.input.is_empty() {
            return None;
        }
        let extra_delay = if self.expected { Duration::ZERO } else { UNASKED_KEY_DELAY };
        sleep_until(self.due + extra_delay).await;
        self.due = Instant::now() + KEY_INTERVAL;
        self.input.pop_front()
    }
}
