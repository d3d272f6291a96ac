//! Speech: recorded by Asterisk for our speech recognition, or recognized by one of Asterisk's speech engines.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::AgiChannel;
use super::sounds::{sound_name, without_extension};
use crate::agi::aborted_command::AgiCommandKind;
use crate::agi::command::AgiCommand;
use crate::agi::reply::AgiReply;
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::DigitCollector;
use crate::channel::{
    Channel, Interruption, KeySet, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult,
    Sound,
};
use crate::file_access::explain::with_explanation;

/// Maximum length in samples of a recording that contains only silence. Asterisk cuts such a recording to one second,
/// in frames of 20 ms (`handle_recordfile`). A longer recording contains at least 100 ms of speech.
const MAX_SILENT_SAMPLES: u64 = 8_800;
/// Maximum length of a prompt that plays while the engine listens. Asterisk does not tell how long it is.
const MAX_PROMPT_DURATION: Duration = Duration::from_secs(600);
/// Name under which a grammar file is loaded.
const GRAMMAR_NAME: &str = "dialscript";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    pub(super) async fn record_file(
        &mut self,
        options: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.connection.ensure_alive()?;
        let keys = collector.as_ref().map_or(KeySet::ALL, |collector| collector.accepted_keys());
        let RecordOptions { file, end_silence, .. } = *options;
        let max_duration = options.max_duration.min(self.connection.deadline.remaining());
        let command =
            AgiCommand::record_file(without_extension(file), keys, max_duration, end_silence)?;
        let reply = self
            .connection
            .run(command, AgiCommandKind::Other, max_duration + REPLY_MARGIN)
            .await?;
        match note_word(&reply) {
            b"timeout" => Ok(record_result(&reply)),
            b"dtmf" => {
                if let (Some(key), Some(collector)) = (reply.key(), collector) {
                    collector.push_key(key, Instant::now());
                }
                Ok(RecordResult::Key)
            }
            b"hangup" => Err(Interruption::caller_hung_up()),
            _ => self.record_failure(&reply, file).await,
        }
    }

    /// The error of a RECORD FILE: the note is `(writefile)`, or the channel has failed.
    async fn record_failure(
        &mut self,
        reply: &AgiReply,
        file: &str,
    ) -> Result<RecordResult, Interruption> {
        self.connection.run_command(AgiCommand::channel_status()).await?;
        self.connection.ensure_alive()?;
        Ok(RecordResult::Failed(match note_word(reply) {
            b"writefile" => {
                let what = "Asterisk cannot write to the recordings folder";
                with_explanation(what, "asterisk", file).await
            }
            other => format!("Asterisk cannot record: {}", other.escape_ascii()),
        }))
    }

    /// Runs a recognition, from SPEECH CREATE to SPEECH DESTROY. If Asterisk rejects a command, the recognition fails,
    /// but the call continues.
    pub(super) async fn recognize_speech(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let prompt = self.prompt_file(prompt, collector.as_deref_mut()).await?;
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(RecognizeResult::Key);
        }
        let result = match self.load_recognizer(options).await {
            Ok(Ok(())) => self.recognize_with_grammar(options, prompt, collector).await,
            Ok(Err(reason)) => Ok(RecognizeResult::Failed(reason)),
            Err(interruption) => Err(interruption),
        };
        match result {
            Err(Interruption::Refused(reason)) => Ok(RecognizeResult::Failed(reason)),
            // The next key may follow at once, and Asterisk would discard it during SPEECH DESTROY. The engine is
            // unloaded later, or by Asterisk at the end of the call.
            Ok(RecognizeResult::Key) => Ok(RecognizeResult::Key),
            Ok(result) => {
                self.unload_recognizer().await?;
                Ok(result)
            }
            Err(interruption) => Err(interruption),
        }
    }

    /// The file that plays while the engine listens. Other sounds are played before, and the result is empty.
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

    /// Loads the engine and its grammar. The inner error is the reason why it cannot be used.
    async fn load_recognizer(
        &mut self,
        options: &RecognizeOptions<'_>,
    ) -> Result<Result<(), String>, Interruption> {
        let RecognizeOptions { engine, grammar, .. } = *options;
        self.connection.ensure_alive()?;
        self.unload_recognizer().await?;
        if !self.command_succeeds(AgiCommand::speech_create(engine)?).await? {
            let name = if engine.is_empty() { "default" } else { engine };
            return Ok(Err(format!("Asterisk cannot load the speech engine: {name}")));
        }
        self.recognizer_loaded = true;
        let rejected = || Ok(Err(format!("the speech engine rejected the grammar {grammar}")));
        let grammar_name = match grammar {
            "" => return Ok(Ok(())),
            path if path.starts_with('/') => {
                if !self
                    .command_succeeds(AgiCommand::speech_load_grammar(GRAMMAR_NAME, path)?)
                    .await?
                {
                    return rejected();
                }
                GRAMMAR_NAME
            }
            name => name,
        };
        match self.command_succeeds(AgiCommand::speech_activate_grammar(grammar_name)?).await? {
            true => Ok(Ok(())),
            false => rejected(),
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

    /// A key that the collector does not accept also ends SPEECH RECOGNIZE. Another SPEECH RECOGNIZE then continues:
    /// the engine keeps what it has heard so far (`handle_speechrecognize` starts the engine only if it has finished).
    async fn recognize_with_grammar(
        &mut self,
        options: &RecognizeOptions<'_>,
        mut prompt: &str,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        let timeout = options.no_input_timeout + options.max_duration;
        let mut timeout = timeout.min(self.connection.deadline.remaining());
        let mut due = None;
        loop {
            let max_duration =
                if prompt.is_empty() { timeout } else { timeout + MAX_PROMPT_DURATION };
            let command = AgiCommand::speech_recognize(prompt, timeout)?;
            let reply = self
                .connection
                .run(command, AgiCommandKind::Other, max_duration + REPLY_MARGIN)
                .await?;
            let key = match reply {
                AgiReply::Speech(text) => {
                    return Ok(RecognizeResult::Words(text.decode().into_owned()));
                }
                AgiReply::Digit(key) => key,
                reply => return recognize_result(&reply),
            };
            let Some(collector) = collector.as_mut() else { return Ok(RecognizeResult::Key) };
            let now = Instant::now();
            collector.push_key(key, now);
            timeout = due.get_or_insert(now + timeout).saturating_duration_since(now);
            if collector.has_keys() {
                return Ok(RecognizeResult::Key);
            }
            if timeout.is_zero() {
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

/// The note is `(timeout)` for silence as well as for the maximum duration; only the latter has the result 0. If a
/// telephone sends no audio during silence, Asterisk never detects the silence.
fn record_result(reply: &AgiReply) -> RecordResult {
    let AgiReply::Success { endpos, .. } = reply else { return RecordResult::Silence };
    let samples = endpos.unwrap_or_default();
    let ended_by_silence = reply.result_number() != Some(0);
    if samples == 0 || (ended_by_silence && samples <= MAX_SILENT_SAMPLES) {
        RecordResult::Silence
    } else {
        RecordResult::Speech
    }
}

/// The note: the text in parentheses; empty if there is none.
fn note_word(reply: &AgiReply) -> &[u8] {
    reply.note().map_or(b"", |note| note.as_bytes())
}
