//! When to wake the thread of FreeSWITCH that sends us events.
//!
//! That thread looks for events when bytes arrive, and otherwise 20 ms after it has last looked (`read_packet`). The
//! channel takes keys and commands once per frame of 20 ms (`switch_ivr_park`). So a key is reported 0 to 20 ms after its
//! frame. If it is reported late, what the script does next misses the next frame.
//!
//! A blank line makes the thread look, and has no other effect. If it is sent shortly after a frame, the thread also
//! looks shortly after the following frames. Its period is a little longer than that of the frames, so this is repeated.

use std::time::Duration;

use tokio::time::Instant;

use crate::esl::headers::EslHeaders;

const FRAME: Duration = Duration::from_millis(20);
/// Time from a frame until its events are in the queue of the thread.
const EVENT_DELAY: Duration = Duration::from_millis(2);
/// Frames until the next blank line.
const REPEAT_FRAMES: u32 = 20;
/// Maximum number of blank lines after a key.
const MAX_WAKES: u8 = 4;

/// The time of the next blank line, from the times at which FreeSWITCH has created events.
#[derive(Debug)]
pub(super) struct ListenerWake {
    /// The same time by the clock of FreeSWITCH, in microseconds, and by ours.
    reference: Option<(u64, Instant)>,
    next: Option<Instant>,
    left: u8,
}

impl ListenerWake {
    /// The channel data was created when the command `connect` was read, and has just been received.
    pub(super) fn new(channel_data: &EslHeaders) -> Self {
        let reference = created_at(channel_data).map(|created| (created, Instant::now()));
        Self { reference, next: None, left: 0 }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// A key was reported, and more may follow: plans blank lines.
    pub(super) fn key_received(&mut self, event: &EslHeaders) {
        let now = Instant::now();
        let Some((reference, instant)) = self.reference else { return };
        let elapsed = created_at(event).and_then(|created| created.checked_sub(reference));
        let frame = elapsed.and_then(|elapsed| instant.checked_add(Duration::from_micros(elapsed)));
        let Some(frame) = frame else { return };
        let frames = now.saturating_duration_since(frame).as_millis() / FRAME.as_millis() + 1;
        let to_next = FRAME.saturating_mul(u32::try_from(frames).unwrap_or(u32::MAX));
        self.next = frame.checked_add(to_next + EVENT_DELAY);
        self.left = MAX_WAKES;
    }

    /// A blank line was sent.
    pub(super) fn sent(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.next = self.next.filter(|_| self.left > 0).map(|at| at + FRAME * REPEAT_FRAMES);
    }

    /// A command was sent, which has the effect of a blank line.
    pub(super) fn cancel(&mut self) {
        self.next = None;
    }
}

/// `Event-Date-Timestamp`
fn created_at(headers: &EslHeaders) -> Option<u64> {
    headers.get("Event-Date-Timestamp")?.parse().ok()
}
