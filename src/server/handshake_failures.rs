//! The lines about failed handshakes. Their number is bounded: a port scanner, or a health check that sends nothing,
//! causes one for each connection.

use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing::warn;

use crate::channel::Interruption;

/// The most lines in one [`LOG_INTERVAL`].
const MAX_LINES: u32 = 10;
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Logs failed handshakes, and counts those that it leaves out. The metrics count all of them.
#[derive(Debug, Default)]
pub(super) struct HandshakeFailures(Mutex<LoggedFailures>);

#[derive(Debug, Default)]
struct LoggedFailures {
    /// When the first line of the interval was logged.
    began_at: Option<Instant>,
    lines: u32,
    /// Failures without a line since the last line.
    left_out: u64,
}

impl HandshakeFailures {
    /// Logs a failure, unless there were too many in the last time. The next line says how many were left out.
    pub(super) fn log(&self, peer: IpAddr, error: &Interruption) {
        let Some(left_out) = self.0.lock().admit(Instant::now()) else { return };
        let left_out = (left_out > 0).then_some(left_out);
        warn!(%peer, %error, left_out, "the handshake failed");
    }
}

impl LoggedFailures {
    /// Returns how many failures were left out before this one; `None` if this one is left out too.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.began_at.is_none_or(|began_at| now - began_at >= LOG_INTERVAL) {
            (self.began_at, self.lines) = (Some(now), 0);
        }
        if self.lines == MAX_LINES {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use crate::server::handshake_failures::{LOG_INTERVAL, LoggedFailures, MAX_LINES};

    #[test]
    fn failed_handshakes_beyond_the_limit_are_left_out_and_the_next_line_says_how_many() {
        let (mut failures, now) = (LoggedFailures::default(), Instant::now());
        let admitted: Vec<_> = (0..MAX_LINES + 3).map(|_| failures.admit(now)).collect();
        let (logged, left_out) = admitted.split_at(MAX_LINES as usize);
        assert!(logged.iter().all(|before| *before == Some(0)), "{logged:?}");
        assert_eq!(left_out, [None; 3]);
        let later = now + LOG_INTERVAL;
        assert_eq!([failures.admit(later), failures.admit(later)], [Some(3), Some(0)]);
    }
}
