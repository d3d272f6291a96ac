//! The result of a request: its answer or error, how the cache was used, and how long each step took.

use std::sync::Arc;
use std::time::Duration;

use crate::script::answer::TriggerAnswer;

/// The result of a request.
#[derive(Debug, Clone)]
pub struct TriggerResult {
    /// The complete answer, or why there is none.
    pub answer: Result<Arc<TriggerAnswer>, TriggerError>,
    /// How the cache was used.
    pub cache: CacheStatus,
    pub timings: RequestTimings,
    /// The first error, even if a retry, the fallback URL or a stale answer gave a usable answer after it.
    pub first_error: Option<String>,
}

impl TriggerResult {
    /// A request without an answer.
    pub fn failed(error: TriggerError) -> Self {
        let first_error = Some(error.to_string());
        Self {
            answer: Err(error),
            cache: CacheStatus::Off,
            timings: RequestTimings::default(),
            first_error,
        }
    }
}

/// How much time each step of a request took, summed over all attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestTimings {
    /// Waiting for a permit of the upstream, or for another daemon that sends the same request.
    pub queued: Duration,
    pub dns: Duration,
    /// TCP connections.
    pub connect: Duration,
    /// TLS handshakes.
    pub tls: Duration,
    /// Sending the request and receiving the answer.
    pub answer: Duration,
    /// Pauses between attempts.
    pub retry_pause: Duration,
    pub attempts: u32,
    /// Whether the fallback URL was used.
    pub used_fallback: bool,
    /// Whether the request joined one that another call had already sent (single flight).
    pub joined_flight: bool,
}

impl std::ops::AddAssign for RequestTimings {
    fn add_assign(&mut self, other: Self) {
        self.queued += other.queued;
        self.dns += other.dns;
        self.connect += other.connect;
        self.tls += other.tls;
        self.answer += other.answer;
        self.retry_pause += other.retry_pause;
        self.attempts += other.attempts;
        self.used_fallback |= other.used_fallback;
        self.joined_flight |= other.joined_flight;
    }
}

/// A keyed digest of a request. Without the key, which only the daemons know, it reveals nothing about the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// How the cache was used for a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheStatus {
    /// The answer came from the cache.
    Hit,
    /// The cache had no answer.
    Miss,
    /// The answer came from the cache and was stale.
    Stale,
    /// The cache was not used.
    #[default]
    Off,
}

impl CacheStatus {
    /// The value of `DIALSCRIPT_CACHE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Off => "off",
        }
    }
}

/// Why there is no answer. The message never contains the URL or anything from the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// There was no answer within the total timeout, or within the timeout of one attempt.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection could not be opened, or failed, for this reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// There was a connection, but no complete and valid HTTP reply, for this reason.
    #[error("the reply is broken: {0}")]
    BrokenReply(String),
    /// The body is longer than this limit, in bytes.
    #[error("the answer is longer than {0} bytes")]
    BodyTooLong(usize),
    /// More redirects in a row than are followed, which is this number.
    #[error("a redirect loop: {0} redirects in a row were followed")]
    RedirectLoop(usize),
    /// The URL is invalid, or its host is not allowed.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The limit of requests in progress is reached.
    #[error("not sent: {0} requests are in progress")]
    TooManyRequests(usize),
    /// There was no permit of the upstream in time.
    #[error("not sent: {0} requests to this host are in progress")]
    UpstreamBusy(usize),
    /// The circuit breaker of the upstream is open, after this number of failures in a row.
    #[error("not sent: the circuit breaker of this host is open after {0} failures")]
    CircuitOpen(u32),
    /// Other large answers were read until the deadline.
    #[error("the answer could not be read in time: other large answers are being read")]
    ParserBusy,
    /// The daemon is stopping, or the task of the request failed.
    #[error("the request was cancelled")]
    Cancelled,
}
