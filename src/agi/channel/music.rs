//! What a caller hears while an answer is awaited.
//!
//! Asterisk tells a key only to a command that waits for it, so where keys are kept there is always one: WAIT FOR DIGIT
//! in silence and beside music of a class, which goes on; STREAM FILE for sounds, each of which goes on where a key
//! ended it.

use std::convert::Infallible;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::{AgiChannel, LONG_WAIT};
use crate::agi::command::Command;
use crate::channel::digits::Collector;
use crate::channel::leg::Leg;
use crate::channel::meanwhile::{Turn, Turns};
use crate::channel::{Interrupted, Line, Meanwhile, Music, Sound};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// All turns, until that is broken off or the call is interrupted. Nothing is played in the `h` extension.
    pub(super) async fn meanwhile(
        &mut self,
        meanwhile: &Meanwhile,
        held: Option<&mut Collector<'_>>,
    ) -> Interrupted {
        if self.link.line == Some(Line::Gone) {
            return self.link.idle().await;
        }
        match self.turns(meanwhile, held).await {
            Err(interrupted) if self.link.line != Some(Line::Gone) => interrupted,
            _ => self.link.idle().await,
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
                Turn::Silence(until) => self.quiet_until(until, held).await?,
                Turn::Music(Music::Class(class), until) => {
                    self.music_on(class).await?;
                    self.quiet_until(until, held).await?;
                }
                Turn::Music(Music::Sounds(sounds), until) => {
                    self.repeat_until(until, sounds, held).await?;
                }
                Turn::Reassurance(sounds) => self.reassure(sounds, held).await?,
            }
        }
    }

    async fn quiet_until(
        &mut self,
        until: Instant,
        held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let Some(held) = held else {
            return tokio::select! {
                biased;
                interrupted = self.link.idle() => Err(interrupted),
                () = sleep_until(until) => Ok(()),
            };
        };
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.key(left.min(LONG_WAIT), held).await?;
        }
    }

    async fn music_on(&mut self, class: &str) -> Result<(), Interrupted> {
        self.music = true;
        self.link.command(Command::set_music(Some(class))?).await.map(drop)
    }

    async fn repeat_until(
        &mut self,
        until: Instant,
        sounds: &[Sound],
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            played = self.repeat(sounds, held.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.settle(held).await,
        }
        self.quiet_until(until, held).await
    }

    /// Over and over, unless they are so short, or so broken, that it would be a busy loop.
    async fn repeat(
        &mut self,
        sounds: &[Sound],
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        loop {
            let started = Instant::now();
            for sound in sounds {
                self.sound(sound, held.as_deref_mut()).await?;
            }
            if started.elapsed() < Duration::from_millis(100) {
                return Ok(());
            }
        }
    }

    /// STREAM FILE ends music of a class, which does not come back by itself (`ast_openstream_full`).
    async fn reassure(
        &mut self,
        sounds: &[Sound],
        mut held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.music = false;
        for sound in sounds {
            self.sound(sound, held.as_deref_mut()).await?;
        }
        Ok(())
    }

    /// Ends what was broken off; a key that ended it at that moment is held too.
    pub(super) async fn settle(
        &mut self,
        held: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let key = self.link.settle().await?;
        if let (Some(key), Some(held)) = (key, held) {
            held.key(key, Instant::now());
        }
        Ok(())
    }
}
