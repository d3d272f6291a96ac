//! The web applications that are asked: how each is doing, and how much it is asked at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use url::{Origin, Url};

use super::circuit_breaker::{
    BreakerState, BreakerTransition, CircuitBreaker, CircuitBreakerSettings,
};
use crate::script::request::TriggerError;
use crate::web::host_port::HostPort;

/// Most upstreams that are remembered: values may decide hosts.
const MAX_UPSTREAMS: usize = 1024;

/// What holds for requests to one upstream.
#[derive(Debug, Clone)]
pub struct UpstreamLimits {
    /// How many may be under way at once; more wait for a place.
    pub max_concurrent: usize,
    /// The same for single places.
    pub max_concurrent_at: Vec<(HostPort, usize)>,
    /// When it is left alone.
    pub breaker: CircuitBreakerSettings,
}

impl Default for UpstreamLimits {
    fn default() -> Self {
        Self {
            max_concurrent: 512,
            max_concurrent_at: Vec::new(),
            breaker: CircuitBreakerSettings::default(),
        }
    }
}

/// All upstreams, by scheme, host and port.
pub(super) struct UpstreamRegistry {
    limits: UpstreamLimits,
    by_origin: Mutex<LruCache<Origin, Arc<UpstreamServer>>>,
}

impl UpstreamRegistry {
    pub(super) fn new(limits: UpstreamLimits) -> Self {
        Self { limits, by_origin: Mutex::new(LruCache::unbounded()) }
    }

    /// The upstream of a URL. `name` is what people call it: a host that a value decides may be sensitive, and there may
    /// be any number of them.
    pub(super) fn for_url(&self, url: &Url, name: &str) -> Arc<UpstreamServer> {
        let mut known = lock(&self.by_origin);
        let origin = url.origin();
        if let Some(upstream) = known.get(&origin) {
            return upstream.clone();
        }
        let at = self.limits.max_concurrent_at.iter().filter(|(place, _)| place.matches_url(url));
        let most = at.max_by_key(|(place, _)| place.has_port());
        let most = most.map_or(self.limits.max_concurrent, |(_, most)| *most);
        let upstream = Arc::new(UpstreamServer::new(name, most, self.limits.breaker));
        known.put(origin, upstream.clone());
        while known.len() > MAX_UPSTREAMS {
            known.pop_lru();
        }
        upstream
    }

    /// How all of them are doing, by name.
    pub(super) fn states(&self) -> Vec<UpstreamState> {
        let known = lock(&self.by_origin);
        let mut states: Vec<_> = known.iter().map(|(_, upstream)| upstream.state()).collect();
        states.sort_by(|a, b| a.name.cmp(&b.name));
        states
    }
}

/// How an upstream is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamState {
    /// As people call it.
    pub name: String,
    /// Its breaker.
    pub breaker: BreakerState,
    /// How often it has opened.
    pub times_opened: u64,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests that got a complete reply, by the hundred of its HTTP status: 2 is 200 to 299.
    pub replies_by_class: [u64; 6],
    /// Attempts without a complete reply.
    pub failed_attempts: u64,
    /// Requests that were not sent, since it is left alone, or has no place for more.
    pub not_sent: u64,
    /// What all attempts together took.
    pub total_time: Duration,
}

/// One of them.
pub(super) struct UpstreamServer {
    name: Box<str>,
    max_concurrent: usize,
    permits: Arc<Semaphore>,
    /// The half of them that who is patient may have: it may take minutes, and calls need the others.
    background_permits: Arc<Semaphore>,
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

/// What an attempt says about its upstream.
pub(super) enum HealthSignal {
    /// It answered, with this status.
    Answered(u16),
    /// It answered, but as one does that is broken.
    ServerError(u16),
    /// It did not answer.
    NoReply,
    /// Nothing.
    Unknown,
}

impl UpstreamServer {
    fn new(name: &str, max_concurrent: usize, limits: CircuitBreakerSettings) -> Self {
        Self {
            name: name.into(),
            max_concurrent,
            permits: Arc::new(Semaphore::new(max_concurrent)),
            background_permits: Arc::new(Semaphore::new(max_concurrent.div_ceil(2))),
            breaker: Mutex::new(CircuitBreaker::new(limits)),
            counters: UpstreamCounters::default(),
        }
    }

