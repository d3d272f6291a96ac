//! The driver: a [`Channel`] over FastAGI.
//!
//! One command runs at a time. Between two commands Asterisk discards keys (`run_agi` reads and drops frames). So
//! during a question the next command is sent in the same poll in which the reply to the previous one was received.
//! Only after an interrupted command is it sent later: see `AgiConnection::finish_aborted`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::aborted_command::AgiCommandKind;
use super::command::AgiCommand;
use super::connection::AgiConnection;
use super::environment::AgiEnvironment;
use super::peers::AgiPeer;
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, Exit, HandoverResult, HoldMedia, Interruption,
    LineState, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};

/// Maximum timeout of one WAIT FOR DIGIT. For a longer wait, several are sent.
const MAX_DIGIT_WAIT: Duration = Duration::from_secs(60);

mod handover;
mod hold_media;
mod say;
mod sounds;
mod speech;
mod variables;

pub struct AgiChannel<S> {
    connection: AgiConnection<S>,
    caller: Arc<Caller>,
    peer: AgiPeer,
    /// The language of the channel, in the form of Asterisk.
    language: String,
    /// Asterisk does not have the language yet.
    language_unset: bool,
    music_playing: bool,
    /// A speech engine is loaded.
    recognizer_loaded: bool,
    type_ahead: TypeAheadBuffer,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    pub fn new(connection: AgiConnection<S>, environment: &AgiEnvironment, peer: AgiPeer) -> Self {
        let caller = Arc::new(environment.caller());
        Self {
            connection,
            language: caller.language.clone(),
            language_unset: false,
            caller,
            peer,
            music_playing: false,
            recognizer_loaded: false,
            type_ahead: TypeAheadBuffer::default(),
        }
    }

    async fn stop_music(&mut self) -> Result<(), Interruption> {
        if std::mem::take(&mut self.music_playing) && !self.connection.is_dead() {
            self.connection.run_command(AgiCommand::set_music(None)?).await?;
        }
        Ok(())
    }

