//! What a caller hears while an answer is awaited.

use std::convert::Infallible;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::ways::Way;
use super::{EslChannel, PLAYBACK_SECONDS, TERMINATORS};
use crate::channel::digits::Collector;
use crate::channel::meanwhile::{Turn, Turns};
use crate::channel::{Interrupted, Meanwhile, Music, Sound};
use crate::esl::command::{Command, EventUuid};
use crate::esl::quote::Value;
use crate::esl::variable;

/// Most seconds of a sound at a time; music is started again then. A stream has no end, and when we are gone what plays
/// is played to its end before the dialplan goes on (`switch_ivr_park`).
const MUSIC_SECONDS: u8 = 30;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// All turns, until that is broken off or the call is interrupted.
    pub(super) async fn meanwhile(
        &mut self,
        meanwhile: &Meanwhile,
        held: Option<&mut Collector<'_>>,
    ) -> Interrupted {
        // Without `async` a sound could not be broken off when the answer comes.
        let silent = Meanwhile::default();
        let meanwhile = if self.link.is_async() { meanwhile } else { &silent };
        match self.turns(meanwhile, held).await {
            Err(interrupted) => interrupted,
        }
    }

    async fn turns(
        &mut self,
        meanwhile: &Meanwhile,
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<Infallible, Interrupted> {
        let mut turns = Turns::new(meanwhile, Instant::now());
        loop {
            let held = held.as_deref_mut();
            match turns.next(Instant::now()) {
                Turn::Silence(until) => self.link.quiet_until(until, held).await?,
                Turn::Music(music, until) => self.music_until(until, music, held).await?,
                Turn::Reassurance(sounds) => self.reassure(sounds, held).await?,
            }
        }
    }

    async fn music_until(
        &mut self,
        until: Instant,
        music: &Music,
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            played = self.music(music, held.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.break_off(held).await,
        }
        self.link.quiet_until(until, held).await
    }

    /// Over and over, unless it is so short, or so broken, that it would be a busy loop.
    async fn music(
        &mut self,
        music: &Music,
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let ways = self.ways_of_music(music);
        loop {
            let started = Instant::now();
            for way in &ways {
                let execution = self.start_music(way, held.is_some()).await?;
                self.link.ended(execution, self.link.rest(), held.as_deref_mut()).await?;
            }
            if started.elapsed() < Duration::from_millis(100) {
                return Ok(());
            }
        }
    }

    /// A class is the name of a stream, unless it says more than that.
    fn ways_of_music(&self, music: &Music) -> Vec<Way> {
        let stream = |file: String| vec![Way { application: "playback", argument: file }];
        match music {
            Music::Class(class) if class.contains("://") => stream(class.to_string()),
            Music::Class(class) => stream(format!("local_stream://{class}")),
            Music::Sounds(sounds) => sounds.iter().flat_map(|sound| self.ways(sound)).collect(),
        }
    }

    /// Noted before it is sent: the answer may come while it is.
    async fn start_music(&mut self, way: &Way, keeps_keys: bool) -> Result<EventUuid, Interrupted> {
        let argument = variable::argument(way.argument.clone(), self.expansion());
        let (playback, execution) = self.link.execute(way.application, &argument)?;
        self.plays = Some(execution);
        let mut commands = Vec::with_capacity(3);
        if keeps_keys && !std::mem::replace(&mut self.keys_are_ours, true) {
            commands.push(self.link.execute("set", &format!("{TERMINATORS}=none"))?.0);
        }
        commands.extend(self.limit()?);
        commands.push(playback);
        self.link.send(&commands).await?;
        Ok(execution)
    }

    async fn reassure(
        &mut self,
        sounds: &[Sound],
        held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let limit = self.limit()?;
        self.link.send(limit.as_slice()).await?;
        self.play_all(sounds, held).await
    }

    /// What has to be said first, so that no sound lasts too long.
    fn limit(&mut self) -> Result<Option<Command>, Interrupted> {
        if std::mem::replace(&mut self.is_limited, true) {
            return Ok(None);
        }
        let limit = format!("{PLAYBACK_SECONDS}={MUSIC_SECONDS}");
        Ok(Some(self.link.execute("set", &limit)?.0))
    }

    async fn break_off(&mut self, held: Option<&mut Collector<'_>>) -> Result<(), Interrupted> {
        let Some(execution) = self.plays.take() else { return Ok(()) };
        self.link.break_off(execution, held).await
    }

    /// Whatever plays, ends, and sounds may be as long as they like again.
    pub(super) async fn music_off(
        &mut self,
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.break_off(held.as_deref_mut()).await?;
        if !self.is_limited {
            return Ok(());
        }
        let before = self.before(PLAYBACK_SECONDS);
        let before = variable::set(PLAYBACK_SECONDS, &Value::of(&before), self.expansion())?;
        self.link.run_while_keys("set", &before, held).await?;
        self.is_limited = false;
        Ok(())
    }
}
