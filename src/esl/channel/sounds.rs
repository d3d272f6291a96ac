//! Prompts: plays sounds one after the other. For each sound, applications are tried until one can play it.
//!
//! A sound is sent when the end of the previous one was reported, and begins one or two frames of 20 ms later. If the
//! sounds were queued behind an event lock, there would be no gap, but a `break` would not remove the queued sounds.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::EslChannel;
use super::playback::{self, Playback, PlayingSound, SAY_ZONE, SAY_ZONE_SECONDS};
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, Sound};
use crate::esl::connection::{ExecutionCompletion, ExecutionWait};
use crate::esl::variable;
use crate::file_access::FileNeed;
use crate::file_access::explain::explain_in_background;

/// `speak` and `say` that end sooner have failed. They do not report an unknown engine, voice or language, but end in
/// the frame in which they began (`switch_ivr_speak_text`, `switch_ivr_say`). Nothing audible is that short.
const MIN_AUDIBLE_DURATION: Duration = Duration::from_millis(120);

/// FreeSWITCH has started a sound that was sent so long ago, unless an earlier application, such as `answer`, still
/// runs. It starts an application in the next frame of 20 ms.
const MAX_START_TIME: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlaybackResult {
    Finished,
    StoppedByKey,
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Plays the sounds until a key that the collector accepts ends the prompt.
    pub(super) async fn play_all(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        for sound in sounds {
            if collector.as_ref().is_some_and(|collector| collector.ends_prompt()) {
                return Ok(());
            }
            self.play_sound(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
    }

    async fn play_sound(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if let Sound::Moment(_) = sound {
            self.say_zone_changed = true;
            self.defer_variable(SAY_ZONE, &SAY_ZONE_SECONDS.to_string());
        }
        for playback in self.playbacks(sound) {
            if self.run_playback(&playback, collector.as_deref_mut()).await?
                != PlaybackResult::Failed
            {
                self.prefers_http_cache |= playback.argument.starts_with("http_cache:");
                return Ok(());
            }
        }
        warn_unplayable(&self.caller.call_id, sound).await;
        Ok(())
    }

    pub(super) fn playbacks(&self, sound: &Sound) -> Vec<Playback> {
        playback::playbacks(sound, &playback::say_language(&self.language), self.prefers_http_cache)
    }

    async fn run_playback(
        &mut self,
        playback: &Playback,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<PlaybackResult, Interruption> {
        self.connection.ensure_alive()?;
        let argument = variable::application_argument(playback.argument.clone(), self.expansion());
        let (play, execution) = self.connection.execute_sound(playback.application, &argument)?;
        let sound = PlayingSound::start(execution);
        // Set before the command is sent, because this future may be dropped meanwhile.
        self.playing = Some(sound);
        self.start_application(play).await?;
        let due = Instant::now() + self.connection.deadline.remaining_with_margin();
        let ends_wait = |key| {
            let Some(collector) = collector.as_mut() else { return false };
            collector.push_key(key, Instant::now());
            collector.ends_prompt()
        };
        match self.connection.wait_for_end_or_key(execution, due, ends_wait).await? {
            ExecutionWait::Ended(completion) => Ok(playback_result(playback, &completion)),
            ExecutionWait::Key => {
                self.interrupt_sound(sound, collector).await?;
                Ok(PlaybackResult::StoppedByKey)
            }
            ExecutionWait::TimedOut => {
                Err(Interruption::connection_lost("playback did not end in time"))
            }
        }
    }

    /// Interrupts a sound. A sound that has begun for sure ends in the next frame. Then its end is not awaited: what is
    /// sent next waits for it in the switch, and begins one frame later.
    pub(super) async fn interrupt_sound(
        &mut self,
        sound: PlayingSound,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let has_begun = sound.sent.elapsed() >= MAX_START_TIME
            && self.connection.is_idle_except(Some(sound.execution));
        if !has_begun || self.connection.controlled_channel().is_none() {
            return self.connection.break_application(sound.execution, collector).await;
        }
        if self.connection.is_running(sound.execution) {
            self.interrupted = Some(sound.execution);
            self.connection.send_break().await?;
        }
        Ok(())
    }
}

/// Logs that a sound was not played. For a file, the permissions are looked at: they are the usual reason.
pub(super) async fn warn_unplayable(call_id: &str, sound: &Sound) {
    let denied = match sound {
        Sound::File(file) => explain_in_background("freeswitch", file, FileNeed::Read).await,
        _ => None,
    };
    let reason = denied.as_ref().map(|denied| &*denied.reason);
    let help = denied.as_ref().map(|denied| &*denied.fix);
    warn!(call_id, ?sound, reason, help, "the switch can't play a sound");
}

/// `playback` reports how it ended (`playback_function` in `mod_dptools.c`). The others do not: they have failed if
/// they ended too soon.
fn playback_result(playback: &Playback, completion: &ExecutionCompletion) -> PlaybackResult {
    let failed = match playback.application {
        "playback" => matches!(&*completion.response(), "FILE NOT FOUND" | "PLAYBACK ERROR"),
        _ => completion.duration < MIN_AUDIBLE_DURATION,
    };
    if failed { PlaybackResult::Failed } else { PlaybackResult::Finished }
}
