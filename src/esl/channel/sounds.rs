//! Prompts: sounds one after the other, each by the first application that can play it.
//!
//! The next sound is sent when the end of the one before was told, and begins in the next or the next but one frame of
//! 20 ms. Executes that are queued behind a lock leave no gap at all, but a `break` does not reach into them.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::EslChannel;
use super::ways::{self, Way};
use crate::channel::digits::Collector;
use crate::channel::{Interrupted, Sound};
use crate::esl::link::{Completion, Followed, lost};
use crate::esl::variable;

/// `speak` and `say` tell nothing of an engine, a voice or a language that is not there: they end in the frame in
/// which they began, and nothing that can be heard is that short (`switch_ivr_speak_text`, `switch_ivr_say`).
const SHORTEST: Duration = Duration::from_millis(120);

/// What became of a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    ToItsEnd,
    UntilAKey,
    NotAtAll,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Plays sounds; the keys that `collector` takes break them off where barge-in wants it.
    pub(super) async fn play_all(
        &mut self,
        sounds: &[Sound],
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        for sound in sounds {
            if collector.as_ref().is_some_and(|collector| collector.ends_prompt()) {
                return Ok(());
            }
            self.play(sound, collector.as_deref_mut()).await?;
        }
        Ok(())
    }

    async fn play(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        for way in self.ways(sound) {
            if self.hear(&way, collector.as_deref_mut()).await? != Heard::NotAtAll {
                self.by_http_cache |= way.argument.starts_with("http_cache:");
                return Ok(());
            }
        }
        warn!(call_id = ?self.caller.call_id, ?sound, "the switch can't play a sound");
        Ok(())
    }

    pub(super) fn ways(&self, sound: &Sound) -> Vec<Way> {
        ways::ways(sound, &ways::language(&self.caller.language), self.by_http_cache)
    }

    async fn hear(
        &mut self,
        way: &Way,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Heard, Interrupted> {
        self.link.alive()?;
        let argument = variable::argument(way.argument.clone(), self.expansion());
        let (play, execution) = self.link.execute(way.application, &argument)?;
        // Noted before it is sent: an answer that ends it may come while it is.
        self.plays = Some(execution);
        self.begin(play).await?;
        let begun = Instant::now();
        let due = begun + self.link.rest();
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return false };
            collector.key(key, Instant::now());
            collector.ends_prompt()
        };
        match self.link.follow(execution, due, is_last).await? {
            Followed::Ended(completion) => Ok(heard(way, &completion, begun.elapsed())),
            Followed::Key => {
                self.link.break_off(execution, collector).await?;
                Ok(Heard::UntilAKey)
            }
            Followed::Late => Err(lost("a sound did not end")),
        }
    }
}

/// Only some applications say how they ended; `playback` does (`playback_function` in `mod_dptools.c`).
fn heard(way: &Way, completion: &Completion, lasted: Duration) -> Heard {
    let failed = match way.application {
        "playback" => matches!(&*completion.response(), "FILE NOT FOUND" | "PLAYBACK ERROR"),
        _ => lasted < SHORTEST,
    };
    if failed { Heard::NotAtAll } else { Heard::ToItsEnd }
}
