//! What a caller hears while an answer is awaited, and when. Pure: both drivers take the turns from here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::channel::Sound;

/// Longer than any wait: a turn that nothing ends.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// What is heard while an answer is awaited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meanwhile {
    /// Silence before the music starts: an answer that comes sooner starts none.
    pub after: Duration,
    /// What plays then, over and over.
    pub music: Option<Music>,
    /// What is heard now and then instead of it.
    pub reassurance: Option<Reassurance>,
    /// Keys are kept for the next question; else they are lost. They end nothing that is heard.
    pub keeps_keys: bool,
}

/// Background music.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Music {
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
pub struct Turns<'a> {
    meanwhile: &'a Meanwhile,
    begun: bool,
    music_starts: Instant,
    reassures: Option<Instant>,
}

/// What is heard, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<'a> {
    /// Nothing.
    Silence(Instant),
    /// Music.
    Music(&'a Music, Instant),
    /// A reassurance, to its end.
    Reassurance(&'a [Sound]),
}

impl<'a> Turns<'a> {
    /// Nothing was heard yet; the wait begins `now`.
    pub fn new(meanwhile: &'a Meanwhile, now: Instant) -> Self {
        let music_starts = now + meanwhile.after;
        Self { meanwhile, begun: false, music_starts, reassures: None }
    }

    /// The next turn, where the one before is over. The first is silence, even if there is no time for it: who has hung
    /// up already is not played to.
    pub fn next(&mut self, now: Instant) -> Turn<'a> {
        let has_begun = std::mem::replace(&mut self.begun, true);
        let mut until = now + FAR;
        if let Some(reassurance) = &self.meanwhile.reassurance {
            until = *self.reassures.get_or_insert(now + reassurance.every);
            if until <= now {
                self.reassures = None;
                return Turn::Reassurance(&reassurance.sounds);
            }
        }
        match &self.meanwhile.music {
            Some(music) if has_begun && self.music_starts <= now => Turn::Music(music, until),
            Some(_) => Turn::Silence(until.min(self.music_starts)),
            None => Turn::Silence(until),
        }
    }
}
