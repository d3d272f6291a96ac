//! The intervals at which a daemon polls for an answer that another daemon fetches.

use std::time::Duration;

use ring::rand::{SystemRandom, generate};

const FIRST_INTERVAL: Duration = Duration::from_millis(20);
const MAX_INTERVAL: Duration = Duration::from_millis(150);

/// Each interval is 1.5 times as long as the previous one, up to [`MAX_INTERVAL`]. It varies at random by up to a
/// quarter, so that daemons do not poll at the same time.
pub(super) struct PollIntervals(Duration);

impl Default for PollIntervals {
    fn default() -> Self {
        Self(FIRST_INTERVAL)
    }
}

impl PollIntervals {
    pub(super) fn next(&mut self) -> Duration {
        let interval = self.0;
        self.0 = (interval * 3 / 2).min(MAX_INTERVAL);
        let byte =
            generate::<[u8; 1]>(&SystemRandom::new()).map_or(128, |random| random.expose()[0]);
        interval * (384 + u32::from(byte)) / 512
    }
}
