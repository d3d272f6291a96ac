//! What the caller hears while a trigger's answer is awaited, and the schedule that both drivers follow.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Sound;

/// Duration of a step that only the answer ends: longer than any call.
const FAR_FUTURE: Duration = Duration::from_secs(24 * 3600);
/// Shorter music is not repeated, which would be a busy loop. Silence follows it.
pub(crate) const MIN_LOOP_DURATION: Duration = Duration::from_millis(100);

/// What the caller hears while an answer is awaited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldMedia {
    /// Silence before the music starts. If the answer comes sooner, no music is played.
    pub delay: Duration,
    /// Repeated until the answer comes.
    pub music: Option<HoldMusic>,
    /// Interrupts the music from time to time.
    pub reassurance: Option<Reassurance>,
    /// Whether pressed keys are kept for the next question. They never end the hold media.
    pub keep_type_ahead: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldMusic {
    /// A music class (Asterisk) or a stream (FreeSWITCH) of the switch.
    Class(Arc<str>),
    Sounds(Arc<[Sound]>),
}

/// A message that tells the caller from time to time that the call is still being handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassurance {
    /// Time from the beginning of the wait to the first message, and from the end of a message to the next.
    pub every: Duration,
    pub sounds: Arc<[Sound]>,
}

/// Decides what to play next.
pub(crate) struct HoldSchedule<'a> {
    media: &'a HoldMedia,
    started: bool,
    music_at: Instant,
    reassurance_at: Option<Instant>,
}

/// What to play next, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldStep<'a> {
    Silence(Instant),
    Music(&'a HoldMusic, Instant),
    /// Played to its end.
    Reassurance(&'a [Sound]),
}

impl<'a> HoldSchedule<'a> {
    /// A schedule for a wait that begins `now`.
    pub(crate) fn new(media: &'a HoldMedia, now: Instant) -> Self {
        let music_at = now + media.delay;
        Self { media, started: false, music_at, reassurance_at: None }
    }

    /// The next step; to be called when the previous step is over. The first step is never music: during a step of
    /// silence, even of length zero, the driver reads a hang-up message that it has already received.
    pub(crate) fn next(&mut self, now: Instant) -> HoldStep<'a> {
        let has_started = std::mem::replace(&mut self.started, true);
        let mut until = now + FAR_FUTURE;
        if let Some(reassurance) = &self.media.reassurance {
            until = *self.reassurance_at.get_or_insert(now + reassurance.every);
            if until <= now {
                self.reassurance_at = None;
                return HoldStep::Reassurance(&reassurance.sounds);
            }
        }
        match &self.media.music {
            Some(music) if has_started && self.music_at <= now => HoldStep::Music(music, until),
            Some(_) => HoldStep::Silence(until.min(self.music_at)),
            None => HoldStep::Silence(until),
        }
    }
}
