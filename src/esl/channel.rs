//! The driver: a [`Leg`] over the outbound Event Socket.
//!
//! Keys are taken from `DTMF` events, not from an application that reads them: `play_and_get_digits` writes what was
//! entered into variables and the log, and takes the times that one prompt has; `park`, which is what the channel does
//! between two applications, tells every key. So a sound plays on while keys come, and is broken off where barge-in
//! wants it. Applications run one at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::channel_data::ChannelData;
use super::command::{Command, EventUuid};
use super::link::{LEAVE_TIME, Link, News, RESUME};
use super::quote::Value;
use super::variable::{self, Expansion};
use crate::channel::digits::{Collector, TypeAhead};
use crate::channel::leg::{Leg, Recognised, Recognition, Recorded, Recording};
use crate::channel::{Caller, Destination, Exit, Interrupted, Left, Line, Meanwhile, Reach, Sound};

mod music;
mod recognise;
mod record;
mod sounds;
mod ways;

/// `playback`, `record` and others end at the key `*` unless they are told not to (`on_dtmf` in `mod_dptools.c`).
const TERMINATORS: &str = "playback_terminators";
/// `record` leaves out what a telephone that sends no silence did not send, and with it the time that went by, unless
/// it is told not to (`switch_ivr_record_file_event`).
const FILL: &str = "record_fill_cng";
/// Seconds after which any `playback` ends (`switch_ivr_play_file`).
const PLAYBACK_SECONDS: &str = "playback_timeout_sec";
/// A call on FreeSWITCH.
pub struct EslChannel<S> {
    link: Link<S>,
    data: ChannelData,
    caller: Arc<Caller>,
    line: Line,
    /// What played last.
    plays: Option<EventUuid>,
    kept: TypeAhead,
    /// Keys are for the next question, also between what is heard.
    keeps_keys: bool,
    /// Applications have been told to let all keys be.
    keys_are_ours: bool,
    /// `playback` has been told to end after a time.
    is_limited: bool,
    /// Sounds of ours are fetched by `mod_http_cache`.
    by_http_cache: bool,
    /// `record` has been told to leave nothing out.
    fills_silence: bool,
    /// Whether FreeSWITCH can record, once that was tried.
    can_record: Option<bool>,
    /// Samples a second of what comes from the caller.
    read_rate: u32,
    /// An engine of FreeSWITCH has listened, and waits for more.
    has_listened: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// A call whose channel is known.
    pub fn new(link: Link<S>, data: ChannelData) -> Self {
        let caller = Arc::new(data.caller());
        let line = if data.is_answered() { Line::Up } else { Line::Ringing };
        let kept = TypeAhead::default();
        Self {
            link,
            data,
            caller,
            line,
            plays: None,
            kept,
            keeps_keys: false,
            keys_are_ours: false,
            is_limited: false,
            by_http_cache: false,
            fills_silence: false,
            can_record: None,
            read_rate: record::NARROW,
            has_listened: false,
        }
    }

    /// An application, in one write with what the first one needs.
    async fn begin(&mut self, application: Command) -> Result<(), Interrupted> {
        if std::mem::replace(&mut self.keys_are_ours, true) {
            return self.link.send(&[application]).await;
        }
        let (none, _) = self.link.execute("set", &format!("{TERMINATORS}=none"))?;
        self.link.send(&[none, application]).await
    }

    /// Where keys go that come between two things that are heard.
    fn held(&mut self) -> Option<Collector<'static>> {
        self.keeps_keys.then(|| self.kept.hold())
    }

    fn keep(&mut self, held: Option<Collector<'_>>) {
        if let Some(held) = held {
            self.kept.keep(held);
        }
    }

    /// A variable as the dialplan had it.
    fn before(&self, name: &str) -> String {
        self.data.variable(name).unwrap_or_default().into_owned()
    }

    async fn hand_over(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interrupted> {
        self.link.alive()?;
        self.hush().await?;
        let all = self.last_variables(variables, exit);
        let all = all.iter().map(|(name, value)| (name.as_str(), Value::of(value)));
        let all: Vec<_> = all.collect();
        let all = all.iter().map(|(name, value)| (*name, value));
        self.link.run("multiset", &variable::multiset(all, self.expansion())?).await?;
        match exit {
            Exit::Continue => Ok(()),
            Exit::Hangup(cause) => {
                let cause = cause.map_or(NORMAL_CLEARING, |cause| cause.0);
                self.link.send(&[Command::hangup(&cause.to_string())?]).await
            }
            Exit::Goto(to) => self.transfer(to).await,
        }
    }

    /// Whatever plays, ends: without that the dialplan would go on only after it (`switch_ivr_park`).
    async fn hush(&mut self) -> Result<(), Interrupted> {
        self.plays = None;
        if !self.link.is_quiet() {
            self.link.run("break", "").await?;
        }
        if std::mem::take(&mut self.has_listened) {
            self.link.run("detect_speech", "stop").await?;
        }
        Ok(())
    }

    /// The standard variables in small letters; and what was changed for the time of the call is as before.
    fn last_variables(&self, variables: &[(&str, String)], exit: &Exit) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(variables.len() + 3);
        let changed = [
            (self.keys_are_ours, TERMINATORS),
            (self.is_limited, PLAYBACK_SECONDS),
            (self.fills_silence, FILL),
        ];
        let changed = changed.into_iter().filter(|&(is_changed, _)| is_changed);
        all.extend(changed.map(|(_, name)| (name.to_owned(), self.before(name))));
        // With it a call that is transferred, or whose `socket` line lacks `async`, is stranded in CS_RESET when we close,
        // and one that is hung up may go on without that (`listener_run`, `socket_function`).
        let resume_harms = *exit != Exit::Continue || !self.link.is_async();
        if resume_harms && self.data.variable(RESUME).is_some() {
            all.push((RESUME.to_owned(), String::new()));
        }
        let standard = variables.iter();
        all.extend(standard.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        all
    }

    /// Whether FreeSWITCH expands the arguments of this channel's applications (`switch_true` in `switch_utils.h`).
    fn expansion(&self) -> Expansion {
        let switched = self.data.variable("app_disable_expand_variables");
        match switched.as_deref() {
            Some("true" | "yes" | "on" | "1" | "t" | "enabled" | "active" | "allow") => {
                Expansion::Off
            }
            _ => Expansion::On,
        }
    }

    async fn transfer(&mut self, to: &Destination) -> Result<(), Interrupted> {
        let dialplan = self.data.headers().get("Caller-Dialplan");
        let dialplan = dialplan.filter(|name| Destination::allows(name));
        let dialplan = dialplan.as_deref().unwrap_or("XML").to_owned();
        let context = to.context.as_deref().unwrap_or(&self.caller.context);
        let place = format!("{} {dialplan} {context}", to.extension);
        self.link.run("transfer", place.trim_end()).await
    }
}

