//! Prompts: sounds one after the other, each by the first application that can play it.
//!
//! The next sound is sent when the end of the one before was told, and begins in the next or the next but one frame of
//! 20 ms. Executes that are queued behind a lock leave no gap at all, but a `break` does not reach into them.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::EslChannel;
use super::playback::{self, Playback};
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, Sound};
use crate::esl::connection::{ExecutionCompletion, ExecutionWait};
use crate::esl::variable;

/// `speak` and `say` tell nothing of an engine, a voice or a language that is not there: they end in the frame in
/// which they began, and nothing that can be heard is that short (`switch_ivr_speak_text`, `switch_ivr_say`).
const MIN_AUDIBLE_DURATION: Duration = Duration::from_millis(120);

/// What became of a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlaybackResult {
    Finished,
    StoppedByKey,
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Plays sounds; the keys that `collector` takes break them off where barge-in wants it.
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
        for way in self.playbacks(sound) {
            if self.run_playback(&way, collector.as_deref_mut()).await? != PlaybackResult::Failed {
                self.prefers_http_cache |= way.argument.starts_with("http_cache:");
                return Ok(());
            }
        }
        warn!(call_id = ?self.caller.call_id, ?sound, "the switch can't play a sound");
        Ok(())
    }

    pub(super) fn playbacks(&self, sound: &Sound) -> Vec<Playback> {
        playback::playbacks(
            sound,
            &playback::say_language(&self.caller.language),
            self.prefers_http_cache,
        )
    }

    async fn run_playback(
        &mut self,
        way: &Playback,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<PlaybackResult, Interruption> {
        self.connection.ensure_alive()?;
        let argument = variable::application_argument(way.argument.clone(), self.expansion());
        let (play, execution) = self.connection.execute(way.application, &argument)?;
        // Noted before it is sent: an answer that ends it may come while it is.
        self.playing = Some(execution);
        self.start_application(play).await?;
        let begun = Instant::now();
        let due = begun + self.connection.deadline.remaining_with_margin();
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return false };
            collector.push_key(key, Instant::now());
            collector.ends_prompt()
        };
        match self.connection.wait_for_end_or_key(execution, due, is_last).await? {
            ExecutionWait::Ended(completion) => {
                Ok(playback_result(way, &completion, begun.elapsed()))
            }
            ExecutionWait::Key => {
                self.connection.break_application(execution, collector).await?;
                Ok(PlaybackResult::StoppedByKey)
            }
            ExecutionWait::TimedOut => {
                Err(Interruption::connection_lost("playback did not end in time"))
            }
        }
    }
}

/// Only some applications say how they ended; `playback` does (`playback_function` in `mod_dptools.c`).
fn playback_result(
    way: &Playback,
    completion: &ExecutionCompletion,
    lasted: Duration,
) -> PlaybackResult {
    let failed = match way.application {
        "playback" => matches!(&*completion.response(), "FILE NOT FOUND" | "PLAYBACK ERROR"),
        _ => lasted < MIN_AUDIBLE_DURATION,
    };
    if failed { PlaybackResult::Failed } else { PlaybackResult::Finished }
}
