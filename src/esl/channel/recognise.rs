//! What a caller says, recognised by the switch's own engine: `play_and_detect_speech`.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::EslChannel;
use crate::channel::digits::Collector;
use crate::channel::leg::{Recognised, Recognition};
use crate::channel::{Interrupted, Sound};
use crate::esl::command::EventUuid;
use crate::esl::link::{Completion, Followed, MARGIN, REPLY_TIME};
use crate::esl::speech::words;
use crate::esl::variable;

/// For the prompt that is played inside of the recognition.
const LONGEST_PROMPT: Duration = Duration::from_secs(120);
/// A moment without a sound, where there is no prompt.
const NO_PROMPT: &str = "silence_stream://10";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// See [`Leg::recognise`](crate::channel::leg::Leg::recognise).
    pub(super) async fn recognise_speech(
        &mut self,
        recognition: &Recognition<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        self.link.alive()?;
        if !is_engine(recognition.engine) {
            return Ok(Recognised::Failed("FreeSWITCH has no default engine: name one".into()));
        }
        let file = match prompt {
            Some(sound) => self.prompt_file(sound, collector.as_deref_mut()).await?,
            None => NO_PROMPT.to_owned(),
        };
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(Recognised::Key);
        }
        match self.detect(&file, recognition, collector.as_deref_mut()).await? {
            Recognised::Failed(reason) if reason == PROMPT_OR_ELSE && file != NO_PROMPT => {
                warn!(call_id = ?self.caller.call_id, sound = ?prompt, "the switch can't play a sound");
                self.detect(NO_PROMPT, recognition, collector).await
            }
            recognised => Ok(recognised),
        }
    }

    async fn detect(
        &mut self,
        file: &str,
        recognition: &Recognition<'_>,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        let argument = format!("{file} {}", detected_by(recognition));
        let argument = variable::argument(argument, self.expansion());
        let (detect, execution) = self.link.execute("play_and_detect_speech", &argument)?;
        self.has_listened = true;
        self.begin(detect).await?;
        let time = LONGEST_PROMPT + recognition.start + recognition.maximum + MARGIN;
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return true };
            collector.key(key, Instant::now());
            collector.has_keys()
        };
        match self.link.follow(execution, Instant::now() + time, is_last).await? {
            Followed::Ended(completion) => Ok(recognised(&completion)),
            Followed::Key => {
                self.stop_listening(execution, collector).await?;
                Ok(Recognised::Key)
            }
            Followed::Late => {
                self.stop_listening(execution, collector).await?;
                Ok(Recognised::Failed("the recognition did not end".into()))
            }
        }
    }

    /// The file that is played while FreeSWITCH listens already. What is no file is played before.
    async fn prompt_file(
        &mut self,
        sound: &Sound,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<String, Interrupted> {
        if let Sound::File(name) | Sound::OfSwitch(name) = sound
            && !name.contains(DETECT)
        {
            return Ok(name.to_string());
        }
        self.play_all(std::slice::from_ref(sound), collector).await?;
        Ok(NO_PROMPT.to_owned())
    }

    /// `break` ends the prompt alone; when the recognition is closed, it ends with it
    /// (`switch_ivr_play_and_detect_speech`).
    async fn stop_listening(
        &mut self,
        execution: EventUuid,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let (stop, _) = self.link.execute("detect_speech", "stop")?;
        self.link.send(&[stop]).await?;
        self.link.ended(execution, REPLY_TIME, collector).await.map(drop)
    }
}

/// Said of a prompt that can't be played, too: a grammar or an engine that is not there has an error of its own
/// (`switch_ivr_play_and_detect_speech`).
const PROMPT_OR_ELSE: &str = "ERROR";
/// What stands between the prompt and the engine.
const DETECT: &str = "detect:";

/// An engine's name is one word, with a profile behind a colon.
fn is_engine(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// `detect:ENGINE {PARAMETERS}GRAMMAR`. The parameters are those of MRCP, of which an engine knows some; what the
/// grammar brings along counts more. A grammar is the rest of the line, of which only quotes and backslashes are read.
fn detected_by(recognition: &Recognition<'_>) -> String {
    let Recognition { engine, grammar, .. } = *recognition;
    let (own, grammar) = match grammar.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((own, grammar)) => (format!(",{own}"), grammar),
        None => (String::new(), grammar),
    };
    let start = recognition.start.as_millis();
    let silence = recognition.silence.as_millis();
    let maximum = recognition.maximum.as_millis();
    let times = format!(
        "start-input-timers=false,no-input-timeout={start},speech-timeout={silence},\
         speech-complete-timeout={silence},recognition-timeout={maximum}"
    );
    format!("{DETECT}{engine} {}", variable::word(&format!("{{{times}{own}}}{grammar}")))
}

fn recognised(completion: &Completion) -> Recognised {
    match &*completion.response() {
        "USAGE ERROR" | "GRAMMAR ERROR" | "ASR INIT ERROR" | PROMPT_OR_ELSE => {
            Recognised::Failed(completion.response().into_owned())
        }
        _ => words(&completion.variable("detect_speech_result").unwrap_or_default()),
    }
}
