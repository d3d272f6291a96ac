//! The keys that a caller presses, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::phone::at;

/// From a question's beginning to its first key.
const THINKS: Duration = Duration::from_millis(500);
/// From a key to the next.
const BETWEEN: Duration = Duration::from_millis(200);
/// How long a caller who presses keys only when asked waits to be asked, in the middle of an input.
const HOLDS: Duration = Duration::from_secs(1);

/// Who presses keys.
pub struct Fingers(Plan);

enum Plan {
    Timed { picked_up: Option<Instant>, keys: VecDeque<(Duration, char)> },
    Asked(Asked),
    Live(mpsc::Receiver<char>),
}

impl Fingers {
    /// Nobody presses any.
    pub fn still() -> Self {
        Self::timed(Vec::new())
    }

    /// Keys at exact times, from the moment of picking up.
    pub fn timed(keys: Vec<(Duration, char)>) -> Self {
        Self(Plan::Timed { picked_up: None, keys: keys.into() })
    }

    /// Keys when they are asked for: a comma in them waits for the next question.
    pub fn when_asked(keys: &str) -> Self {
        let inputs = keys.split(',').map(|input| input.chars().collect()).collect();
        Self(Plan::Asked(Asked { inputs, due: Instant::now(), ..Asked::default() }))
    }

    /// Keys as they come; none after the last sender is gone.
    pub fn live(keys: mpsc::Receiver<char>) -> Self {
        Self(Plan::Live(keys))
    }

    pub(super) fn begin(&mut self, now: Instant) {
        if let Plan::Timed { picked_up, .. } = &mut self.0 {
            picked_up.get_or_insert(now);
        }
    }

    pub(super) fn listened_to(&mut self, anew: bool) {
        if let Plan::Asked(asked) = &mut self.0 {
            asked.listened_to(anew, Instant::now());
        }
    }

    pub(super) fn not_listened_to(&mut self) {
        if let Plan::Asked(asked) = &mut self.0 {
            asked.listened_to = false;
        }
    }

    /// The next key, when it is released: that is when switches count it.
    pub(super) async fn press(&mut self) -> char {
        let pressed = match &mut self.0 {
            Plan::Timed { picked_up, keys } => {
                let next = keys.front();
                at(picked_up.and_then(|since| Some(since + next?.0))).await;
                keys.pop_front().map(|(_, key)| key)
            }
            Plan::Asked(asked) => asked.press().await,
            Plan::Live(keys) => keys.recv().await,
        };
        match pressed {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

/// A caller who presses keys when asked.
struct Asked {
    inputs: VecDeque<VecDeque<char>>,
    input: VecDeque<char>,
    due: Instant,
    listened_to: bool,
}

impl Default for Asked {
    fn default() -> Self {
        let (inputs, input) = Default::default();
        Self { inputs, input, due: Instant::now(), listened_to: false }
    }
}

impl Asked {
    fn listened_to(&mut self, anew: bool, now: Instant) {
        self.listened_to = true;
        if anew && self.input.is_empty() {
            self.input = self.inputs.pop_front().unwrap_or_default();
            self.due = now + THINKS;
        }
    }

    async fn press(&mut self) -> Option<char> {
        if self.input.is_empty() {
            return None;
        }
        let held = if self.listened_to { Duration::ZERO } else { HOLDS };
        sleep_until(self.due + held).await;
        self.due = Instant::now() + BETWEEN;
        self.input.pop_front()
    }
}
