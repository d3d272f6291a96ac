//! The driver: a [`Leg`] over FastAGI.
//!
//! One command is outstanding at a time. Between two commands Asterisk throws keys away (`run_agi` reads and drops
//! frames), so the next command of a question goes out in the same poll in which a reply came, and nothing slow stands
//! between. The exceptions are commands that we break off: see `Link::settle`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::command::{AgiCommand, fit_variable};
use super::connection::{AgiCommandKind, AgiConnection};
use super::environment::AgiEnvironment;
use crate::channel::deadline::REPLY_MARGIN;
use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, Exit, HandoverResult, HangupCause, HoldMedia,
    Interruption, LineState, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};

/// One WAIT FOR DIGIT of a silence that lasts as long as something is made.
const MAX_DIGIT_WAIT: Duration = Duration::from_secs(60);

mod hold_media;
mod sounds;
mod speech;

/// A call on Asterisk.
pub struct AgiChannel<S> {
    connection: AgiConnection<S>,
    caller: Arc<Caller>,
    music_playing: bool,
    /// An engine that recognises speech is loaded.
    recognizer_loaded: bool,
    type_ahead: TypeAheadBuffer,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// A call whose first words have been read.
    pub fn new(connection: AgiConnection<S>, environment: &AgiEnvironment) -> Self {
        let caller = Arc::new(environment.caller());
        Self {
            connection,
            caller,
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

    /// Between two commands Asterisk throws keys away, so there is always one that waits for them.
    async fn wait_for_barge_in(
        &mut self,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        while !collector.ends_prompt() {
            self.wait_for_key(MAX_DIGIT_WAIT, collector).await?;
        }
        Ok(())
    }

    async fn set_variables_and_exit(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        match self.stop_music().await {
            // The variables are for who reads them in the dialplan's `h` extension.
            Ok(()) | Err(Interruption::CallerHungUp { .. }) => {}
            Err(interrupted) => return Err(interrupted),
        }
        for (name, value) in variables {
            self.set_variable(name, value).await?;
        }
        self.apply_exit(exit).await
    }

    async fn apply_exit(&mut self, exit: &Exit) -> Result<(), Interruption> {
        match exit {
            Exit::Continue => return Ok(()),
            _ => self.connection.ensure_alive()?,
        }
        match exit {
            Exit::Continue => {}
            Exit::Goto(to) => self.set_destination(to).await?,
            // The command HANGUP leaves the cause at 0, and takes a channel's name where a cause could stand.
            Exit::Hangup(cause) => {
                let cause = cause.unwrap_or(HangupCause::NORMAL_CLEARING).0.to_string();
                self.connection.run_command(AgiCommand::exec("Hangup", &cause)?).await?;
            }
        }
        Ok(())
    }

    /// SET EXTENSION alone would go on at the next priority of that extension, so all three are said.
    async fn set_destination(&mut self, to: &Destination) -> Result<(), Interruption> {
        if let Some(context) = &to.context {
            self.connection.run_command(AgiCommand::set_context(context)?).await?;
        }
        self.connection.run_command(AgiCommand::set_extension(&to.extension)?).await?;
        let priority = to.priority.as_deref().unwrap_or("1");
        self.connection.run_command(AgiCommand::set_priority(priority)?).await.map(drop)
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
        time: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        let command = AgiCommand::wait_for_digit(time);
        let reply =
            self.connection.run(command, AgiCommandKind::WaitForDigit, time + REPLY_MARGIN).await?;
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
        let Some(collector) = collector else {
            return self.wait(work, &HoldMedia::default()).await.map(Some);
        };
        let done = tokio::select! {
            biased;
            done = work => done,
            ended = self.wait_for_barge_in(collector) => return ended.map(|()| None),
        };
        if let Some(key) = self.connection.finish_aborted().await? {
            collector.push_key(key, Instant::now());
        }
        Ok(Some(done))
    }

    async fn record(
        &mut self,
        recording: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.record_file(recording, collector).await
    }

    async fn recognize(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.recognize_speech(recognition, prompt, collector).await
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &HoldMedia,
    ) -> Result<T, Interruption> {
        if self.connection.caller_gone {
            return Err(Interruption::caller_hung_up());
        }
        let mut held = meanwhile.keep_type_ahead.then(|| self.type_ahead.start_holding());
        let done = tokio::select! {
            biased;
            done = work => done,
            interrupted = self.play_hold_media(meanwhile, held.as_mut()) => return Err(interrupted),
        };
        self.finish_aborted(held.as_mut()).await?;
        if let Some(held) = held {
            self.type_ahead.store(held);
        }
        Ok(done)
    }

    async fn check_destination(
        &mut self,
        to: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        self.connection.ensure_alive()?;
        let context = to.context.as_deref().unwrap_or(&self.caller.context);
        let priority = to.priority.as_deref().unwrap_or("1");
        if !Destination::is_valid_part(context) {
            return Ok(DestinationCheck::Unknown);
        }
        let place = format!("{context},{},{priority}", to.extension);
        let reply = self
            .connection
            .run_command(AgiCommand::get_function("DIALPLAN_EXISTS", &place)?)
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

    async fn set_variable(&mut self, name: &str, value: &str) -> Result<(), Interruption> {
        let fitted = fit_variable(name, value);
        if fitted.truncated {
            warn!(call_id = ?self.caller.call_id, variable = name, "a variable's value was truncated");
        }
        self.connection.run_command(AgiCommand::set_variable(name, &fitted.value)?).await.map(drop)
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

/// CHANNEL STATUS of a channel that is picked up (`AST_STATE_UP`).
const CHANNEL_STATE_UP: i64 = 6;
