//! Upstreams: the web applications that receive requests. Each has a limit on concurrent requests, a circuit breaker
//! and counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use url::{Origin, Url};

use crate::circuit_breaker::{
    BreakerState, BreakerTransition, CircuitBreaker, CircuitBreakerSettings, HalfOpenPolicy,
};
use crate::concurrency_limit::{ConcurrencyLimit, ConcurrencyPermit};
use crate::script::request::TriggerError;
use crate::web::host_port::{HostPort, entry_for_url};

/// The most upstreams to remember. There is a limit because values may decide hosts. The least recently used is
/// forgotten first.
const MAX_UPSTREAMS: usize = 1024;

/// The default circuit breaker settings of an upstream. A probe has a timeout because it may be a background request,
/// which may take minutes.
pub const UPSTREAM_BREAKER: CircuitBreakerSettings = CircuitBreakerSettings {
    failure_threshold: 5,
    open_for: Duration::from_secs(1),
    max_open_for: Duration::from_secs(60),
    half_open: HalfOpenPolicy::SingleProbe { timeout: Duration::from_secs(10) },
};

/// The limits of each upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// Limit on concurrent requests. Further requests wait for a permit.
    pub max_concurrent: usize,
    /// The same limit for single hosts. An entry with a port wins over one without.
    pub max_concurrent_at: Vec<(HostPort, usize)>,
    pub breaker: CircuitBreakerSettings,
}

impl Default for UpstreamLimits {
    fn default() -> Self {
        Self { max_concurrent: 512, max_concurrent_at: Vec::new(), breaker: UPSTREAM_BREAKER }
    }
}

impl UpstreamLimits {
    fn max_concurrent_for(&self, url: &Url) -> usize {
        let own = entry_for_url(&self.max_concurrent_at, url);
        own.map_or(self.max_concurrent, |(_, max_concurrent)| *max_concurrent)
    }
}

/// All upstreams, by scheme, host and port.
pub(super) struct UpstreamRegistry(Mutex<KnownUpstreams>);

struct KnownUpstreams {
    limits: UpstreamLimits,
    by_origin: LruCache<Origin, Arc<UpstreamServer>>,
}

impl UpstreamRegistry {
    pub(super) fn new(limits: UpstreamLimits) -> Self {
        Self(Mutex::new(KnownUpstreams { limits, by_origin: LruCache::unbounded() }))
    }

    /// Returns the upstream of a URL. `name` is for logs and metrics: if a value decides the host, the host itself may
    /// be sensitive.
    pub(super) fn for_url(&self, url: &Url, name: &str) -> Arc<UpstreamServer> {
        let KnownUpstreams { limits, by_origin } = &mut *self.0.lock();
        let origin = url.origin();
        if let Some(upstream) = by_origin.get(&origin) {
            return upstream.clone();
        }
        let max_concurrent = limits.max_concurrent_for(url);
        let upstream = Arc::new(UpstreamServer::new(name, max_concurrent, limits.breaker));
        by_origin.put(origin, upstream.clone());
        while by_origin.len() > MAX_UPSTREAMS {
            by_origin.pop_lru();
        }
        upstream
    }

    /// Changes the limits of all upstreams. Their counters and the states of their circuit breakers stay.
    pub(super) fn set_limits(&self, limits: UpstreamLimits) {
        let mut known = self.0.lock();
        for (origin, upstream) in &known.by_origin {
            let url = Url::parse(&origin.ascii_serialization());
            let max_concurrent =
                url.map_or(limits.max_concurrent, |url| limits.max_concurrent_for(&url));
            upstream.set_limits(max_concurrent, limits.breaker);
        }
        known.limits = limits;
    }

    /// The states of all upstreams, sorted by name.
    pub(super) fn states(&self) -> Vec<UpstreamState> {
        let known = self.0.lock();
        let mut states: Vec<_> =
            known.by_origin.iter().map(|(_, upstream)| upstream.state()).collect();
        states.sort_by(|a, b| a.name.cmp(&b.name));
        states
    }
}

/// The state and the counters of an upstream, for metrics and the control protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamState {
    pub name: String,
    pub breaker: BreakerState,
    /// How many times the circuit breaker has opened.
    pub times_opened: u64,
    pub in_flight: usize,
    /// Complete replies by the first digit of their HTTP status: index 2 counts 200 to 299.
    pub replies_by_class: [u64; 6],
    /// Attempts without a complete reply.
    pub failed_attempts: u64,
    /// Requests that were not sent: the circuit breaker was open, or no permit was free in time.
    pub not_sent: u64,
    /// The duration of all attempts together.
    pub total_time: Duration,
}

pub(super) struct UpstreamServer {
    name: Box<str>,
    permits: ConcurrencyLimit,
    /// A background request needs one of these as well. There are half as many of them as `permits`: background
    /// requests may take minutes, and must leave permits for calls.
    background_permits: ConcurrencyLimit,
    breaker: Mutex<CircuitBreaker>,
    counters: UpstreamCounters,
}

#[derive(Default)]
struct UpstreamCounters {
    times_opened: AtomicU64,
    replies_by_class: [AtomicU64; 6],
    failed_attempts: AtomicU64,
    not_sent: AtomicU64,
    total_time_us: AtomicU64,
}

/// What an attempt says about the health of its upstream.
pub(super) enum HealthSignal {
    /// A reply with this status.
    Answered(u16),
    /// A reply with this error status, which no branch handles.
    ServerError(u16),
    /// A timeout, no connection, or a broken reply.
    NoReply,
    /// Nothing: the request was not sent, or its reply was too long.
    Unknown,
}

