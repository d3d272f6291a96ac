//! What a caller hears while an answer is awaited, and when. Pure: both drivers take the turns from here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::channel::Sound;

/// Longer than any wait: a turn that nothing ends.
const FAR_FUTURE: Duration = Duration::from_secs(24 * 3600);

/// What is heard while an answer is awaited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldMedia {
    /// Silence before the music starts: an answer that comes sooner starts none.
    pub delay: Duration,
    /// What plays then, over and over.
    pub music: Option<HoldMusic>,
    /// What is heard now and then instead of it.
    pub reassurance: Option<Reassurance>,
    /// Keys are kept for the next question; else they are lost. They end nothing that is heard.
    pub keep_type_ahead: bool,
}

/// Background music.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldMusic {
    /// A class (Asterisk) or stream (FreeSWITCH) of the switch.
    Class(Arc<str>),
    /// Sounds, repeated until the answer comes.
    Sounds(Arc<[Sound]>),
}

/// What tells a caller now and then that the call is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassurance {
    /// From the beginning of the wait, and from the end of each, to the next.
    pub every: Duration,
    /// What is heard.
    pub sounds: Arc<[Sound]>,
}

/// What is heard next, turn after turn.
pub struct HoldSchedule<'a> {
    media: &'a HoldMedia,
    started: bool,
    music_at: Instant,
    reassurance_at: Option<Instant>,
}

/// What is heard, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldStep<'a> {
    /// Nothing.
    Silence(Instant),
    /// Music.
    Music(&'a HoldMusic, Instant),
    /// A reassurance, to its end.
    Reassurance(&'a [Sound]),
}

impl<'a> HoldSchedule<'a> {
    /// Nothing was heard yet; the wait begins `now`.
    pub fn new(media: &'a HoldMedia, now: Instant) -> Self {
        let music_at = now + media.delay;
        Self { media, started: false, music_at, reassurance_at: None }
    }

    /// The next turn, where the one before is over. The first is silence, even if there is no time for it: who has hung
    /// up already is not played to.
    pub fn next(&mut self, now: Instant) -> HoldStep<'a> {
        let has_begun = std::mem::replace(&mut self.started, true);
        let mut until = now + FAR_FUTURE;
        if let Some(reassurance) = &self.media.reassurance {
            until = *self.reassurance_at.get_or_insert(now + reassurance.every);
            if until <= now {
                self.reassurance_at = None;
                return HoldStep::Reassurance(&reassurance.sounds);
            }
        }
        match &self.media.music {
            Some(music) if has_begun && self.music_at <= now => HoldStep::Music(music, until),
            Some(_) => HoldStep::Silence(until.min(self.music_at)),
            None => HoldStep::Silence(until),
        }
    }
}
