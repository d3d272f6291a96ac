//! Detects questions: times at which a caller can tell that keys are expected. The simulated caller presses keys only
//! then.

pub(super) const ALL_KEYS: &str = "0123456789*#ABCD";

/// The last command of the current question. One question can consist of several commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeAgiQuestion {
    None,
    /// A sound that keys can interrupt. `true` if a key interrupted it.
    Prompt(bool),
    /// A wait for a key. `true` if it timed out.
    Wait(bool),
}

/// Whether a sound that these keys can interrupt asks for digits. If every key can interrupt it, it does not: the
/// server only collects type-ahead.
pub(super) fn asks_for_digits(keys: &str) -> bool {
    !keys.is_empty() && !ALL_KEYS.chars().all(|key| keys.contains(key))
}
