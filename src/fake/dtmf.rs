//! Which keys the caller presses, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::sleep::sleep_until_or_forever;

/// The time from the start of a question to the first key of the input.
const FIRST_KEY_DELAY: Duration = Duration::from_millis(500);
/// The time from one key to the next.
const KEY_INTERVAL: Duration = Duration::from_millis(200);
/// In the middle of an input, while the switch expects no keys, the caller waits this much longer before the next key.
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

    /// Keys that are pressed when the switch expects them. After a comma, the caller waits for the next question.
    pub fn on_request(keys: &str) -> Self {
        Self::on_request_after(FIRST_KEY_DELAY, keys)
    }

    /// Like [`on_request`](Self::on_request), with another delay before the first key of an input.
    pub fn on_request_after(delay: Duration, keys: &str) -> Self {
        let later_inputs = keys.split(',').map(|input| input.chars().collect()).collect();
        let (current_input, due) = (VecDeque::new(), Instant::now());
        Self(DtmfPlan::OnRequest(RequestedDtmf {
            first_key_delay: delay,
            later_inputs,
            current_input,
            due,
            expected: false,
        }))
    }

    /// Keys from an `mpsc` channel, with at least `KEY_INTERVAL` between them. There are no more keys after all senders
    /// are dropped.
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

    /// Waits for the next key. A key is reported when it is released, as on a switch.
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

/// Keys from an `mpsc` channel. Several keys can arrive at the same time, such as a typed line.
struct LiveDtmf {
    keys: mpsc::Receiver<char>,
    pending_key: Option<char>,
    due: Instant,
}

/// Keys that are pressed when the switch expects them.
struct RequestedDtmf {
    first_key_delay: Duration,
    /// The keys for each of the next questions.
    later_inputs: VecDeque<VecDeque<char>>,
    /// The keys for the current question that are not pressed yet.
    current_input: VecDeque<char>,
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
        if is_new && self.current_input.is_empty() {
            self.current_input = self.later_inputs.pop_front().unwrap_or_default();
            self.due = now + self.first_key_delay;
        }
    }

    async fn next_key(&mut self) -> Option<char> {
        if self.current_input.is_empty() {
            return None;
        }
        let extra_delay = if self.expected { Duration::ZERO } else { UNASKED_KEY_DELAY };
        sleep_until(self.due + extra_delay).await;
        self.due = Instant::now() + KEY_INTERVAL;
        self.current_input.pop_front()
    }
}
