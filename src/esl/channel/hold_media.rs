//! What a caller hears while an answer is awaited.

use std::convert::Infallible;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::playback::Playback;
use super::{EslChannel, PLAYBACK_TERMINATORS, PLAYBACK_TIMEOUT};
use crate::channel::digits::DigitCollector;
use crate::channel::hold_media::{HoldSchedule, HoldStep, MIN_LOOP_DURATION};
use crate::channel::{HoldMedia, HoldMusic, Interruption, Sound};
use crate::esl::command::{EslCommand, EventUuid};
use crate::esl::quote::EslVariableValue;
use crate::esl::variable;

/// Most seconds of a sound at a time; music is started again then. A stream has no end, and when we are gone what plays
/// is played to its end before the dialplan goes on (`switch_ivr_park`).
const MAX_MUSIC_SECONDS: u8 = 30;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// All turns, until that is broken off or the call is interrupted.
    pub(super) async fn play_hold_media(
        &mut self,
        meanwhile: &HoldMedia,
        held: Option<&mut DigitCollector<'_>>,
    ) -> Interruption {
        // Without `async` a sound could not be broken off when the answer comes.
        let silent = HoldMedia::default();
        let meanwhile = if self.connection.is_async() { meanwhile } else { &silent };
        match self.run_hold_schedule(meanwhile, held).await {
            Err(interrupted) => interrupted,
        }
    }

    async fn run_hold_schedule(
        &mut self,
        meanwhile: &HoldMedia,
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<Infallible, Interruption> {
        let mut turns = HoldSchedule::new(meanwhile, Instant::now());
        loop {
            let held = held.as_deref_mut();
            match turns.next(Instant::now()) {
                HoldStep::Silence(until) => self.connection.collect_keys_until(until, held).await?,
                HoldStep::Music(music, until) => self.loop_music_until(until, music, held).await?,
                HoldStep::Reassurance(sounds) => self.play_reassurance(sounds, held).await?,
            }
        }
    }

    async fn loop_music_until(
        &mut self,
        until: Instant,
        music: &HoldMusic,
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            played = self.loop_music(music, held.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.break_playback(held).await,
        }
        self.connection.collect_keys_until(until, held).await
    }

    /// Over and over, unless it is so short, or so broken, that it would be a busy loop.
    async fn loop_music(
        &mut self,
        music: &HoldMusic,
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let ways = self.music_playbacks(music);
        loop {
            let started = Instant::now();
            for way in &ways {
                let execution = self.start_music(way, held.is_some()).await?;
                self.connection
                    .wait_for_end(
                        execution,
                        self.connection.deadline.remaining_with_margin(),
                        held.as_deref_mut(),
                    )
                    .await?;
            }
            if started.elapsed() < MIN_LOOP_DURATION {
                return Ok(());
            }
        }
    }

    /// A class is the name of a stream, unless it says more than that.
    fn music_playbacks(&self, music: &HoldMusic) -> Vec<Playback> {
        let stream = |file: String| vec![Playback { application: "playback", argument: file }];
        match music {
            HoldMusic::Class(class) if class.contains("://") => stream(class.to_string()),
            HoldMusic::Class(class) => stream(format!("local_stream://{class}")),
            HoldMusic::Sounds(sounds) => {
                sounds.iter().flat_map(|sound| self.playbacks(sound)).collect()
            }
        }
    }

    /// Noted before it is sent: the answer may come while it is.
    async fn start_music(
        &mut self,
        way: &Playback,
        keeps_keys: bool,
    ) -> Result<EventUuid, Interruption> {
        let argument = variable::application_argument(way.argument.clone(), self.expansion());
        let (playback, execution) = self.connection.execute(way.application, &argument)?;
        self.playing = Some(execution);
        let mut commands = Vec::with_capacity(3);
        if keeps_keys && !std::mem::replace(&mut self.terminators_disabled, true) {
            commands
                .push(self.connection.execute("set", &format!("{PLAYBACK_TERMINATORS}=none"))?.0);
        }
        commands.extend(self.playback_limit_command()?);
        commands.push(playback);
        self.connection.send(&commands).await?;
        Ok(execution)
    }

    async fn play_reassurance(
        &mut self,
        sounds: &[Sound],
        held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let limit = self.playback_limit_command()?;
        self.connection.send(limit.as_slice()).await?;
        self.play_all(sounds, held).await
    }

    /// What has to be said first, so that no sound lasts too long.
    fn playback_limit_command(&mut self) -> Result<Option<EslCommand>, Interruption> {
        if std::mem::replace(&mut self.playback_limited, true) {
            return Ok(None);
        }
        let limit = format!("{PLAYBACK_TIMEOUT}={MAX_MUSIC_SECONDS}");
        Ok(Some(self.connection.execute("set", &limit)?.0))
    }

    async fn break_playback(
        &mut self,
        held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let Some(execution) = self.playing.take() else { return Ok(()) };
        self.connection.break_application(execution, held).await
    }

    /// Whatever plays, ends, and sounds may be as long as they like again.
    pub(super) async fn stop_hold_media(
        &mut self,
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.break_playback(held.as_deref_mut()).await?;
        if !self.playback_limited {
            return Ok(());
        }
        let before = self.original_variable(PLAYBACK_TIMEOUT);
        let before = variable::set(
            PLAYBACK_TIMEOUT,
            &EslVariableValue::sanitize(&before),
            self.expansion(),
        )?;
        self.connection.run_collecting_keys("set", &before, held).await?;
        self.playback_limited = false;
        Ok(())
    }
}
