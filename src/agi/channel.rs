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

use super::command::{Command, fit_variable};
use super::environment::Environment;
use super::link::{Link, MARGIN, Running};
use crate::channel::digits::{Collector, TypeAhead};
use crate::channel::leg::{Leg, Recognised, Recognition, Recorded, Recording};
use crate::channel::{
    Caller, Cause, Destination, Exit, Interrupted, Left, Line, Meanwhile, Reach, Sound,
};

/// For all that is said when the call is handed over.
const LEAVE_TIME: Duration = Duration::from_secs(5);
/// One WAIT FOR DIGIT of a silence that lasts as long as something is made.
const LONG_WAIT: Duration = Duration::from_secs(60);

mod listening;
mod music;
mod sounds;

/// A call on Asterisk.
pub struct AgiChannel<S> {
    link: Link<S>,
    caller: Arc<Caller>,
    music: bool,
    /// An engine that recognises speech is loaded.
    recogniser: bool,
    kept: TypeAhead,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// A call whose first words have been read.
    pub fn new(link: Link<S>, environment: &Environment) -> Self {
        let caller = Arc::new(environment.caller());
        Self { link, caller, music: false, recogniser: false, kept: TypeAhead::default() }
    }

    async fn music_off(&mut self) -> Result<(), Interrupted> {
        if std::mem::take(&mut self.music) && !self.link.is_dead() {
            self.link.command(Command::set_music(None)?).await?;
        }
        Ok(())
    }

    /// Between two commands Asterisk throws keys away, so there is always one that waits for them.
    async fn keys_that_end_the_prompt(
        &mut self,
        collector: &mut Collector<'_>,
    ) -> Result<(), Interrupted> {
        while !collector.ends_prompt() {
            self.key(LONG_WAIT, collector).await?;
        }
        Ok(())
    }

