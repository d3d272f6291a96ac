//! The rules that turn keypresses into digits: which keys count, first-digit and inter-digit timeout, maximum length,
//! terminator, the key that clears the input. Both drivers use them. Keys and times are passed in; nothing here waits.
//!
//! A digit is any key that is part of the input, as in "DTMF digit": also `*`, if the question takes it.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::key_set::{KeySet, is_dtmf_key};

/// Maximum number of keys that are buffered while the next question is not known: the longest input and its terminator,
/// and as many keys before it that are cleared.
const MAX_TYPE_AHEAD_KEYS: usize = 66;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitOptions {
    /// The keys that are input. Neither the terminator nor the clear key is among them.
    pub keys: KeySet,
    /// The input is complete when it has this many digits.
    pub max_digits: usize,
    /// Maximum silence between the end of the prompt and the first digit.
    pub first_digit_timeout: Duration,
    /// Maximum silence between two digits.
    pub inter_digit_timeout: Duration,
    /// Key that ends the input without being part of it.
    pub terminator: Option<char>,
    /// Key that drops what was entered, so that the input begins anew.
    pub clear: Option<char>,
    /// Whether a key ends the prompt.
    pub barge_in: bool,
}

impl DigitOptions {
    /// The keys that count: those that are input, the terminator and the clear key. Other keys are ignored and
    /// interrupt nothing.
    pub(crate) fn accepted_keys(&self) -> KeySet {
        self.keys.keys().chain(self.terminator).chain(self.clear).collect()
    }
}

/// Digits that the caller entered.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Digits {
    /// Without the terminator.
    pub digits: String,
    pub end: DigitsEnd,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DigitsEnd {
    /// The first-digit or the inter-digit timeout.
    #[default]
    Timeout,
    Terminator,
    MaxDigits,
}

/// Digits may be a PIN, so only their number is shown.
impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digits({} digits, {:?})", self.digits.len(), self.end)
    }
}

/// Collects the digits of one question. While the next question is not known, collects all keys for it.
pub struct DigitCollector<'a> {
    /// `None` while the question is not known.
    options: Option<&'a DigitOptions>,
    digits: String,
    end: Option<DigitsEnd>,
    /// Whether the clear key was pressed.
    cleared: bool,
    silent_since: Instant,
}

impl<'a> DigitCollector<'a> {
    /// The first-digit timeout starts at `now`, and starts again at [`prompt_finished`](Self::prompt_finished).
    pub fn new(options: &'a DigitOptions, now: Instant) -> Self {
        Self {
            options: Some(options),
            digits: String::new(),
            end: None,
            cleared: false,
            silent_since: now,
        }
    }

    /// Adds a key that was pressed. Keys that the question does not accept, and keys after the end, are ignored.
    pub fn push_key(&mut self, key: char, now: Instant) {
        let Some(options) = self.options else { return self.push_type_ahead(key) };
        if self.end.is_some() || !options.accepted_keys().contains(key) {
            return;
        }
        self.silent_since = now;
        if Some(key) == options.terminator {
            self.end = Some(DigitsEnd::Terminator);
        } else if Some(key) == options.clear {
            self.digits.clear();
            self.cleared = true;
        } else {
            self.digits.push(key);
            self.end = (self.digits.len() >= options.max_digits).then_some(DigitsEnd::MaxDigits);
        }
    }

    fn push_type_ahead(&mut self, key: char) {
        if self.digits.len() < MAX_TYPE_AHEAD_KEYS && is_dtmf_key(key) {
            self.digits.push(key);
        }
    }

    /// The keys that are accepted now; none once the input is complete.
    pub fn accepted_keys(&self) -> KeySet {
        match self.options {
            _ if self.is_complete() => KeySet::NONE,
            Some(options) => options.accepted_keys(),
            None => KeySet::ALL,
        }
    }

    /// Records that the prompt has ended: the timeout starts again at `now`.
    pub fn prompt_finished(&mut self, now: Instant) {
        self.silent_since = now;
    }

    /// Whether the terminator or the last digit was entered. An input that has timed out is not complete.
    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// Whether any key was accepted.
    pub(crate) fn has_keys(&self) -> bool {
        self.is_complete() || self.cleared || !self.digits.is_empty()
    }

    /// Whether a key may end the prompt.
    pub fn allows_barge_in(&self) -> bool {
        self.options.is_some_and(|options| options.barge_in)
    }

    /// Whether a key has ended the prompt.
    pub fn ends_prompt(&self) -> bool {
        self.allows_barge_in() && self.has_keys()
    }

    /// How long to wait for the next key. `None` once the input is complete or has timed out, and while the question is
    /// not known.
    pub fn remaining_time(&self, now: Instant) -> Option<Duration> {
        let options = self.options?;
        let timeout = if self.digits.is_empty() {
            options.first_digit_timeout
        } else {
            options.inter_digit_timeout
        };
        let remaining = (self.silent_since + timeout).saturating_duration_since(now);
        (self.end.is_none() && !remaining.is_zero()).then_some(remaining)
    }

    /// The keys that lead to this state, to be pushed to the collector of a later question.
    pub fn into_keys(self) -> String {
        let key = |key: fn(&DigitOptions) -> Option<char>| self.options.and_then(key);
        let clear = key(|options| options.clear).filter(|_| self.cleared);
        let terminator = key(|options| options.terminator);
        let terminator = terminator.filter(|_| self.end == Some(DigitsEnd::Terminator));
        clear.into_iter().chain(self.digits.chars()).chain(terminator).collect()
    }

    /// The digits entered so far.
    pub fn into_digits(self) -> Digits {
        Digits { digits: self.digits, end: self.end.unwrap_or_default() }
    }
}

/// Type-ahead: keys pressed during a prompt that asks no question, or while a trigger's answer is awaited. They are
/// input for the next question.
#[derive(Default)]
pub struct TypeAheadBuffer(String);

impl TypeAheadBuffer {
    /// Begins a question with the buffered keys, and empties the buffer.
    pub fn start_collector<'a>(&mut self, options: &'a DigitOptions) -> DigitCollector<'a> {
        let now = Instant::now();
        let mut collector = DigitCollector::new(options, now);
        std::mem::take(&mut self.0).chars().for_each(|key| collector.push_key(key, now));
        collector
    }

    /// Starts to collect all keys for the next question, after those already buffered.
    pub fn start_holding(&mut self) -> DigitCollector<'static> {
        let digits = std::mem::take(&mut self.0);
        DigitCollector {
            options: None,
            digits,
            end: None,
            cleared: false,
            silent_since: Instant::now(),
        }
    }

    /// Buffers the keys of a collector for the next question.
    pub fn store(&mut self, collector: DigitCollector<'_>) {
        self.0 = collector.into_keys();
    }
}
