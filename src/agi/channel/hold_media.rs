//! Plays hold media while a trigger's answer is awaited.
//!
//! Asterisk reports a key only to a command that waits for keys. So if keys are kept for the next question, such a
//! command is always running: WAIT FOR DIGIT during silence and while a music class plays, and STREAM FILE while a
//! sound plays. The music class continues after a key. A sound is started again at the position at which the key
//! interrupted it.

use std::convert::Infallible;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::{AgiChannel, MAX_DIGIT_WAIT};
use crate::agi::command::AgiCommand;
use crate::channel::digits::DigitCollector;
use crate::channel::hold_media::{HoldSchedule, HoldStep, MIN_LOOP_DURATION};
use crate::channel::{Channel, HoldMedia, HoldMusic, Interruption, LineState, Sound};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// Plays until this future is dropped or the call is interrupted. In the `h` extension nothing is played.
    pub(super) async fn play_hold_media(
        &mut self,
        media: &HoldMedia,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Interruption {
        if self.connection.line_state == Some(LineState::HungUp) {
            return self.connection.wait_for_interruption().await;
        }
        match self.run_hold_schedule(media, collector).await {
            Err(interruption) if self.connection.line_state != Some(LineState::HungUp) => {
                interruption
            }
            _ => self.connection.wait_for_interruption().await,
        }
    }

    async fn run_hold_schedule(
        &mut self,
        media: &HoldMedia,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<Infallible, Interruption> {
        let mut schedule = HoldSchedule::new(media, Instant::now());
        loop {
            let collector = collector.as_deref_mut();
            match schedule.next(Instant::now()) {
                HoldStep::Silence(until) => self.stay_silent_until(until, collector).await?,
                HoldStep::Music(HoldMusic::Class(class), until) => {
                    self.start_music(class).await?;
                    self.stay_silent_until(until, collector).await?;
                }
                HoldStep::Music(HoldMusic::Sounds(sounds), until) => {
                    self.loop_sounds_until(until, sounds, collector).await?;
                }
                HoldStep::Reassurance(sounds) => self.play_reassurance(sounds, collector).await?,
            }
        }
    }

    async fn stay_silent_until(
        &mut self,
        until: Instant,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let Some(collector) = collector else {
            return tokio::select! {
                biased;
                interruption = self.connection.wait_for_interruption() => Err(interruption),
                () = sleep_until(until) => Ok(()),
            };
        };
        loop {
            let remaining = until.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return Ok(());
            }
            self.wait_for_key(remaining.min(MAX_DIGIT_WAIT), collector).await?;
        }
    }

    async fn start_music(&mut self, class: &str) -> Result<(), Interruption> {
        self.music_playing = true;
        self.connection.run_command(AgiCommand::set_music(Some(class))?).await.map(drop)
    }

    async fn loop_sounds_until(
        &mut self,
        until: Instant,
        sounds: &[Sound],
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            played = self.loop_sounds(sounds, collector.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.finish_aborted(collector).await,
        }
        self.stay_silent_until(until, collector).await
    }

    /// Repeats the sounds, unless all of them together are shorter than [`MIN_LOOP_DURATION`].
    async fn loop_sounds(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        loop {
            let started = Instant::now();
            for sound in sounds {
                self.play_sound(sound, collector.as_deref_mut()).await?;
            }
            if started.elapsed() < MIN_LOOP_DURATION {
                return Ok(());
            }
        }
    }

    /// STREAM FILE stops a music class, which does not start again by itself (`ast_openstream_full`).
    async fn play_reassurance(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.music_playing = false;
        for sound in sounds {
            self.play_sound(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
    }

    /// Interrupts the command that is still running because its future was dropped. If a key has ended the command at
    /// the same moment, the key is collected too.
    pub(super) async fn finish_aborted(
        &mut self,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let key = self.connection.finish_aborted().await?;
        if let (Some(key), Some(collector)) = (key, collector) {
            collector.push_key(key, Instant::now());
        }
        Ok(())
    }
}
