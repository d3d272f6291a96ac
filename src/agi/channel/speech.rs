//! Speech: recorded for us, or recognised by an engine of Asterisk's.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::AgiChannel;
use super::sounds::{sound_name, without_extension};
use crate::agi::command::AgiCommand;
use crate::agi::connection::AgiCommandKind;
use crate::agi::reply::AgiReply;
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::{DTMF_KEYS, DigitCollector};
use crate::channel::{
    Channel, Interruption, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};

/// Samples of a recording in which there is only silence: Asterisk cuts it to one second of it, in frames of 20 ms
/// (`handle_recordfile`). Beyond that something was said, if only for a tenth of a second.
const MAX_SILENT_SAMPLES: u64 = 8_800;
/// For a prompt that is heard while an engine listens: nothing else tells how long it is.
const MAX_PROMPT_DURATION: Duration = Duration::from_secs(600);
/// What a grammar is called while it is loaded.
const GRAMMAR_NAME: &str = "dialscript";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// One RECORD FILE.
    pub(super) async fn record_file(
        &mut self,
        recording: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.connection.ensure_alive()?;
        let keys =
            collector.as_ref().map_or(DTMF_KEYS.to_owned(), |collector| collector.accepted_keys());
        let RecordOptions { file, end_silence: silence, .. } = *recording;
        let maximum = recording.max_duration.min(self.connection.deadline.remaining());
        let command = AgiCommand::record_file(without_extension(file), &keys, maximum, silence)?;
        let reply =
            self.connection.run(command, AgiCommandKind::Other, maximum + REPLY_MARGIN).await?;
        match note_word(&reply) {
            b"timeout" => Ok(record_result(&reply)),
            b"dtmf" => {
                if let (Some(key), Some(collector)) = (reply.key(), collector) {
                    collector.push_key(key, Instant::now());
                }
                Ok(RecordResult::Key)
            }
            b"hangup" => Err(Interruption::caller_hung_up()),
            _ => self.record_failure(&reply).await,
        }
    }

    /// What is neither is `(writefile)`, or a channel that broke.
    async fn record_failure(&mut self, reply: &AgiReply) -> Result<RecordResult, Interruption> {
        self.connection.run_command(AgiCommand::channel_status()).await?;
        self.connection.ensure_alive()?;
        Ok(RecordResult::Failed(match note_word(reply) {
            b"writefile" => "Asterisk cannot write to the recordings folder".to_owned(),
            other => format!("Asterisk cannot record: {}", other.escape_ascii()),
        }))
    }

    /// SPEECH CREATE to SPEECH DESTROY. What Asterisk refuses is no reason to end the call.
    pub(super) async fn recognize_speech(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let prompt = self.prompt_file(prompt, collector.as_deref_mut()).await?;
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(RecognizeResult::Key);
        }
        let recognised = match self.load_recognizer(recognition).await {
            Ok(Ok(())) => self.recognize_with_grammar(recognition, prompt, collector).await,
            Ok(Err(reason)) => Ok(RecognizeResult::Failed(reason)),
            Err(interrupted) => Err(interrupted),
        };
        match recognised {
            Err(Interruption::Refused(reason)) => Ok(RecognizeResult::Failed(reason)),
            // The next key may come at once, and would be lost: the engine is let go later, or by Asterisk at the end.
            Ok(RecognizeResult::Key) => Ok(RecognizeResult::Key),
            Ok(recognised) => {
                self.unload_recognizer().await?;
                Ok(recognised)
            }
            Err(interrupted) => Err(interrupted),
        }
    }

    /// The file that plays while an engine listens. What is no file is played before.
    async fn prompt_file<'a>(
        &mut self,
        prompt: Option<&'a Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<&'a str, Interruption> {
        let Some(sound) = prompt else { return Ok("") };
        if matches!(sound, Sound::File(_) | Sound::Named(_) | Sound::Url(_)) {
            return Ok(sound_name(sound));
        }
        self.play_sounds(std::slice::from_ref(sound), collector).await?;
        Ok("")
    }

    /// The engine and its grammar; the reason where there is none.
    async fn load_recognizer(
        &mut self,
        recognition: &RecognizeOptions<'_>,
    ) -> Result<Result<(), String>, Interruption> {
        let RecognizeOptions { engine, grammar, .. } = *recognition;
        self.connection.ensure_alive()?;
        self.unload_recognizer().await?;
        if !self.command_succeeds(AgiCommand::speech_create(engine)?).await? {
            let which = if engine.is_empty() { "default" } else { engine };
            return Ok(Err(format!("Asterisk cannot load the speech engine: {which}")));
        }
        self.recognizer_loaded = true;
        let refused = || Ok(Err(format!("the speech engine rejected the grammar {grammar}")));
        let activated = match grammar {
            "" => return Ok(Ok(())),
            path if path.starts_with('/') => {
                if !self
                    .command_succeeds(AgiCommand::speech_load_grammar(GRAMMAR_NAME, path)?)
                    .await?
                {
                    return refused();
                }
                GRAMMAR_NAME
            }
            name => name,
        };
        match self.command_succeeds(AgiCommand::speech_activate_grammar(activated)?).await? {
            true => Ok(Ok(())),
            false => refused(),
        }
    }

    async fn unload_recognizer(&mut self) -> Result<(), Interruption> {
        if std::mem::take(&mut self.recognizer_loaded) {
            self.connection.run_command(AgiCommand::speech_destroy()).await?;
        }
        Ok(())
    }

    async fn command_succeeds(&mut self, command: AgiCommand) -> Result<bool, Interruption> {
        Ok(self.connection.run_command(command).await?.result_number() == Some(1))
    }

    /// Keys that mean nothing end SPEECH RECOGNIZE too: it goes on listening with the next one, and the engine keeps
    /// what it heard before (`handle_speechrecognize` starts it only when it had come to an end).
    async fn recognize_with_grammar(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        mut prompt: &str,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let time = recognition.no_input_timeout + recognition.max_duration;
        let mut time = time.min(self.connection.deadline.remaining());
        let mut due = None;
        loop {
            let lasts = if prompt.is_empty() { time } else { time + MAX_PROMPT_DURATION };
            let command = AgiCommand::speech_recognize(prompt, time)?;
            let reply =
                self.connection.run(command, AgiCommandKind::Other, lasts + REPLY_MARGIN).await?;
            let key = match reply {
                AgiReply::Speech(words) => {
                    return Ok(RecognizeResult::Words(words.decode().into_owned()));
                }
                AgiReply::Digit(key) => key,
                reply => return recognize_result(&reply),
            };
            let Some(collector) = collector.as_mut() else { return Ok(RecognizeResult::Key) };
            let now = Instant::now();
            collector.push_key(key, now);
            time = due.get_or_insert(now + time).saturating_duration_since(now);
            if collector.has_keys() {
                return Ok(RecognizeResult::Key);
            }
            if time.is_zero() {
                return Ok(RecognizeResult::Silence);
            }
            prompt = "";
        }
    }
}

fn recognize_result(reply: &AgiReply) -> Result<RecognizeResult, Interruption> {
    match note_word(reply) {
        b"timeout" => Ok(RecognizeResult::Silence),
        b"hangup" => Err(Interruption::caller_hung_up()),
        _ => Ok(RecognizeResult::Failed("SPEECH RECOGNIZE failed".into())),
    }
}

/// `(timeout)` is said of silence and of the longest time; only the latter has the result 0. A telephone that sends no
/// sound in silence never reaches the former.
fn record_result(reply: &AgiReply) -> RecordResult {
    let AgiReply::Success { endpos, .. } = reply else { return RecordResult::Silence };
    let samples = endpos.unwrap_or_default();
    let cut = reply.result_number() != Some(0);
    if samples == 0 || (cut && samples <= MAX_SILENT_SAMPLES) {
        RecordResult::Silence
    } else {
        RecordResult::Speech
    }
}

/// The word in parentheses; empty where there is none.
fn note_word(reply: &AgiReply) -> &[u8] {
    reply.note().map_or(b"", |note| note.as_bytes())
}
