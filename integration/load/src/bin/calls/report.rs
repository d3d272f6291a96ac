//! What a measurement has found.

use std::io;
use std::time::Duration;

use serde_json::json;

/// The most causes of lost calls that are printed.
const MAX_CAUSES: usize = 3;

#[derive(Default)]
pub(crate) struct Report {
    durations: Vec<Duration>,
    causes: Vec<String>,
    /// The time between `open` and the line that is read after it.
    pub(crate) paused: Duration,
}

impl Report {
    /// Adds the calls of a round.
    pub(crate) fn add(&mut self, calls: Vec<Result<Duration, String>>) {
        for call in calls {
            match call {
                Ok(duration) => self.durations.push(duration),
                Err(cause) => self.causes.push(cause),
            }
        }
    }

    /// The report as JSON. Times are in seconds.
    pub(crate) fn finish(mut self, elapsed: Duration, requests: usize) -> io::Result<String> {
        for cause in self.causes.iter().take(MAX_CAUSES) {
            eprintln!("a call was lost: {cause}");
        }
        self.durations.sort_unstable();
        Ok(json!({
            "seconds": (elapsed - self.paused).as_secs_f64(),
            "p50": self.percentile(50),
            "p99": self.percentile(99),
            "lost": self.causes.len(),
            "requests": requests,
        })
        .to_string())
    }

    /// Zero if all calls were lost.
    fn percentile(&self, percent: usize) -> f64 {
        let at = self.durations.len().saturating_sub(1) * percent / 100;
        self.durations.get(at).map_or(0.0, Duration::as_secs_f64)
    }
}
