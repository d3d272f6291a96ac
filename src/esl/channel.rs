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
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::channel_data::ChannelData;
use super::command::{Command, EventUuid};
use super::link::{LEAVE_TIME, Link, News, RESUME, lost};
use super::quote::Value;
use super::variable::{self, Expansion};
use crate::channel::digits::{Collector, TypeAhead};
use crate::channel::leg::{Leg, Recognised, Recognition, Recorded, Recording};
use crate::channel::{
    Caller, Destination, Exit, Interrupted, Left, Line, Meanwhile, Music, Reach, Sound,
};

/// `playback` ends at the key `*` unless it is told not to (`on_dtmf` in `mod_dptools.c`).
const TERMINATORS: &str = "playback_terminators";
/// Seconds after which any `playback` ends (`switch_ivr_play_file`).
const PLAYBACK_SECONDS: &str = "playback_timeout_sec";
/// Most seconds of music at a time; then it is started again. A stream has no end, and when we are gone what plays is
/// played to its end before the dialplan goes on (`switch_ivr_park`).
const MUSIC_SECONDS: u8 = 30;

/// A call on FreeSWITCH.
pub struct EslChannel<S> {
    link: Link<S>,
    data: ChannelData,
    caller: Arc<Caller>,
    line: Line,
    music: Option<EventUuid>,
    kept: TypeAhead,
    /// `playback` has been told to let all keys be.
    keys_are_ours: bool,
    /// `playback` has been told to end after a time.
    is_limited: bool,
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
            music: None,
            kept,
            keys_are_ours: false,
            is_limited: false,
        }
    }

    /// Plays one sound; the keys that `collector` takes break it off where barge-in wants it.
    async fn stream(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.link.alive()?;
        let execution = self.start(file(sound)).await?;
        let due = Instant::now() + self.link.rest();
        while self.link.is_running(execution) {
            match self.link.next(due).await? {
                Some(News::Ended { execution: ended, failed }) if ended == execution => {
                    self.tell_failure(sound, failed);
                }
                Some(News::Key(key)) => {
                    let Some(collector) = collector.as_mut() else { continue };
                    collector.key(key, Instant::now());
                    if collector.ends_prompt() {
                        return self.link.break_off(execution, Some(collector)).await;
                    }
                }
                Some(_) => {}
                None => return Err(lost("a sound did not end")),
            }
        }
        Ok(())
    }

    /// Starts a sound, in one write with what the first one needs.
    async fn start(&mut self, file: &str) -> Result<EventUuid, Interrupted> {
        let (playback, execution) = self.link.execute("playback", &variable::unexpanded(file))?;
        if self.keys_are_ours {
            self.link.send(&[playback]).await?;
        } else {
            let (none, _) = self.link.execute("set", &format!("{TERMINATORS}=none"))?;
            self.keys_are_ours = true;
            self.link.send(&[none, playback]).await?;
        }
        Ok(execution)
    }

    fn tell_failure(&self, sound: &Sound, failed: bool) {
        if failed && !self.link.caller_gone {
            warn!(call_id = ?self.caller.call_id, ?sound, "the switch can't play a sound");
        }
    }

    /// Silence, then music, until that is broken off or the call is interrupted.
    async fn meanwhile(&mut self, meanwhile: &Meanwhile) -> Interrupted {
        let music_starts = sleep(meanwhile.after);
        tokio::select! {
            biased;
            interrupted = self.link.idle() => return interrupted,
            () = music_starts => {}
        }
        let played = match &meanwhile.music {
            Some(music) if self.link.is_async() => self.music(music).await,
            // Without `async` a sound could not be broken off when the answer comes.
            _ => Ok(()),
        };
        match played {
            Ok(()) => self.link.idle().await,
            Err(interrupted) => interrupted,
        }
    }

    /// Over and over, unless it is so short, or so broken, that it would be a busy loop.
    async fn music(&mut self, music: &Music) -> Result<(), Interrupted> {
        let files = files(music);
        loop {
            let started = Instant::now();
            for file in &files {
                let execution = self.start_music(file).await?;
                self.link.ended(execution, self.link.rest(), None).await?;
            }
            if started.elapsed() < Duration::from_millis(100) {
                return Ok(());
            }
        }
    }

    /// Noted before it is sent: the answer may come while it is.
    async fn start_music(&mut self, file: &str) -> Result<EventUuid, Interrupted> {
        let (playback, execution) = self.link.execute("playback", &variable::unexpanded(file))?;
        self.music = Some(execution);
        if self.is_limited {
            self.link.send(&[playback]).await?;
        } else {
            let limit = format!("{PLAYBACK_SECONDS}={MUSIC_SECONDS}");
            let (limit, _) = self.link.execute("set", &limit)?;
            self.is_limited = true;
            self.link.send(&[limit, playback]).await?;
        }
        Ok(execution)
    }

    async fn music_off(&mut self) -> Result<(), Interrupted> {
        match self.music.take() {
            Some(execution) => {
                self.link.break_off(execution, None).await?;
                let before = self.before(PLAYBACK_SECONDS);
                let before =
                    variable::set(PLAYBACK_SECONDS, &Value::of(&before), self.expansion())?;
                self.link.run("set", &before).await?;
                self.is_limited = false;
                Ok(())
            }
            None => Ok(()),
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
        self.music = None;
        if !self.link.is_quiet() {
            self.link.run("break", "").await?;
        }
        Ok(())
    }

    /// The standard variables in small letters; and what was changed for the time of the call is as before.
    fn last_variables(&self, variables: &[(&str, String)], exit: &Exit) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(variables.len() + 3);
        let changed = [(self.keys_are_ours, TERMINATORS), (self.is_limited, PLAYBACK_SECONDS)];
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

fn file(sound: &Sound) -> &str {
    match sound {
        Sound::File(name) | Sound::OfSwitch(name) | Sound::Served(name) => name,
        Sound::Digits(_) | Sound::Letters(_) | Sound::Spoken(_) => "",
    }
}

/// A class is the name of a stream, unless it says more than that.
fn files(music: &Music) -> Vec<String> {
    match music {
        Music::Class(class) if class.contains("://") => vec![class.to_string()],
        Music::Class(class) => vec![format!("local_stream://{class}")],
        Music::Sounds(sounds) => sounds.iter().map(|sound| file(sound).to_owned()).collect(),
    }
}

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

    async fn begin_question(&mut self) -> Result<(), Interrupted> {
        if self.link.is_async() { Ok(()) } else { Err(Interrupted::Refused(NOT_ASYNC.into())) }
    }

    async fn sounds(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        for sound in sounds {
            if collector.as_ref().is_some_and(|collector| collector.ends_prompt()) {
                break;
            }
            self.stream(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
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
        _: Option<&mut Collector<'_>>,
    ) -> Result<Option<T>, Interrupted> {
        self.wait(work, &Meanwhile::default()).await.map(Some)
    }

    async fn record(
        &mut self,
        _: &Recording<'_>,
        _: Option<&mut Collector<'_>>,
    ) -> Result<Recorded, Interrupted> {
        Ok(Recorded::Failed("no recordings yet".into()))
    }

    async fn recognise(
        &mut self,
        _: &Recognition<'_>,
        _: Option<&Sound>,
        _: Option<&mut Collector<'_>>,
    ) -> Result<Recognised, Interrupted> {
        Ok(Recognised::Failed("no recognition yet".into()))
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &Meanwhile,
    ) -> Result<T, Interrupted> {
        self.link.alive()?;
        let done = tokio::select! {
            biased;
            done = work => done,
            interrupted = self.meanwhile(meanwhile) => return Err(interrupted),
        };
        self.music_off().await?;
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
        match self.link.run("set", &assignment).await {
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
