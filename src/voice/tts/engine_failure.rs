//! Why an engine produced no sound.

use crate::script::template::RedactedText;
use crate::voice::program::ProgramError;

/// A line of standard error is not logged if it repeats this many consecutive characters of the text.
const REVEALING_CHARS: usize = 8;

pub(super) struct EngineFailure {
    /// Contains nothing that the engine wrote.
    pub(super) reason: String,
    stderr_line: Option<String>,
}

impl EngineFailure {
    /// Returns the last line of the engine's standard error, unless it may quote the text: engines repeat what they
    /// can't process.
    pub(super) fn loggable_stderr(&self, text: &RedactedText) -> Option<&str> {
        self.stderr_line.as_deref().filter(|line| !reveals_text(line, text))
    }
}

fn reveals_text(line: &str, text: &RedactedText) -> bool {
    let chars: Vec<char> = text.text().trim().chars().collect();
    let mut excerpts = chars.windows(chars.len().clamp(1, REVEALING_CHARS));
    text.is_sensitive()
        || excerpts.any(|excerpt| line.contains(&excerpt.iter().collect::<String>()))
}

impl From<String> for EngineFailure {
    fn from(reason: String) -> Self {
        Self { reason, stderr_line: None }
    }
}

impl From<ProgramError> for EngineFailure {
    fn from(error: ProgramError) -> Self {
        Self { reason: error.to_string(), stderr_line: error.stderr_line }
    }
}
