//! What a caller says, recognised by the switch's own engine: `play_and_detect_speech`.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::EslChannel;
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, RecognizeOptions, RecognizeResult, Sound};
use crate::esl::asr_result::parse_recognition;
use crate::esl::command::EventUuid;
use crate::esl::connection::{ExecutionCompletion, ExecutionWait, REPLY_TIMEOUT};
use crate::esl::variable;

/// For the prompt that is played inside of the recognition.
const MAX_PROMPT_DURATION: Duration = Duration::from_secs(120);
/// A moment without a sound, where there is no prompt.
const SILENT_PROMPT: &str = "silence_stream://10";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// See [`Leg::recognise`](crate::channel::leg::Leg::recognise).
    pub(super) async fn recognize_speech(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.connection.ensure_alive()?;
        if !is_engine_name(recognition.engine) {
            return Ok(RecognizeResult::Failed(
                "FreeSWITCH has no default speech engine: set one".into(),
            ));
        }
        let file = match prompt {
            Some(sound) => self.prompt_file(sound, collector.as_deref_mut()).await?,
            None => SILENT_PROMPT.to_owned(),
        };
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(RecognizeResult::Key);
        }
        match self.detect_speech(&file, recognition, collector.as_deref_mut()).await? {
            RecognizeResult::Failed(reason) if reason == GENERIC_ERROR && file != SILENT_PROMPT => {
                warn!(call_id = ?self.caller.call_id, sound = ?prompt, "the switch can't play a sound");
                self.detect_speech(SILENT_PROMPT, recognition, collector).await
            }
            recognised => Ok(recognised),
        }
    }

    async fn detect_speech(
        &mut self,
        file: &str,
        recognition: &RecognizeOptions<'_>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let argument = format!("{file} {}", detect_argument(recognition));
        let argument = variable::application_argument(argument, self.expansion());
        let (detect, execution) = self.connection.execute("play_and_detect_speech", &argument)?;
        self.recognizer_used = true;
        self.start_application(detect).await?;
        let time = MAX_PROMPT_DURATION
            + recognition.no_input_timeout
            + recognition.max_duration
            + REPLY_MARGIN;
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return true };
            collector.push_key(key, Instant::now());
            collector.has_keys()
        };
        match self.connection.wait_for_end_or_key(execution, Instant::now() + time, is_last).await?
        {
            ExecutionWait::Ended(completion) => Ok(recognize_result(&completion)),
            ExecutionWait::Key => {
                self.stop_recognition(execution, collector).await?;
                Ok(RecognizeResult::Key)
            }
            ExecutionWait::TimedOut => {
                self.stop_recognition(execution, collector).await?;
                Ok(RecognizeResult::Failed("speech recognition did not end in time".into()))
            }
        }
    }

    /// The file that is played while FreeSWITCH listens already. What is no file is played before.
    async fn prompt_file(
        &mut self,
        sound: &Sound,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<String, Interruption> {
        if let Sound::File(name) | Sound::Named(name) = sound
            && !name.contains(DETECT_PREFIX)
        {
            return Ok(name.to_string());
        }
        self.play_all(std::slice::from_ref(sound), collector).await?;
        Ok(SILENT_PROMPT.to_owned())
    }

    /// `break` ends the prompt alone; when the recognition is closed, it ends with it
    /// (`switch_ivr_play_and_detect_speech`).
    async fn stop_recognition(
        &mut self,
        execution: EventUuid,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let (stop, _) = self.connection.execute("detect_speech", "stop")?;
        self.connection.send(&[stop]).await?;
        self.connection.wait_for_end(execution, REPLY_TIMEOUT, collector).await.map(drop)
    }
}

/// Said of a prompt that can't be played, too: a grammar or an engine that is not there has an error of its own
/// (`switch_ivr_play_and_detect_speech`).
const GENERIC_ERROR: &str = "ERROR";
/// What stands between the prompt and the engine.
const DETECT_PREFIX: &str = "detect:";

/// An engine's name is one word, with a profile behind a colon.
fn is_engine_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// `detect:ENGINE {PARAMETERS}GRAMMAR`. The parameters are those of MRCP, of which an engine knows some; what the
/// grammar brings along counts more. A grammar is the rest of the line, of which only quotes and backslashes are read.
fn detect_argument(recognition: &RecognizeOptions<'_>) -> String {
    let RecognizeOptions { engine, grammar, .. } = *recognition;
    let (own, grammar) = match grammar.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((own, grammar)) => (format!(",{own}"), grammar),
        None => (String::new(), grammar),
    };
    let start = recognition.no_input_timeout.as_millis();
    let silence = recognition.end_silence.as_millis();
    let maximum = recognition.max_duration.as_millis();
    let times = format!(
        "start-input-timers=false,no-input-timeout={start},speech-timeout={silence},\
         speech-complete-timeout={silence},recognition-timeout={maximum}"
    );
    format!(
        "{DETECT_PREFIX}{engine} {}",
        variable::quote_word(&format!("{{{times}{own}}}{grammar}"))
    )
}

fn recognize_result(completion: &ExecutionCompletion) -> RecognizeResult {
    match &*completion.response() {
        "USAGE ERROR" | "GRAMMAR ERROR" | "ASR INIT ERROR" | GENERIC_ERROR => {
            RecognizeResult::Failed(completion.response().into_owned())
        }
        _ => parse_recognition(&completion.variable("detect_speech_result").unwrap_or_default()),
    }
}
