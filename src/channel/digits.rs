//! The rules by which keys become digits: first digit and gap, length, terminator. Pure: keys and times are fed to it,
//! by both drivers.

use std::time::Duration;

use tokio::time::Instant;

use crate::channel::{DigitOptions, Digits, DigitsEnd};

/// Most keys that are held for a question that is not known yet: the longest input with its terminator.
const MAX_HELD_KEYS: usize = 33;
/// All that a telephone can have.
const ALL_KEYS: &str = "0123456789*#ABCD";

/// Collects the digits of one question, or holds all keys for one that is not known yet.
pub struct DigitCollector<'a> {
    options: Option<&'a DigitOptions>,
    digits: String,
    end: Option<DigitsEnd>,
    silent_since: Instant,
}

impl<'a> DigitCollector<'a> {
    /// Nothing entered yet; silence counts from `now`, or from a later [`DigitCollector::prompt_finished`].
    pub fn new(ask: &'a DigitOptions, now: Instant) -> Self {
        Self { options: Some(ask), digits: String::new(), end: None, silent_since: now }
    }

    /// A key was released. Keys that mean nothing here, or come after the end, change nothing.
    pub fn push_key(&mut self, key: char, now: Instant) {
        let Some(ask) = self.options else { return self.push_held_key(key) };
        if self.end.is_some() || !ask.accepts(key) {
            return;
        }
        self.silent_since = now;
        if Some(key) == ask.terminator {
            self.end = Some(DigitsEnd::Terminator);
        } else {
            self.digits.push(key);
            self.end = (self.digits.len() >= ask.max_digits).then_some(DigitsEnd::MaxDigits);
        }
    }

    fn push_held_key(&mut self, key: char) {
        if self.digits.len() < MAX_HELD_KEYS && ALL_KEYS.contains(key) {
            self.digits.push(key);
        }
    }

    /// The keys that mean something now: none when the input is complete.
    pub fn accepted_keys(&self) -> String {
        if self.is_complete() {
            return String::new();
        }
        let Some(ask) = self.options else { return ALL_KEYS.to_owned() };
        let terminator = ask.terminator.filter(|key| !key.is_ascii_digit());
        ('0'..='9').chain(terminator).collect()
    }

    /// The prompt has been heard: silence counts from here.
    pub fn prompt_finished(&mut self, now: Instant) {
        self.silent_since = now;
    }

    /// Whether the input is complete, silence aside.
    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// Whether a key was taken.
    pub fn has_keys(&self) -> bool {
        self.is_complete() || !self.digits.is_empty()
    }

    /// Whether a key may end the prompt.
    pub fn allows_barge_in(&self) -> bool {
        self.options.is_some_and(|ask| ask.barge_in)
    }

    /// Whether the prompt need not be heard any further.
    pub fn ends_prompt(&self) -> bool {
        self.allows_barge_in() && self.has_keys()
    }

    /// How long to wait for the next key; `None` when the input is complete or silence has ended it.
    pub fn remaining_time(&self, now: Instant) -> Option<Duration> {
        let ask = self.options?;
        let wait =
            if self.digits.is_empty() { ask.first_digit_timeout } else { ask.inter_digit_timeout };
        let left = (self.silent_since + wait).saturating_duration_since(now);
        (self.end.is_none() && !left.is_zero()).then_some(left)
    }

    /// The keys that were taken, terminator included: to be fed to a later question.
    pub fn into_keys(self) -> String {
        let mut keys = self.digits;
        let terminator = self.options.and_then(|ask| ask.terminator);
        keys.extend(terminator.filter(|_| self.end == Some(DigitsEnd::Terminator)));
        keys
    }

    /// What was heard so far.
    pub fn into_digits(self) -> Digits {
        Digits { digits: self.digits, end: self.end.unwrap_or_default() }
    }
}

/// Keys pressed while sounds played for their own sake, or while an answer was awaited, for the question that follows.
#[derive(Default)]
pub struct TypeAheadBuffer(String);

impl TypeAheadBuffer {
    /// Begins a question with the keys that were kept, which are used up by it.
    pub fn start_collector<'a>(&mut self, ask: &'a DigitOptions) -> DigitCollector<'a> {
        let now = Instant::now();
        let mut collector = DigitCollector::new(ask, now);
        std::mem::take(&mut self.0).chars().for_each(|key| collector.push_key(key, now));
        collector
    }

    /// Holds all keys for whichever question follows, behind those that were kept before.
    pub fn start_holding(&mut self) -> DigitCollector<'static> {
        let digits = std::mem::take(&mut self.0);
        DigitCollector { options: None, digits, end: None, silent_since: Instant::now() }
    }

    /// Keeps the keys that a question was given before it was asked.
    pub fn store(&mut self, collector: DigitCollector<'_>) {
        self.0 = collector.into_keys();
    }
}
