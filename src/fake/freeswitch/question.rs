//! Whether the caller is being asked for keys, as far as the caller can tell.

use std::time::Duration;

use tokio::time::Instant;

/// How long the channel must have been parked for a sound to be a new question, where no key came.
const NEW_QUESTION_PAUSE: Duration = Duration::from_millis(100);

/// What a caller was asked last, as far as a caller can tell: sounds at once after another are one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeEslQuestion {
    None,
    /// A sound, and whether a key came in it.
    Sound(bool),
    /// Silence, and since when.
    Silence(Instant),
}

impl FakeEslQuestion {
    /// Whether a sound that starts now is a new question.
    pub(super) fn is_over(self) -> bool {
        match self {
            Self::None => true,
            Self::Sound(key) => key,
            Self::Silence(since) => since.elapsed() > NEW_QUESTION_PAUSE,
        }
    }
}
