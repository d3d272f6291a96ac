//! Whether the caller can tell that keys are expected. The simulated caller presses keys only then.

use std::time::Duration;

use tokio::time::Instant;

/// If no key came, a sound is a new question only after this much silence.
const NEW_QUESTION_PAUSE: Duration = Duration::from_millis(100);

/// The last step of the current question. Sounds that follow each other directly are one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeEslQuestion {
    None,
    /// A sound, and whether a key was pressed during it.
    Sound(bool),
    /// Silence, and its start.
    Silence(Instant),
}

impl FakeEslQuestion {
    /// Whether a sound that starts now belongs to a new question.
    pub(super) fn is_over(self) -> bool {
        match self {
            Self::None => true,
            Self::Sound(key) => key,
            Self::Silence(since) => since.elapsed() > NEW_QUESTION_PAUSE,
        }
    }
}
