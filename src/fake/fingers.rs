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
    Live(Live),
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
        Self::thinking(THINKS, keys)
    }

    /// The same of a caller who thinks for a time before the first key.
    pub fn thinking(thinks: Duration, keys: &str) -> Self {
        let inputs = keys.split(',').map(|input| input.chars().collect()).collect();
        let (input, due) = (VecDeque::new(), Instant::now());
        Self(Plan::Asked(Asked { thinks, inputs, input, due, listened_to: false }))
    }

    /// Keys as they come, but no faster than fingers are; none after the last sender is gone.
    pub fn live(keys: mpsc::Receiver<char>) -> Self {
        Self(Plan::Live(Live { keys, held: None, due: Instant::now() }))
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
            Plan::Live(live) => live.press().await,
        };
        match pressed {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

/// Keys that come from elsewhere: a line that is typed comes all at once.
struct Live {
    keys: mpsc::Receiver<char>,
    held: Option<char>,
    due: Instant,
}

/// A caller who presses keys when asked.
struct Asked {
    thinks: Duration,
    inputs: VecDeque<VecDeque<char>>,
    input: VecDeque<char>,
    due: Instant,
    listened_to: bool,
}

impl Live {
    async fn press(&mut self) -> Option<char> {
        if self.held.is_none() {
            self.held = Some(self.keys.recv().await?);
        }
        sleep_until(self.due).await;
        self.due = Instant::now() + BETWEEN;
        self.held.take()
    }
}

impl Asked {
    fn listened_to(&mut self, anew: bool, now: Instant) {
        self.listened_to = true;
        if anew && self.input.is_empty() {
            self.input = self.inputs.pop_front().unwrap_or_default();
            self.due = now + self.thinks;
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