    /// A place for one request, no later than `until`. Who is patient waits for an upstream that is left alone as well:
    /// its request is as good a probe as any.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        until: Instant,
        patient: bool,
    ) -> Result<UpstreamPermit, TriggerError> {
        let refuses = lock(&self.breaker).failures_if_open(Instant::now());
        if let Some(failures) = refuses.filter(|_| !patient) {
            return Err(self.count_not_sent(TriggerError::CircuitOpen(failures)));
        }
        let busy = || self.count_not_sent(TriggerError::UpstreamBusy(self.max_concurrent));
        let behind = match patient {
            true => Some(acquire_until(&self.background_permits, until).await.ok_or_else(busy)?),
            false => None,
        };
        let place = acquire_until(&self.permits, until).await.ok_or_else(busy)?;
        let admitted = lock(&self.breaker).admit(Instant::now());
        match admitted {
            Err(failures) if !patient => {
                Err(self.count_not_sent(TriggerError::CircuitOpen(failures)))
            }
            _ => Ok(UpstreamPermit {
                upstream: self.clone(),
                started_at: Instant::now(),
                signal: HealthSignal::Unknown,
                permits: (place, behind),
            }),
        }
    }

    fn count_not_sent(&self, why: TriggerError) -> TriggerError {
        self.counters.not_sent.fetch_add(1, Ordering::Relaxed);
        why
    }

    fn record_attempt(&self, sign: &HealthSignal, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counters.total_time_us.fetch_add(took, Ordering::Relaxed);
        match sign {
            HealthSignal::Answered(status) | HealthSignal::ServerError(status) => {
                let class = usize::from(status / 100).min(5);
                self.counters.replies_by_class[class].fetch_add(1, Ordering::Relaxed)
            }
            HealthSignal::NoReply => self.counters.failed_attempts.fetch_add(1, Ordering::Relaxed),
            HealthSignal::Unknown => 0,
        };
        let now = Instant::now();
        let mut breaker = lock(&self.breaker);
        let change = match sign {
            HealthSignal::Answered(_) => breaker.record_success(),
            HealthSignal::ServerError(_) | HealthSignal::NoReply => breaker.record_failure(now),
            HealthSignal::Unknown => {
                breaker.record_abandoned(now);
                BreakerTransition::Unchanged
            }
        };
        drop(breaker);
        self.log_transition(change);
    }

    fn log_transition(&self, change: BreakerTransition) {
        match change {
            BreakerTransition::Unchanged => {}
            BreakerTransition::Opened(lasts) => {
                self.counters.times_opened.fetch_add(1, Ordering::Relaxed);
                warn!(upstream = self.name, ?lasts, "an upstream fails: it is left alone");
            }
            BreakerTransition::Closed => info!(upstream = self.name, "an upstream answers again"),
        }
    }

    fn state(&self) -> UpstreamState {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        UpstreamState {
            name: self.name.to_string(),
            breaker: lock(&self.breaker).state(Instant::now()),
            times_opened: count(&self.counters.times_opened),
            in_flight: self.max_concurrent - self.permits.available_permits(),
            replies_by_class: self.counters.replies_by_class.each_ref().map(count),
            failed_attempts: count(&self.counters.failed_attempts),
            not_sent: count(&self.counters.not_sent),
            total_time: Duration::from_micros(count(&self.counters.total_time_us)),
        }
    }
}

/// A request that may be sent. What it says about the upstream is learnt when this is dropped.
pub(super) struct UpstreamPermit {
    upstream: Arc<UpstreamServer>,
    started_at: Instant,
    signal: HealthSignal,
    /// Held until the end.
    #[expect(dead_code, reason = "its drop is what counts")]
    permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

/// One of the places when it is free, no later than `until`.
async fn acquire_until(places: &Arc<Semaphore>, until: Instant) -> Option<OwnedSemaphorePermit> {
    match places.clone().try_acquire_owned() {
        Ok(place) => Some(place),
        Err(_) => timeout_at(until, places.clone().acquire_owned()).await.ok()?.ok(),
    }
}

impl UpstreamPermit {
    /// What came of it.
    pub(super) fn finish(mut self, sign: HealthSignal) {
        self.signal = sign;
    }
}

impl Drop for UpstreamPermit {
    fn drop(&mut self) {
        self.upstream.record_attempt(&self.signal, self.started_at.elapsed());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