impl UpstreamServer {
    fn new(name: &str, max_concurrent: usize, breaker: CircuitBreakerSettings) -> Self {
        Self {
            name: name.into(),
            permits: ConcurrencyLimit::new(max_concurrent),
            background_permits: ConcurrencyLimit::new(max_concurrent.div_ceil(2)),
            breaker: Mutex::new(CircuitBreaker::new(breaker)),
            counters: UpstreamCounters::default(),
        }
    }

    fn set_limits(&self, max_concurrent: usize, breaker: CircuitBreakerSettings) {
        self.permits.set_max(max_concurrent);
        self.background_permits.set_max(max_concurrent.div_ceil(2));
        self.breaker.lock().set_settings(breaker);
    }

    /// Waits for a permit for one request until `deadline`. A background request gets one even while the circuit
    /// breaker is open: no call waits for it, and its result tells whether the upstream works again.
    ///
    /// # Errors
    ///
    /// [`TriggerError::CircuitOpen`] or [`TriggerError::UpstreamBusy`].
    pub(super) async fn acquire(
        self: &Arc<Self>,
        deadline: Instant,
        is_background: bool,
    ) -> Result<UpstreamPermit, TriggerError> {
        let failures = self.breaker.lock().failures_if_open(Instant::now());
        if let Some(failures) = failures.filter(|_| !is_background) {
            return Err(self.count_not_sent(TriggerError::CircuitOpen(failures)));
        }
        let busy = || self.count_not_sent(TriggerError::UpstreamBusy(self.permits.max()));
        let background_permit = match is_background {
            true => Some(acquire_until(&self.background_permits, deadline).await.ok_or_else(busy)?),
            false => None,
        };
        let permit = acquire_until(&self.permits, deadline).await.ok_or_else(busy)?;
        let admitted = self.breaker.lock().admit(Instant::now());
        match admitted {
            Err(failures) if !is_background => {
                Err(self.count_not_sent(TriggerError::CircuitOpen(failures)))
            }
            _ => Ok(UpstreamPermit {
                upstream: self.clone(),
                started_at: Instant::now(),
                signal: HealthSignal::Unknown,
                permits: (permit, background_permit),
            }),
        }
    }

    fn count_not_sent(&self, error: TriggerError) -> TriggerError {
        self.counters.not_sent.fetch_add(1, Ordering::Relaxed);
        error
    }

    fn record_attempt(&self, signal: &HealthSignal, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.counters.total_time_us.fetch_add(micros, Ordering::Relaxed);
        match signal {
            HealthSignal::Answered(status) | HealthSignal::ServerError(status) => {
                let class = usize::from(status / 100).min(5);
                self.counters.replies_by_class[class].fetch_add(1, Ordering::Relaxed)
            }
            HealthSignal::NoReply => self.counters.failed_attempts.fetch_add(1, Ordering::Relaxed),
            HealthSignal::Unknown => 0,
        };
        let now = Instant::now();
        let mut breaker = self.breaker.lock();
        let transition = match signal {
            HealthSignal::Answered(_) => breaker.record_success(),
            HealthSignal::ServerError(_) | HealthSignal::NoReply => breaker.record_failure(now),
            HealthSignal::Unknown => {
                breaker.record_abandoned(now);
                BreakerTransition::Unchanged
            }
        };
        drop(breaker);
        self.log_transition(transition);
    }

    fn log_transition(&self, transition: BreakerTransition) {
        match transition {
            BreakerTransition::Unchanged => {}
            BreakerTransition::Opened(open_for) => {
                self.counters.times_opened.fetch_add(1, Ordering::Relaxed);
                warn!(upstream = self.name, ?open_for, "circuit breaker opened");
            }
            BreakerTransition::Closed => info!(upstream = self.name, "circuit breaker closed"),
        }
    }

    fn state(&self) -> UpstreamState {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        UpstreamState {
            name: self.name.to_string(),
            breaker: self.breaker.lock().state(Instant::now()),
            times_opened: count(&self.counters.times_opened),
            in_flight: self.permits.in_use(),
            replies_by_class: self.counters.replies_by_class.each_ref().map(count),
            failed_attempts: count(&self.counters.failed_attempts),
            not_sent: count(&self.counters.not_sent),
            total_time: Duration::from_micros(count(&self.counters.total_time_us)),
        }
    }
}

/// The permission to send one request. Dropping it reports the attempt to the upstream.
pub(super) struct UpstreamPermit {
    upstream: Arc<UpstreamServer>,
    started_at: Instant,
    signal: HealthSignal,
    #[expect(dead_code, reason = "held for its drop")]
    permits: (ConcurrencyPermit, Option<ConcurrencyPermit>),
}

/// Takes a free permit, even if the deadline has passed. If none is free, waits for one until the deadline.
async fn acquire_until(permits: &ConcurrencyLimit, deadline: Instant) -> Option<ConcurrencyPermit> {
    match permits.try_acquire() {
        Ok(permit) => Some(permit),
        Err(_) => timeout_at(deadline, permits.acquire()).await.ok(),
    }
}

impl UpstreamPermit {
    pub(super) fn finish(mut self, signal: HealthSignal) {
        self.signal = signal;
    }
}

impl Drop for UpstreamPermit {
    fn drop(&mut self) {
        self.upstream.record_attempt(&self.signal, self.started_at.elapsed());
    }
}
