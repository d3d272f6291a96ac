//! A program that listens.

use std::time::Duration;

use super::{MOST_ANSWER, utterance::Utterance};
use crate::script::voice::Deaf;
use crate::voice::program::{self, Input, Reason, Values};
use crate::voice::settings::Program;

/// Its standard output. What it complains of may repeat what was said, so only its end is told.
pub(super) async fn words(
    program: &Program,
    utterance: &Utterance,
    language: &str,
    time: Duration,
) -> Result<String, Deaf> {
    let values = Values { language, ..Values::default() };
    let wav = utterance.wav()?;
    let output = program::run(program, &values, Input::File(&wav), time, MOST_ANSWER).await;
    match output.map_err(|failed| failed.reason) {
        Ok(words) => Ok(String::from_utf8_lossy(&words).into_owned()),
        Err(Reason::Nothing) => Ok(String::new()),
        Err(reason) => Err(Deaf(reason.to_string())),
    }
}
