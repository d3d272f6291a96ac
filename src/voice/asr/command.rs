//! Speech recognition by a program.

use std::time::Duration;

use super::limits::MAX_REPLY_BYTES;
use super::utterance::UtteranceAudio;
use crate::script::voice::AsrError;
use crate::voice::program::{self, ProgramErrorReason, ProgramInput, ProgramValues};
use crate::voice::settings::EngineProgram;

/// Returns the program's standard output. Its standard error may repeat what was said, so no error contains it.
pub(super) async fn transcribe(
    program: &EngineProgram,
    utterance: &UtteranceAudio,
    language: &str,
    timeout: Duration,
) -> Result<String, AsrError> {
    let values = ProgramValues { language, ..ProgramValues::default() };
    let wav = utterance.to_wav()?;
    let output =
        program::run(program, &values, ProgramInput::File(&wav), timeout, MAX_REPLY_BYTES).await;
    match output.map_err(|error| error.reason) {
        Ok(transcript) => Ok(String::from_utf8_lossy(&transcript).into_owned()),
        Err(ProgramErrorReason::NoOutput) => Ok(String::new()),
        Err(reason) => Err(AsrError(reason.to_string())),
    }
}