/// Q.850's cause of a call that simply ends.
const NORMAL_CLEARING: u8 = 16;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Leg for EslChannel<S> {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<Line, Interrupted> {
        if answer && self.line == Line::Ringing {
            self.link.run("answer", "").await?;
            self.line = Line::Up;
        }
        self.link.alive()?;
        Ok(self.line)
    }

    fn kept(&mut self) -> &mut TypeAhead {
        &mut self.kept
    }

    fn speaks(&self) -> bool {
        true
    }

    async fn begin_question(
        &mut self,
        records_into: Option<&str>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        if !self.link.is_async() {
            return Err(Interrupted::Refused(NOT_ASYNC.into()));
        }
        self.keeps_keys = false;
        if let Some(file) = records_into {
            self.link.alive()?;
            self.try_to_record(file, collector).await?;
        }
        Ok(())
    }

    async fn sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.play_all(sounds, collector).await
    }

    async fn key(
        &mut self,
        time: Duration,
        collector: &mut Collector<'_>,
    ) -> Result<(), Interrupted> {
        self.link.alive()?;
        if let Some(News::Key(key)) = self.link.next(Instant::now() + time).await? {
            collector.key(key, Instant::now());
        }
        Ok(())
    }

    async fn silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Option<T>, Interrupted> {
        self.link.alive()?;
        tokio::select! {
            biased;
            done = work => Ok(Some(done)),
            ended = self.link.quiet(collector) => ended.map(|()| None),
        }
    }

    async fn record(
        &mut self,
        recording: &Recording<'_>,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<Recorded, Interrupted> {
        self.record_speech(recording, collector).await
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
        self.link.alive()?;
        self.keeps_keys = meanwhile.keeps_keys;
        let mut held = self.held();
        let done = tokio::select! {
            biased;
            done = work => done,
            interrupted = self.meanwhile(meanwhile, held.as_mut()) => return Err(interrupted),
        };
        self.music_off(held.as_mut()).await?;
        self.keep(held);
        Ok(done)
    }

    /// FreeSWITCH has no way to ask its dialplan without running it. What it has nowhere is a priority.
    async fn reaches(&mut self, to: &Destination) -> Result<Reach, Interrupted> {
        self.link.alive()?;
        Ok(if to.priority.is_some() { Reach::No } else { Reach::Unknown })
    }

    async fn set(&mut self, name: &str, value: &str) -> Result<(), Interrupted> {
        let value = Value::of(value);
        if value.is_cut() {
            warn!(call_id = ?self.caller.call_id, variable = name, "a value was cut");
        }
        let assignment = variable::set(name, &value, self.expansion())?;
        let mut held = self.held();
        let set = self.link.run_while_keys("set", &assignment, held.as_mut()).await;
        self.keep(held);
        match set {
            // A call that is over takes no variables, and nobody reads them.
            Err(Interrupted::CallerLeft { .. }) => Ok(()),
            done => done,
        }
    }

    async fn leave(mut self, variables: &[(&str, String)], exit: &Exit) -> Left {
        self.link.rebound(LEAVE_TIME);
        let left = match self.hand_over(variables, exit).await {
            Ok(()) => Left::AsAsked,
            Err(Interrupted::CallerLeft { .. }) => Left::CallerGone,
            Err(_) => Left::SwitchLost,
        };
        self.link.close().await;
        left
    }
}

/// What a `socket` line lacks where a question can't be asked.
const NOT_ASYNC: &str =
    "no keys without `async`: write `socket HOST:PORT/SCRIPT async full` in the dialplan";
