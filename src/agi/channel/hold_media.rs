//! What a caller hears while an answer is awaited.
//!
//! Asterisk tells a key only to a command that waits for it, so where keys are kept there is always one: WAIT FOR DIGIT
//! in silence and beside music of a class, which goes on; STREAM FILE for sounds, each of which goes on where a key
//! ended it.

use std::convert::Infallible;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::{AgiChannel, MAX_DIGIT_WAIT};
use crate::agi::command::AgiCommand;
use crate::channel::digits::DigitCollector;
use crate::channel::hold_media::{HoldSchedule, HoldStep, MIN_LOOP_DURATION};
use crate::channel::{Channel, HoldMedia, HoldMusic, Interruption, LineState, Sound};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// All turns, until that is broken off or the call is interrupted. Nothing is played in the `h` extension.
    pub(super) async fn play_hold_media(
        &mut self,
        meanwhile: &HoldMedia,
        held: Option<&mut DigitCollector<'_>>,
    ) -> Interruption {
        if self.connection.line_state == Some(LineState::HungUp) {
            return self.connection.wait_for_interruption().await;
        }
        match self.run_hold_schedule(meanwhile, held).await {
            Err(interrupted) if self.connection.line_state != Some(LineState::HungUp) => {
                interrupted
            }
            _ => self.connection.wait_for_interruption().await,
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
                HoldStep::Silence(until) => self.stay_silent_until(until, held).await?,
                HoldStep::Music(HoldMusic::Class(class), until) => {
                    self.start_music(class).await?;
                    self.stay_silent_until(until, held).await?;
                }
                HoldStep::Music(HoldMusic::Sounds(sounds), until) => {
                    self.loop_sounds_until(until, sounds, held).await?;
                }
                HoldStep::Reassurance(sounds) => self.play_reassurance(sounds, held).await?,
            }
        }
    }

    async fn stay_silent_until(
        &mut self,
        until: Instant,
        held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let Some(held) = held else {
            return tokio::select! {
                biased;
                interrupted = self.connection.wait_for_interruption() => Err(interrupted),
                () = sleep_until(until) => Ok(()),
            };
        };
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.wait_for_key(left.min(MAX_DIGIT_WAIT), held).await?;
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
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            played = self.loop_sounds(sounds, held.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.finish_aborted(held).await,
        }
        self.stay_silent_until(until, held).await
    }

    /// Over and over, unless they are so short, or so broken, that it would be a busy loop.
    async fn loop_sounds(
        &mut self,
        sounds: &[Sound],
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        loop {
            let started = Instant::now();
            for sound in sounds {
                self.play_sound(sound, held.as_deref_mut()).await?;
            }
            if started.elapsed() < MIN_LOOP_DURATION {
                return Ok(());
            }
        }
    }

    /// STREAM FILE ends music of a class, which does not come back by itself (`ast_openstream_full`).
    async fn play_reassurance(
        &mut self,
        sounds: &[Sound],
        mut held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.music_playing = false;
        for sound in sounds {
            self.play_sound(sound, held.as_deref_mut()).await?;
        }
        Ok(())
    }

    /// Ends what was broken off; a key that ended it at that moment is held too.
    pub(super) async fn finish_aborted(
        &mut self,
        held: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let key = self.connection.finish_aborted().await?;
        if let (Some(key), Some(held)) = (key, held) {
            held.push_key(key, Instant::now());
        }
        Ok(())
    }
}
