//! Speech: recorded for us, or recognised by an engine of Asterisk's.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::AgiChannel;
use super::sounds::{name, stem};
use crate::agi::command::Command;
use crate::agi::link::{MARGIN, Running};
use crate::agi::reply::Reply;
use crate::channel::digits::Collector;
use crate::channel::leg::{Leg, Recognised, Recognition, Recorded, Recording};
use crate::channel::{Interrupted, Sound};

const ALL_KEYS: &str = "0123456789*#ABCD";
/// Samples of a recording in which there is only silence: Asterisk cuts it to one second of it, in frames of 20 ms
/// (`handle_recordfile`). Beyond that something was said, if only for a tenth of a second.
const ONLY_SILENCE: u64 = 8_800;
/// For a prompt that is heard while an engine listens: nothing else tells how long it is.
const LONGEST_PROMPT: Duration = Duration::from_secs(600);
/// What a grammar is called while it is loaded.
const GRAMMAR: &str = "dialscript";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// One RECORD FILE.
    pub(super) async fn record_file(
        &mut self,
        recording: &Recording<'_>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Recorded, Interrupted> {
        self.link.alive()?;
        let keys = collector.as_ref().map_or(ALL_KEYS.to_owned(), |collector| collector.keys());
        let Recording { file, silence, .. } = *recording;
        let maximum = recording.maximum.min(self.link.rest_of_call());
        let command = Command::record_file(stem(file), &keys, maximum, silence)?;
        let reply = self.link.run(command, Running::Other, maximum + MARGIN).await?;
        match word(&reply) {
            b"timeout" => Ok(said_something(&reply)),
            b"dtmf" => {
                if let (Some(key), Some(collector)) = (reply.key(), collector) {
                    collector.key(key, Instant::now());
                }
                Ok(Recorded::Key)
            }
            b"hangup" => Err(Interrupted::caller_left()),
            _ => self.explain_no_recording(&reply).await,
        }
    }

    /// What is neither is `(writefile)`, or a channel that broke.
    async fn explain_no_recording(&mut self, reply: &Reply) -> Result<Recorded, Interrupted> {
        self.link.command(Command::channel_status()).await?;
        self.link.alive()?;
        Ok(Recorded::Failed(match word(reply) {
            b"writefile" => "Asterisk can't write into the folder of recordings".to_owned(),
            other => format!("Asterisk can't record: {}", other.escape_ascii()),
        }))
    }

    /// SPEECH CREATE to SPEECH DESTROY. What Asterisk refuses is no reason to end the call.
    pub(super) async fn recognise_speech(
        &mut self,
        recognition: &Recognition<'_>,
        prompt: Option<&Sound>,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        let prompt = self.before_listening(prompt, collector.as_deref_mut()).await?;
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(Recognised::Key);
        }
        let recognised = match self.load(recognition).await {
            Ok(Ok(())) => self.recognise_loaded(recognition, prompt, collector).await,
            Ok(Err(reason)) => Ok(Recognised::Failed(reason)),
            Err(interrupted) => Err(interrupted),
        };
        match recognised {
            Err(Interrupted::Refused(reason)) => Ok(Recognised::Failed(reason)),
            // The next key may come at once, and would be lost: the engine is let go later, or by Asterisk at the end.
            Ok(Recognised::Key) => Ok(Recognised::Key),
            Ok(recognised) => {
                self.unload().await?;
                Ok(recognised)
            }
            Err(interrupted) => Err(interrupted),
        }
    }

    /// The file that plays while an engine listens. What is no file is played before.
    async fn before_listening<'a>(
        &mut self,
        prompt: Option<&'a Sound>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<&'a str, Interrupted> {
        let Some(sound) = prompt else { return Ok("") };
        if matches!(sound, Sound::File(_) | Sound::OfSwitch(_) | Sound::Served(_)) {
            return Ok(name(sound));
        }
        self.sounds(std::slice::from_ref(sound), collector).await?;
        Ok("")
    }

    /// The engine and its grammar; the reason where there is none.
    async fn load(
        &mut self,
        recognition: &Recognition<'_>,
    ) -> Result<Result<(), String>, Interrupted> {
        let Recognition { engine, grammar, .. } = *recognition;
        self.link.alive()?;
        self.unload().await?;
        if !self.agreed(Command::speech_create(engine)?).await? {
            let which = if engine.is_empty() { "default" } else { engine };
            return Ok(Err(format!("Asterisk has no speech engine, or can't reach it: {which}")));
        }
        self.recogniser = true;
        let refused = || Ok(Err(format!("the speech engine does not take the grammar {grammar}")));
        let activated = match grammar {
            "" => return Ok(Ok(())),
            path if path.starts_with('/') => {
                if !self.agreed(Command::speech_load_grammar(GRAMMAR, path)?).await? {
                    return refused();
                }
                GRAMMAR
            }
            name => name,
        };
        match self.agreed(Command::speech_activate_grammar(activated)?).await? {
            true => Ok(Ok(())),
            false => refused(),
        }
    }

    async fn unload(&mut self) -> Result<(), Interrupted> {
        if std::mem::take(&mut self.recogniser) {
            self.link.command(Command::speech_destroy()).await?;
        }
        Ok(())
    }

    async fn agreed(&mut self, command: Command) -> Result<bool, Interrupted> {
        Ok(self.link.command(command).await?.result_number() == Some(1))
    }

    /// Keys that mean nothing end SPEECH RECOGNIZE too: it goes on listening with the next one, and the engine keeps
    /// what it heard before (`handle_speechrecognize` starts it only when it had come to an end).
    async fn recognise_loaded(
        &mut self,
        recognition: &Recognition<'_>,
        mut prompt: &str,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        let time = recognition.start + recognition.maximum;
        let mut time = time.min(self.link.rest_of_call());
        let mut due = None;
        loop {
            let lasts = if prompt.is_empty() { time } else { time + LONGEST_PROMPT };
            let command = Command::speech_recognize(prompt, time)?;
            let reply = self.link.run(command, Running::Other, lasts + MARGIN).await?;
            let key = match reply {
                Reply::Speech(words) => return Ok(Recognised::Words(words.decode().into_owned())),
                Reply::Digit(key) => key,
                reply => return outcome(&reply),
            };
            let Some(collector) = collector.as_mut() else { return Ok(Recognised::Key) };
            let now = Instant::now();
            collector.key(key, now);
            time = due.get_or_insert(now + time).saturating_duration_since(now);
            if collector.has_keys() {
                return Ok(Recognised::Key);
            }
            if time.is_zero() {
                return Ok(Recognised::Silence);
            }
            prompt = "";
        }
    }
}

fn outcome(reply: &Reply) -> Result<Recognised, Interrupted> {
    match word(reply) {
        b"timeout" => Ok(Recognised::Silence),
        b"hangup" => Err(Interrupted::caller_left()),
        _ => Ok(Recognised::Failed("Asterisk can't listen: SPEECH RECOGNIZE failed".into())),
    }
}

/// `(timeout)` is said of silence and of the longest time; only the latter has the result 0. A telephone that sends no
/// sound in silence never reaches the former.
fn said_something(reply: &Reply) -> Recorded {
    let Reply::Success { endpos, .. } = reply else { return Recorded::Silence };
    let samples = endpos.unwrap_or_default();
    let cut = reply.result_number() != Some(0);
    if samples == 0 || (cut && samples <= ONLY_SILENCE) {
        Recorded::Silence
    } else {
        Recorded::Something
    }
}

/// The word in parentheses; empty where there is none.
fn word(reply: &Reply) -> &[u8] {
    reply.note().map_or(b"", |note| note.as_bytes())
}
