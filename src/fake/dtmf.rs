//! The keys that a caller presses, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::sleep::sleep_until_or_forever;

/// From a question's beginning to its first key.
const FIRST_KEY_DELAY: Duration = Duration::from_millis(500);
/// From a key to the next.
const KEY_INTERVAL: Duration = Duration::from_millis(200);
/// How long a caller who presses keys only when asked waits to be asked, in the middle of an input.
const UNASKED_KEY_DELAY: Duration = Duration::from_secs(1);

/// Who presses keys.
pub struct DtmfSource(DtmfPlan);

enum DtmfPlan {
    Timed { picked_up: Option<Instant>, keys: VecDeque<(Duration, char)> },
    OnRequest(RequestedDtmf),
    Live(LiveDtmf),
}

impl DtmfSource {
    /// Nobody presses any.
    pub fn none() -> Self {
        Self::timed(Vec::new())
    }

    /// Keys at exact times, from the moment of picking up.
    pub fn timed(keys: Vec<(Duration, char)>) -> Self {
        Self(DtmfPlan::Timed { picked_up: None, keys: keys.into() })
    }

    /// Keys when they are asked for: a comma in them waits for the next question.
    pub fn on_request(keys: &str) -> Self {
        Self::on_request_after(FIRST_KEY_DELAY, keys)
    }

    /// The same of a caller who thinks for a time before the first key.
    pub fn on_request_after(thinks: Duration, keys: &str) -> Self {
        let inputs = keys.split(',').map(|input| input.chars().collect()).collect();
        let (input, due) = (VecDeque::new(), Instant::now());
        Self(DtmfPlan::OnRequest(RequestedDtmf {
            first_key_delay: thinks,
            inputs,
            input,
            due,
            expected: false,
        }))
    }

    /// Keys as they come, but no faster than fingers are; none after the last sender is gone.
    pub fn live(keys: mpsc::Receiver<char>) -> Self {
        Self(DtmfPlan::Live(LiveDtmf { keys, pending_key: None, due: Instant::now() }))
    }

    pub(super) fn call_picked_up(&mut self, now: Instant) {
        if let DtmfPlan::Timed { picked_up, .. } = &mut self.0 {
            picked_up.get_or_insert(now);
        }
    }

    pub(super) fn digits_expected(&mut self, anew: bool) {
        if let DtmfPlan::OnRequest(asked) = &mut self.0 {
            asked.digits_expected(anew, Instant::now());
        }
    }

    pub(super) fn digits_not_expected(&mut self) {
        if let DtmfPlan::OnRequest(asked) = &mut self.0 {
            asked.expected = false;
        }
    }

    /// The next key, when it is released: that is when switches count it.
    pub(super) async fn next_key(&mut self) -> char {
        let pressed = match &mut self.0 {
            DtmfPlan::Timed { picked_up, keys } => {
                let next = keys.front();
                sleep_until_or_forever(picked_up.and_then(|since| Some(since + next?.0))).await;
                keys.pop_front().map(|(_, key)| key)
            }
            DtmfPlan::OnRequest(asked) => asked.next_key().await,
            DtmfPlan::Live(live) => live.next_key().await,
        };
        match pressed {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

/// Keys that come from elsewhere: a line that is typed comes all at once.
struct LiveDtmf {
    keys: mpsc::Receiver<char>,
    pending_key: Option<char>,
    due: Instant,
}

/// A caller who presses keys when asked.
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
    fn digits_expected(&mut self, anew: bool, now: Instant) {
        self.expected = true;
        if anew && self.input.is_empty() {
            self.input = self.inputs.pop_front().unwrap_or_default();
            self.due = now + self.first_key_delay;
        }
    }

    async fn next_key(&mut self) -> Option<char> {
        if self.input.is_empty() {
            return None;
        }
        let held = if self.expected { Duration::ZERO } else { UNASKED_KEY_DELAY };
        sleep_until(self.due + held).await;
        self.due = Instant::now() + KEY_INTERVAL;
        self.input.pop_front()
    }
}
