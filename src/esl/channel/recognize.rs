//! Speech recognition by FreeSWITCH: `play_and_detect_speech`.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::sounds::warn_unplayable;
use super::{EslChannel, ends_listening};
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, RecognizeOptions, RecognizeResult, Sound};
use crate::esl::asr_result::parse_recognition;
use crate::esl::command::EventUuid;
use crate::esl::connection::{ExecutionCompletion, ExecutionWait, REPLY_TIMEOUT};
use crate::esl::variable;

/// Maximum duration of a prompt that plays during the recognition.
const MAX_PROMPT_DURATION: Duration = Duration::from_secs(120);
/// 10 ms of silence, if there is no prompt.
const SILENT_PROMPT: &str = "silence_stream://10";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// [`Channel::recognize`](crate::channel::Channel::recognize)
    pub(super) async fn recognize_speech(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.connection.ensure_alive()?;
        if !is_engine_name(options.engine) {
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
        match self.detect_speech(&file, options, collector.as_deref_mut()).await? {
            RecognizeResult::Failed(reason) if reason == GENERIC_ERROR && file != SILENT_PROMPT => {
                if let Some(prompt) = prompt {
                    warn_unplayable(&self.caller.call_id, prompt).await;
                }
                self.detect_speech(SILENT_PROMPT, options, collector).await
            }
            result => Ok(result),
        }
    }

    async fn detect_speech(
        &mut self,
        file: &str,
        options: &RecognizeOptions<'_>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let argument = format!("{file} {}", detect_argument(options));
        let argument = variable::application_argument(argument, self.expansion());
        let (detect, execution) = self.connection.execute("play_and_detect_speech", &argument)?;
        self.recognizer_used = true;
        self.start_application(detect).await?;
        let timeout =
            MAX_PROMPT_DURATION + options.no_input_timeout + options.max_duration + REPLY_MARGIN;
        let ends_wait = |key| ends_listening(&mut collector, key);
        match self
            .connection
            .wait_for_end_or_key(execution, Instant::now() + timeout, ends_wait)
            .await?
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

    /// The file that plays during the recognition. A sound that is not a file is played here, before the recognition.
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

    /// `detect_speech stop` ends the application; `break` would only end the prompt
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

/// The response for a prompt that cannot be played, and for some other errors. An unknown grammar or engine has its own
/// response (`switch_ivr_play_and_detect_speech`).
const GENERIC_ERROR: &str = "ERROR";
/// Separates the prompt from the engine.
const DETECT_PREFIX: &str = "detect:";

/// Whether the name is one word, with an optional profile after a colon.
fn is_engine_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// `detect:ENGINE {PARAMETERS}GRAMMAR`. The parameters are those of MRCP; an engine may support only some of them.
/// Parameters that the script has written before its grammar come last and take precedence. The grammar is the rest of
/// the line, in which FreeSWITCH interprets only quotes and backslashes.
fn detect_argument(options: &RecognizeOptions<'_>) -> String {
    let RecognizeOptions { engine, grammar, .. } = *options;
    let (parameters, grammar) =
        match grammar.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((parameters, grammar)) => (format!(",{parameters}"), grammar),
            None => (String::new(), grammar),
        };
    let no_input = options.no_input_timeout.as_millis();
    let silence = options.end_silence.as_millis();
    let maximum = options.max_duration.as_millis();
    let timeouts = format!(
        "start-input-timers=false,no-input-timeout={no_input},speech-timeout={silence},\
         speech-complete-timeout={silence},recognition-timeout={maximum}"
    );
    format!(
        "{DETECT_PREFIX}{engine} {}",
        variable::quote_word(&format!("{{{timeouts}{parameters}}}{grammar}"))
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
