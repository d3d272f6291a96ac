//! Detects questions: times at which a caller can tell that keys are expected. The simulated caller presses keys only
//! then.

use std::time::Duration;

use tokio::time::Instant;

/// If no key was pressed, a sound belongs to a new question only after more silence than this.
const NEW_QUESTION_PAUSE: Duration = Duration::from_millis(100);

/// The current question. Sounds that directly follow each other belong to one question.
#[derive(Debug, Default)]
pub(super) struct FakeEslQuestion {
    /// The first sound of the question; `None` if it has none so far.
    first_sound: Option<String>,
    /// `None` while a sound is played, and before the first sound.
    silent_since: Option<Instant>,
    /// A key was pressed.
    has_key: bool,
    /// A key was pressed in silence or ended a sound: no more sounds of this question follow.
    is_interrupted: bool,
}

impl FakeEslQuestion {
    /// A sound starts. Returns whether it belongs to a new question.
    pub(super) fn start_sound(&mut self, sound: &str) -> bool {
        let is_new = self.is_over(sound);
        if is_new {
            *self = Self::default();
        }
        self.first_sound.get_or_insert_with(|| sound.to_owned());
        self.silent_since = None;
        is_new
    }

    /// Nothing is played. Returns whether this is a question without a sound.
    pub(super) fn start_silence(&mut self) -> bool {
        self.silent_since = Some(Instant::now());
        self.first_sound.is_none()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent_since.is_some()
    }

    pub(super) fn key_pressed(&mut self) {
        self.has_key = true;
        self.is_interrupted |= self.is_silent();
    }

    /// A sound ended before its end.
    pub(super) fn sound_interrupted(&mut self) {
        self.is_interrupted |= self.has_key;
    }

    /// Whether a sound that starts now belongs to a new question. A question that keys do not interrupt is asked again
    /// if its first sound is played again.
    fn is_over(&self, sound: &str) -> bool {
        let is_first = self.first_sound.is_none() && self.silent_since.is_none();
        let is_repeated = self.has_key && self.first_sound.as_deref() == Some(sound);
        let paused = self.silent_since.is_some_and(|since| since.elapsed() > NEW_QUESTION_PAUSE);
        is_first || is_repeated || paused || self.is_interrupted
    }
}
