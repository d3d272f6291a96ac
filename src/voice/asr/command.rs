//! A program that listens.

use std::time::Duration;

use super::{MAX_REPLY_BYTES, utterance::UtteranceAudio};
use crate::script::voice::AsrError;
use crate::voice::program::{self, ProgramErrorReason, ProgramInput, ProgramValues};
use crate::voice::settings::EngineProgram;

/// Its standard output. What it complains of may repeat what was said, so only its end is told.
pub(super) async fn transcribe(
    program: &EngineProgram,
    utterance: &UtteranceAudio,
    language: &str,
    time: Duration,
) -> Result<String, AsrError> {
    let values = ProgramValues { language, ..ProgramValues::default() };
    let wav = utterance.to_wav()?;
    let output =
        program::run(program, &values, ProgramInput::File(&wav), time, MAX_REPLY_BYTES).await;
    match output.map_err(|failed| failed.reason) {
        Ok(words) => Ok(String::from_utf8_lossy(&words).into_owned()),
        Err(ProgramErrorReason::NoOutput) => Ok(String::new()),
        Err(reason) => Err(AsrError(reason.to_string())),
    }
}
