//! Plays hold media while a trigger's answer is awaited.

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
        let (play, execution) = self.connection.execute(playback.application, &argument)?;
        // Set before the commands are sent, because this future may be dropped meanwhile.
        self.playing = Some(execution);
        let mut commands = Vec::with_capacity(3);
        if keeps_keys && !std::mem::replace(&mut self.terminators_disabled, true) {
            commands
                .push(self.connection.execute("set", &format!("{PLAYBACK_TERMINATORS}=none"))?.0);
        }
        commands.extend(self.playback_limit_command()?);
        commands.push(play);
        self.connection.send(&commands).await?;
        Ok(execution)
    }

    async fn play_reassurance(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let limit = self.playback_limit_command()?;
        self.connection.send(limit.as_slice()).await?;
        self.play_all(sounds, collector).await
    }

    /// The command that limits the duration of sounds; `None` if it was sent already.
    fn playback_limit_command(&mut self) -> Result<Option<EslCommand>, Interruption> {
        if std::mem::replace(&mut self.playback_limited, true) {
            return Ok(None);
        }
        let limit = format!("{PLAYBACK_TIMEOUT}={MAX_MUSIC_SECONDS}");
        Ok(Some(self.connection.execute("set", &limit)?.0))
    }

    async fn break_playback(
        &mut self,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let Some(execution) = self.playing.take() else { return Ok(()) };
        self.connection.break_application(execution, collector).await
    }

    /// Interrupts the sound that is playing, and restores the duration limit of the dialplan.
    pub(super) async fn stop_hold_media(
        &mut self,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.break_playback(collector.as_deref_mut()).await?;
        if !self.playback_limited {
            return Ok(());
        }
        let original = self.original_variable(PLAYBACK_TIMEOUT);
        let assignment = variable::set(
            PLAYBACK_TIMEOUT,
            &EslVariableValue::sanitize(&original),
            self.expansion(),
        )?;
        self.connection.run_collecting_keys("set", &assignment, collector).await?;
        self.playback_limited = false;
        Ok(())
    }
}
