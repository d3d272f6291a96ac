//! Whether the caller is being asked for keys, as far as the caller can tell.

pub(super) const ALL_KEYS: &str = "0123456789*#ABCD";

/// What the current question did last: one question may be made of several commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeAgiQuestion {
    None,
    /// A prompt that accepts keys, and whether a key ended it.
    Prompt(bool),
    /// A wait for a key, and whether it timed out.
    Wait(bool),
}

/// A sound that every key may interrupt asks for nothing: the driver only collects keys that are typed ahead.
pub(super) fn asks_for_digits(keys: &str) -> bool {
    !keys.is_empty() && !ALL_KEYS.chars().all(|key| keys.contains(key))
}
