//! The pauses between two looks at what somebody else asks for.

use std::time::Duration;

use ring::rand::{SystemRandom, generate};

/// The first pause, and the longest.
const INTERVAL_BOUNDS: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(150));

/// They grow by half each, and differ by up to a quarter either way, so that daemons don't ask in step.
pub(super) struct PollIntervals(Duration);

impl Default for PollIntervals {
    fn default() -> Self {
        Self(INTERVAL_BOUNDS.0)
    }
}

impl PollIntervals {
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(INTERVAL_BOUNDS.1);
        let byte =
            generate::<[u8; 1]>(&SystemRandom::new()).map_or(128, |random| random.expose()[0]);
        pause * (384 + u32::from(byte)) / 512
    }
}
