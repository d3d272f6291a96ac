//! Detects questions: times at which a caller can tell that keys are expected. The simulated caller presses keys only
//! then.

use std::time::Duration;

use tokio::time::Instant;

/// If no key was pressed, a sound belongs to a new question only after more silence than this.
const NEW_QUESTION_PAUSE: Duration = Duration::from_millis(100);

/// The last step of the current question. Sounds that directly follow each other belong to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeEslQuestion {
    None,
    /// A sound. `true` if a key was pressed during it.
    Sound(bool),
    /// Silence, since this time.
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
