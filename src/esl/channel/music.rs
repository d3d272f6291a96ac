//! What a caller hears while an answer is awaited.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep};

use super::ways::Way;
use super::{EslChannel, PLAYBACK_SECONDS};
use crate::channel::{Interrupted, Meanwhile, Music};
use crate::esl::command::EventUuid;
use crate::esl::quote::Value;
use crate::esl::variable;

/// Most seconds of music at a time; then it is started again. A stream has no end, and when we are gone what plays is
/// played to its end before the dialplan goes on (`switch_ivr_park`).
const MUSIC_SECONDS: u8 = 30;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Silence, then music, until that is broken off or the call is interrupted.
    pub(super) async fn meanwhile(&mut self, meanwhile: &Meanwhile) -> Interrupted {
        let music_starts = sleep(meanwhile.after);
        tokio::select! {
            biased;
            interrupted = self.link.idle() => return interrupted,
            () = music_starts => {}
        }
        let played = match &meanwhile.music {
            Some(music) if self.link.is_async() => self.music(music).await,
            // Without `async` a sound could not be broken off when the answer comes.
            _ => Ok(()),
        };
        match played {
            Ok(()) => self.link.idle().await,
            Err(interrupted) => interrupted,
        }
    }

    /// Over and over, unless it is so short, or so broken, that it would be a busy loop.
    async fn music(&mut self, music: &Music) -> Result<(), Interrupted> {
        let ways = self.ways_of_music(music);
        loop {
            let started = Instant::now();
            for way in &ways {
                let execution = self.start_music(way).await?;
                self.link.ended(execution, self.link.rest(), None).await?;
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
    async fn start_music(&mut self, way: &Way) -> Result<EventUuid, Interrupted> {
        let argument = variable::argument(way.argument.clone(), self.expansion());
        let (playback, execution) = self.link.execute(way.application, &argument)?;
        self.music = Some(execution);
        if self.is_limited {
            self.link.send(&[playback]).await?;
        } else {
            let limit = format!("{PLAYBACK_SECONDS}={MUSIC_SECONDS}");
            let (limit, _) = self.link.execute("set", &limit)?;
            self.is_limited = true;
            self.link.send(&[limit, playback]).await?;
        }
        Ok(execution)
    }

    pub(super) async fn music_off(&mut self) -> Result<(), Interrupted> {
        let Some(execution) = self.music.take() else { return Ok(()) };
        self.link.break_off(execution, None).await?;
        let before = self.before(PLAYBACK_SECONDS);
        let before = variable::set(PLAYBACK_SECONDS, &Value::of(&before), self.expansion())?;
        self.link.run("set", &before).await?;
        self.is_limited = false;
        Ok(())
    }
}
