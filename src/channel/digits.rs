//! The rules by which keys become digits: first digit and gap, length, terminator. Pure: keys and times are fed to it,
//! by both drivers.

use std::time::Duration;

use tokio::time::Instant;

use crate::channel::{Ask, Ended, Heard};

/// Most keys that are held for a question that is not known yet: the longest input with its terminator.
const MOST_HELD: usize = 33;
/// All that a telephone can have.
const ALL_KEYS: &str = "0123456789*#ABCD";

/// Collects the digits of one question, or holds all keys for one that is not known yet.
pub struct Collector<'a> {
    ask: Option<&'a Ask>,
    digits: String,
    ended: Option<Ended>,
    quiet_since: Instant,
}

impl<'a> Collector<'a> {
    /// Nothing entered yet; silence counts from `now`, or from a later [`Collector::prompt_over`].
    pub fn new(ask: &'a Ask, now: Instant) -> Self {
        Self { ask: Some(ask), digits: String::new(), ended: None, quiet_since: now }
    }

    /// A key was released. Keys that mean nothing here, or come after the end, change nothing.
    pub fn key(&mut self, key: char, now: Instant) {
        let Some(ask) = self.ask else { return self.hold(key) };
        if self.ended.is_some() || !ask.takes(key) {
            return;
        }
        self.quiet_since = now;
        if Some(key) == ask.terminator {
            self.ended = Some(Ended::Terminator);
        } else {
            self.digits.push(key);
            self.ended = (self.digits.len() >= ask.most).then_some(Ended::Full);
        }
    }

    fn hold(&mut self, key: char) {
        if self.digits.len() < MOST_HELD && ALL_KEYS.contains(key) {
            self.digits.push(key);
        }
    }

    /// The keys that mean something now: none when the input is complete.
    pub fn keys(&self) -> String {
        if self.is_complete() {
            return String::new();
        }
        let Some(ask) = self.ask else { return ALL_KEYS.to_owned() };
        let terminator = ask.terminator.filter(|key| !key.is_ascii_digit());
        ('0'..='9').chain(terminator).collect()
    }

    /// The prompt has been heard: silence counts from here.
    pub fn prompt_over(&mut self, now: Instant) {
        self.quiet_since = now;
    }

    /// Whether the input is complete, silence aside.
    pub fn is_complete(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether a key was taken.
    pub fn has_keys(&self) -> bool {
        self.is_complete() || !self.digits.is_empty()
    }

    /// Whether a key may end the prompt.
    pub fn barges_in(&self) -> bool {
        self.ask.is_some_and(|ask| ask.barge_in)
    }

    /// Whether the prompt need not be heard any further.
    pub fn ends_prompt(&self) -> bool {
        self.barges_in() && self.has_keys()
    }

    /// How long to wait for the next key; `None` when the input is complete or silence has ended it.
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        let ask = self.ask?;
        let wait = if self.digits.is_empty() { ask.first_digit } else { ask.gap };
        let left = (self.quiet_since + wait).saturating_duration_since(now);
        (self.ended.is_none() && !left.is_zero()).then_some(left)
    }

    /// The keys that were taken, terminator included: to be fed to a later question.
    pub fn into_keys(self) -> String {
        let mut keys = self.digits;
        let terminator = self.ask.and_then(|ask| ask.terminator);
        keys.extend(terminator.filter(|_| self.ended == Some(Ended::Terminator)));
        keys
    }

    /// What was heard so far.
    pub fn heard(self) -> Heard {
        Heard { digits: self.digits, ended: self.ended.unwrap_or_default() }
    }
}

/// Keys pressed while sounds played for their own sake, or while an answer was awaited, for the question that follows.
#[derive(Default)]
pub struct TypeAhead(String);

impl TypeAhead {
    /// Begins a question with the keys that were kept, which are used up by it.
    pub fn begin<'a>(&mut self, ask: &'a Ask) -> Collector<'a> {
        let now = Instant::now();
        let mut collector = Collector::new(ask, now);
        std::mem::take(&mut self.0).chars().for_each(|key| collector.key(key, now));
        collector
    }

    /// Holds all keys for whichever question follows, behind those that were kept before.
    pub fn hold(&mut self) -> Collector<'static> {
        let digits = std::mem::take(&mut self.0);
        Collector { ask: None, digits, ended: None, quiet_since: Instant::now() }
    }

    /// Keeps the keys that a question was given before it was asked.
    pub fn keep(&mut self, collector: Collector<'_>) {
        self.0 = collector.into_keys();
    }
}