    /// Waits for a key that ends the prompt. A WAIT FOR DIGIT is always running, since otherwise Asterisk would discard
    /// keys.
    async fn wait_for_barge_in(
        &mut self,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        while !collector.ends_prompt() {
            self.wait_for_key(MAX_DIGIT_WAIT, collector).await?;
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Channel for AgiChannel<S> {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<LineState, Interruption> {
        if let Some(line) = self.connection.line_state {
            return Ok(line);
        }
        let command = if answer { AgiCommand::answer() } else { AgiCommand::channel_status() };
        let reply = match self.connection.run_command(command).await {
            Err(Interruption::CallerHungUp { .. })
                if self.connection.line_state == Some(LineState::HungUp) =>
            {
                return Ok(LineState::HungUp);
            }
            reply => reply?,
        };
        let up = if answer {
            !reply.is_failure()
        } else {
            reply.result_number() == Some(CHANNEL_STATE_UP)
        };
        self.connection.ensure_alive()?;
        match up {
            true => self.connection.line_state = Some(LineState::Up),
            false if answer => return Err(Interruption::caller_hung_up()),
            false => {}
        }
        Ok(self.connection.line_state.unwrap_or(LineState::Ringing))
    }

    fn type_ahead(&mut self) -> &mut TypeAheadBuffer {
        &mut self.type_ahead
    }

    fn has_tts(&self) -> bool {
        false
    }

    async fn prepare_question(
        &mut self,
        _: Option<&str>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.stop_music().await
    }

    async fn play_sounds(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.stop_music().await?;
        for sound in sounds {
            if collector.as_ref().is_some_and(|collector| collector.ends_prompt()) {
                break;
            }
            self.play_sound(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
    }

    async fn wait_for_key(
        &mut self,
        timeout: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        let command = AgiCommand::wait_for_digit(timeout);
        let reply = self
            .connection
            .run(command, AgiCommandKind::WaitForDigit, timeout + REPLY_MARGIN)
            .await?;
        if reply.is_failure() {
            return Err(Interruption::caller_hung_up());
        }
        if let Some(key) = reply.key() {
            collector.push_key(key, Instant::now());
        }
        Ok(())
    }

    async fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<Option<T>, Interruption> {
        let mut work = pin!(work);
        if let Some(done) = work.as_mut().now_or_never() {
            return Ok(Some(done));
        }
        // Not `wait` without hold media: this future is a part of that of every call, and that one is much larger.
        let Some(collector) = collector else {
            if self.connection.caller_gone {
                return Err(Interruption::caller_hung_up());
            }
            return tokio::select! {
                biased;
                done = work => Ok(Some(done)),
                interruption = self.connection.wait_for_interruption() => Err(interruption),
            };
        };
        let done = tokio::select! {
            biased;
            done = work => done,
            waited = self.wait_for_barge_in(collector) => return waited.map(|()| None),
        };
        if let Some(key) = self.connection.finish_aborted().await? {
            collector.push_key(key, Instant::now());
        }
        Ok(Some(done))
    }

    async fn record(
        &mut self,
        options: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.record_file(options, collector).await
    }

    async fn recognize(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.recognize_speech(options, prompt, collector).await
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        hold_media: &HoldMedia,
    ) -> Result<T, Interruption> {
        if self.connection.caller_gone {
            return Err(Interruption::caller_hung_up());
        }
        let mut collector = hold_media.keep_type_ahead.then(|| self.type_ahead.start_holding());
        let done = tokio::select! {
            biased;
            done = work => done,
            interruption = self.play_hold_media(hold_media, collector.as_mut()) => return Err(interruption),
        };
        self.finish_aborted(collector.as_mut()).await?;
        if let Some(collector) = collector {
            self.type_ahead.store(collector);
        }
        Ok(done)
    }

    async fn check_destination(
        &mut self,
        destination: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        self.connection.ensure_alive()?;
        let context = destination.context.as_deref().unwrap_or(&self.caller.context);
        let priority = destination.priority.as_deref().unwrap_or("1");
        if !Destination::is_valid_part(context) {
            return Ok(DestinationCheck::Unknown);
        }
        let arguments = format!("{context},{},{priority}", destination.extension);
        let reply = self
            .connection
            .run_command(AgiCommand::get_function("DIALPLAN_EXISTS", &arguments)?)
            .await?;
        Ok(match reply.note().map(|note| note.as_bytes()) {
            Some(b"1") => DestinationCheck::Exists,
            Some(b"0") => DestinationCheck::Missing,
            _ => {
                warn!("can't check whether a destination exists: Asterisk has no `func_dialplan`");
                DestinationCheck::Unknown
            }
        })
    }

    async fn set_variables(&mut self, variables: &[(&str, String)]) -> Result<(), Interruption> {
        self.set_in_order(variables).await
    }

    /// Asterisk looks for sounds by the parts of a language between underscores (`fileexists_core` in `main/file.c`).
    fn set_language(&mut self, language: &str) {
        let language = language.replace('-', "_");
        self.language_unset |= language != self.language;
        self.language = language;
    }

    async fn hand_over(mut self, variables: &[(&str, String)], exit: &Exit) -> HandoverResult {
        self.connection.deadline.start_handover();
        match self.set_variables_and_exit(variables, exit).await {
            Ok(()) if self.connection.is_dead() && *exit == Exit::Continue => {
                HandoverResult::CallerHungUp
            }
            Ok(()) => HandoverResult::Completed,
            Err(Interruption::CallerHungUp { .. }) => HandoverResult::CallerHungUp,
            Err(_) => HandoverResult::ConnectionLost,
        }
    }
}

/// Reply to CHANNEL STATUS of a channel that is picked up (`AST_STATE_UP`).
const CHANNEL_STATE_UP: i64 = 6;