    async fn hand_over(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interrupted> {
        match self.music_off().await {
            // The variables are for who reads them in the dialplan's `h` extension.
            Ok(()) | Err(Interrupted::CallerLeft { .. }) => {}
            Err(interrupted) => return Err(interrupted),
        }
        for (name, value) in variables {
            self.set(name, value).await?;
        }
        self.exit(exit).await
    }

    async fn exit(&mut self, exit: &Exit) -> Result<(), Interrupted> {
        match exit {
            Exit::Continue => return Ok(()),
            _ => self.link.alive()?,
        }
        match exit {
            Exit::Continue => {}
            Exit::Goto(to) => self.goto(to).await?,
            // The command HANGUP leaves the cause at 0, and takes a channel's name where a cause could stand.
            Exit::Hangup(cause) => {
                let cause = cause.unwrap_or(NORMAL_CLEARING).0.to_string();
                self.link.command(Command::exec("Hangup", &cause)?).await?;
            }
        }
        Ok(())
    }

    /// SET EXTENSION alone would go on at the next priority of that extension, so all three are said.
    async fn goto(&mut self, to: &Destination) -> Result<(), Interrupted> {
        if let Some(context) = &to.context {
            self.link.command(Command::set_context(context)?).await?;
        }
        self.link.command(Command::set_extension(&to.extension)?).await?;
        let priority = to.priority.as_deref().unwrap_or("1");
        self.link.command(Command::set_priority(priority)?).await.map(drop)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Leg for AgiChannel<S> {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<Line, Interrupted> {
        if let Some(line) = self.link.line {
            return Ok(line);
        }
        let command = if answer { Command::answer() } else { Command::channel_status() };
        let reply = match self.link.command(command).await {
            Err(Interrupted::CallerLeft { .. }) if self.link.line == Some(Line::Gone) => {
                return Ok(Line::Gone);
            }
            reply => reply?,
        };
        let up = if answer { !reply.is_failure() } else { reply.result_number() == Some(UP) };
        self.link.alive()?;
        match up {
            true => self.link.line = Some(Line::Up),
            false if answer => return Err(Interrupted::caller_left()),
            false => {}
        }
        Ok(self.link.line.unwrap_or(Line::Ringing))
    }

    fn kept(&mut self) -> &mut TypeAhead {
        &mut self.kept
    }

    fn speaks(&self) -> bool {
        false
    }

    async fn begin_question(
        &mut self,
        _: Option<&str>,
        _: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.music_off().await
    }

    async fn sounds(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.music_off().await?;
        for sound in sounds {
            if collector.as_ref().is_some_and(|collector| collector.ends_prompt()) {
                break;
            }
            self.sound(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
    }

    async fn key(
        &mut self,
        time: Duration,
        collector: &mut Collector<'_>,
    ) -> Result<(), Interrupted> {
        self.link.alive()?;
        let command = Command::wait_for_digit(time);
        let reply = self.link.run(command, Running::Wait, time + MARGIN).await?;
        if reply.is_failure() {
            return Err(Interrupted::caller_left());
        }
        if let Some(key) = reply.key() {
            collector.key(key, Instant::now());
        }
        Ok(())
    }

    async fn silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Option<T>, Interrupted> {
        let mut work = pin!(work);
        if let Some(done) = work.as_mut().now_or_never() {
            return Ok(Some(done));
        }
        let Some(collector) = collector else {
            return self.wait(work, &Meanwhile::default()).await.map(Some);
        };
        let done = tokio::select! {
            biased;
            done = work => done,
            ended = self.keys_that_end_the_prompt(collector) => return ended.map(|()| None),
        };
        if let Some(key) = self.link.settle().await? {
            collector.key(key, Instant::now());
        }
        Ok(Some(done))
    }

    async fn record(
        &mut self,
        recording: &Recording<'_>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Recorded, Interrupted> {
        self.record_file(recording, collector).await
    }

    async fn recognise(
        &mut self,
        recognition: &Recognition<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        self.recognise_speech(recognition, prompt, collector).await
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &Meanwhile,
    ) -> Result<T, Interrupted> {
        if self.link.caller_gone {
            return Err(Interrupted::caller_left());
        }
        let mut held = meanwhile.keeps_keys.then(|| self.kept.hold());
        let done = tokio::select! {
            biased;
            done = work => done,
            interrupted = self.meanwhile(meanwhile, held.as_mut()) => return Err(interrupted),
        };
        self.settle(held.as_mut()).await?;
        if let Some(held) = held {
            self.kept.keep(held);
        }
        Ok(done)
    }

    async fn reaches(&mut self, to: &Destination) -> Result<Reach, Interrupted> {
        self.link.alive()?;
        let context = to.context.as_deref().unwrap_or(&self.caller.context);
        let priority = to.priority.as_deref().unwrap_or("1");
        if !Destination::allows(context) {
            return Ok(Reach::Unknown);
        }
        let place = format!("{context},{},{priority}", to.extension);
        let reply = self.link.command(Command::get_function("DIALPLAN_EXISTS", &place)?).await?;
        Ok(match reply.note().map(|note| note.as_bytes()) {
            Some(b"1") => Reach::Yes,
            Some(b"0") => Reach::No,
            _ => {
                warn!("can't look a destination up: Asterisk lacks func_dialplan");
                Reach::Unknown
            }
        })
    }

    async fn set(&mut self, name: &str, value: &str) -> Result<(), Interrupted> {
        let fitted = fit_variable(name, value);
        if fitted.cut {
            warn!(call_id = ?self.caller.call_id, variable = name, "a value was cut to fit its line");
        }
        self.link.command(Command::set_variable(name, &fitted.value)?).await.map(drop)
    }

    async fn leave(mut self, variables: &[(&str, String)], exit: &Exit) -> Left {
        self.link.rebound(LEAVE_TIME);
        match self.hand_over(variables, exit).await {
            Ok(()) if self.link.is_dead() && *exit == Exit::Continue => Left::CallerGone,
            Ok(()) => Left::AsAsked,
            Err(Interrupted::CallerLeft { .. }) => Left::CallerGone,
            Err(_) => Left::SwitchLost,
        }
    }
}

/// Q.850's cause of a call that simply ends.
const NORMAL_CLEARING: Cause = Cause(16);

/// CHANNEL STATUS of a channel that is picked up (`AST_STATE_UP`).
const UP: i64 = 6;
