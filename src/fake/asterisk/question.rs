//! Whether the caller can tell that keys are expected. The simulated caller presses keys only then.

pub(super) const ALL_KEYS: &str = "0123456789*#ABCD";

/// The last step of the current question. One question may consist of several commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeAgiQuestion {
    None,
    /// A prompt that keys may interrupt, and whether one did.
    Prompt(bool),
    /// A wait for a key, and whether it timed out.
    Wait(bool),
}

/// A sound that every key may interrupt asks for nothing: the driver only collects keys that are typed ahead.
pub(super) fn asks_for_digits(keys: &str) -> bool {
    !keys.is_empty() && !ALL_KEYS.chars().all(|key| keys.contains(key))
}
