//! Plays hold media while a trigger's answer is awaited.

use std::convert::Infallible;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::playback::{Playback, PlayingSound};
use super::{EslChannel, PLAYBACK_TIMEOUT};
use crate::channel::digits::DigitCollector;
use crate::channel::hold_media::{HoldSchedule, HoldStep, MIN_LOOP_DURATION};
use crate::channel::{HoldMedia, HoldMusic, Interruption, Sound};
use crate::esl::command::EventUuid;
use crate::esl::variable;

/// Maximum duration of one playback; music is then started again. Without a limit a stream never ends. If our
/// connection breaks, the dialplan continues only when the sound has ended (`switch_ivr_park`).
const MAX_MUSIC_SECONDS: u8 = 30;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Plays until this future is dropped or the call is interrupted.
    pub(super) async fn play_hold_media(
        &mut self,
        media: &HoldMedia,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Interruption {
        // In static mode a sound cannot be interrupted when the answer comes, so nothing is played.
        let silent = HoldMedia::default();
        let media = if self.connection.is_async() { media } else { &silent };
        match self.run_hold_schedule(media, collector).await {
            Err(interruption) => interruption,
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
                HoldStep::Silence(until) => {
                    self.connection.collect_keys_until(until, collector).await?
                }
                HoldStep::Music(music, until) => {
                    self.loop_music_until(until, music, collector).await?
                }
                HoldStep::Reassurance(sounds) => self.play_reassurance(sounds, collector).await?,
            }
        }
    }

    async fn loop_music_until(
        &mut self,
        until: Instant,
        music: &HoldMusic,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            played = self.loop_music(music, collector.as_deref_mut()) => played?,
            () = sleep_until(until) => return self.break_playback(collector).await,
        }
        self.connection.collect_keys_until(until, collector).await
    }

    /// Repeats the music, unless it is shorter than [`MIN_LOOP_DURATION`].
    async fn loop_music(
        &mut self,
        music: &HoldMusic,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let playbacks = self.music_playbacks(music);
        loop {
            let started = Instant::now();
            for playback in &playbacks {
                let execution = self.start_music(playback, collector.is_some()).await?;
                self.connection
                    .wait_for_end(
                        execution,
                        self.connection.deadline.remaining_with_margin(),
                        collector.as_deref_mut(),
                    )
                    .await?;
            }
            if started.elapsed() < MIN_LOOP_DURATION {
                return Ok(());
            }
        }
    }

    /// A music class is the name of a stream of `mod_local_stream`, or a name with `://` that FreeSWITCH can play.
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

    async fn start_music(
        &mut self,
        playback: &Playback,
        keeps_keys: bool,
    ) -> Result<EventUuid, Interruption> {
        let argument = variable::application_argument(playback.argument.clone(), self.expansion());
        let (play, execution) = self.connection.execute_sound(playback.application, &argument)?;
        // Set before the command is sent, because this future may be dropped meanwhile.
        self.playing = Some(PlayingSound::start(execution));
        if keeps_keys {
            self.disable_terminators();
        }
        self.limit_playback();
        self.send_application(play).await?;
        Ok(execution)
    }

    async fn play_reassurance(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.limit_playback();
        self.play_all(sounds, collector).await
    }

    /// Limits the duration of each sound.
    fn limit_playback(&mut self) {
        if !std::mem::replace(&mut self.playback_limited, true) {
            self.defer_variable(PLAYBACK_TIMEOUT, &MAX_MUSIC_SECONDS.to_string());
        }
    }

    async fn break_playback(
        &mut self,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let Some(sound) = self.playing.take() else { return Ok(()) };
        self.interrupt_sound(sound, collector).await
    }

    /// Interrupts the sound that is playing, and restores the duration limit of the dialplan before the next one.
    pub(super) async fn stop_hold_media(
        &mut self,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.break_playback(collector).await?;
        if std::mem::take(&mut self.playback_limited) {
            self.defer_variable(PLAYBACK_TIMEOUT, &self.original_variable(PLAYBACK_TIMEOUT));
        }
        Ok(())
    }
}
