//! A running `record`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::text::split;
use crate::fake::recording::FakeRecording;

/// How much silence ends a recording if the command does not say it.
const DEFAULT_SILENCE_SECONDS: u64 = 3;

pub(super) struct FakeRecorder {
    pub(super) file: PathBuf,
    pub(super) recording: FakeRecording,
    deadline: Option<Instant>,
    max_silence: Duration,
}

impl FakeRecorder {
    /// Starts a recording. `argument` is `FILE SECONDS THRESHOLD SILENCE`. `None` if the file can't be opened.
    pub(super) fn start(argument: &str, now: Instant) -> Option<Self> {
        let words = split(argument, ' ');
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0);
        let file = PathBuf::from(words.first().map_or("", String::as_str));
        std::fs::write(&file, "").ok()?;
        // FreeSWITCH stops once the whole seconds that have passed exceed the limit.
        let limit = Some(number(1)).filter(|&limit| limit > 0);
        let deadline = limit.map(|limit| now + Duration::from_secs(limit + 1));
        let silence = if number(3) == 0 { DEFAULT_SILENCE_SECONDS } else { number(3) };
        let (recording, max_silence) = (FakeRecording::start(now), Duration::from_secs(silence));
        Some(Self { file, recording, deadline, max_silence })
    }

    pub(super) fn is_silent(&self, now: Instant) -> bool {
        now >= self.recording.silent_since() + self.max_silence
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }
}
