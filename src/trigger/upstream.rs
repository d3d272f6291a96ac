//! The web applications that are asked: how each is doing, and how much it is asked at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use url::{Origin, Url};

use super::breaker::{Breaker, Change, Limits, Standing};
use crate::script::request::NoAnswer;
use crate::web::place::Place;

/// Most upstreams that are remembered: values may decide hosts.
const MOST: usize = 1024;

/// What holds for requests to one upstream.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How many may be under way at once; more wait for a place.
    pub most: usize,
    /// The same for single places.
    pub most_at: Vec<(Place, usize)>,
    /// When it is left alone.
    pub breaker: Limits,
}

impl Default for Rules {
    fn default() -> Self {
        Self { most: 512, most_at: Vec::new(), breaker: Limits::default() }
    }
}

/// All upstreams, by scheme, host and port.
pub(super) struct Upstreams {
    rules: Rules,
    known: Mutex<LruCache<Origin, Arc<Upstream>>>,
}

impl Upstreams {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, known: Mutex::new(LruCache::unbounded()) }
    }

    /// The upstream of a URL. `name` is what people call it: a host that a value decides may be sensitive, and there may
    /// be any number of them.
    pub(super) fn of(&self, url: &Url, name: &str) -> Arc<Upstream> {
        let mut known = lock(&self.known);
        let origin = url.origin();
        if let Some(upstream) = known.get(&origin) {
            return upstream.clone();
        }
        let at = self.rules.most_at.iter().filter(|(place, _)| place.is_at(url));
        let most = at.max_by_key(|(place, _)| place.names_a_port());
        let most = most.map_or(self.rules.most, |(_, most)| *most);
        let upstream = Arc::new(Upstream::new(name, most, self.rules.breaker));
        known.put(origin, upstream.clone());
        while known.len() > MOST {
            known.pop_lru();
        }
        upstream
    }

    /// How all of them are doing, by name.
    pub(super) fn states(&self) -> Vec<UpstreamState> {
        let known = lock(&self.known);
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
    pub breaker: Standing,
    /// How often it has opened.
    pub opened: u64,
    /// Requests under way.
    pub under_way: usize,
    /// Requests that got a complete reply, by the hundred of its HTTP status: 2 is 200 to 299.
    pub answered: [u64; 6],
    /// Attempts without a complete reply.
    pub failed: u64,
    /// Requests that were not sent, since it is left alone, or has no place for more.
    pub refused: u64,
    /// What all attempts together took.
    pub took: Duration,
}

/// One of them.
pub(super) struct Upstream {
    name: Box<str>,
    most: usize,
    places: Arc<Semaphore>,
    /// The half of them that who is patient may have: it may take minutes, and calls need the others.
    behind: Arc<Semaphore>,
    breaker: Mutex<Breaker>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    opened: AtomicU64,
    answered: [AtomicU64; 6],
    failed: AtomicU64,
    refused: AtomicU64,
    took_us: AtomicU64,
}

/// What an attempt says about its upstream.
pub(super) enum Sign {
    /// It answered, with this status.
    Answered(u16),
    /// It answered, but as one does that is broken.
    Broken(u16),
    /// It did not answer.
    Silent,
    /// Nothing.
    None,
}

impl Upstream {
    fn new(name: &str, most: usize, limits: Limits) -> Self {
        Self {
            name: name.into(),
            most,
            places: Arc::new(Semaphore::new(most)),
            behind: Arc::new(Semaphore::new(most.div_ceil(2))),
            breaker: Mutex::new(Breaker::new(limits)),
            tally: Tally::default(),
        }
    }

    /// A place for one request, no later than `until`. Who is patient waits for an upstream that is left alone as well:
    /// its request is as good a probe as any.
    pub(super) async fn place(
        self: &Arc<Self>,
        until: Instant,
        patient: bool,
    ) -> Result<Sending, NoAnswer> {
        let refuses = lock(&self.breaker).refuses(Instant::now());
        if let Some(failures) = refuses.filter(|_| !patient) {
            return Err(self.refused(NoAnswer::Resting(failures)));
        }
        let busy = || self.refused(NoAnswer::Busy(self.most));
        let behind = match patient {
            true => Some(free(&self.behind, until).await.ok_or_else(busy)?),
            false => None,
        };
        let place = free(&self.places, until).await.ok_or_else(busy)?;
        let admitted = lock(&self.breaker).admit(Instant::now());
        match admitted {
            Err(failures) if !patient => Err(self.refused(NoAnswer::Resting(failures))),
            _ => Ok(Sending {
                upstream: self.clone(),
                since: Instant::now(),
                sign: Sign::None,
                places: (place, behind),
            }),
        }
    }

    fn refused(&self, why: NoAnswer) -> NoAnswer {
        self.tally.refused.fetch_add(1, Ordering::Relaxed);
        why
    }

    fn learn(&self, sign: &Sign, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.tally.took_us.fetch_add(took, Ordering::Relaxed);
        match sign {
            Sign::Answered(status) | Sign::Broken(status) => {
                let class = usize::from(status / 100).min(5);
                self.tally.answered[class].fetch_add(1, Ordering::Relaxed)
            }
            Sign::Silent => self.tally.failed.fetch_add(1, Ordering::Relaxed),
            Sign::None => 0,
        };
        let now = Instant::now();
        let mut breaker = lock(&self.breaker);
        let change = match sign {
            Sign::Answered(_) => breaker.succeeded(),
            Sign::Broken(_) | Sign::Silent => breaker.failed(now),
            Sign::None => {
                breaker.abandoned(now);
                Change::Nothing
            }
        };
        drop(breaker);
        self.tell(change);
    }

    fn tell(&self, change: Change) {
        match change {
            Change::Nothing => {}
            Change::Opened(lasts) => {
                self.tally.opened.fetch_add(1, Ordering::Relaxed);
                warn!(upstream = self.name, ?lasts, "an upstream fails: it is left alone");
            }
            Change::Closed => info!(upstream = self.name, "an upstream answers again"),
        }
    }

    fn state(&self) -> UpstreamState {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        UpstreamState {
            name: self.name.to_string(),
            breaker: lock(&self.breaker).standing(),
            opened: count(&self.tally.opened),
            under_way: self.most - self.places.available_permits(),
            answered: self.tally.answered.each_ref().map(count),
            failed: count(&self.tally.failed),
            refused: count(&self.tally.refused),
            took: Duration::from_micros(count(&self.tally.took_us)),
        }
    }
}

/// A request that may be sent. What it says about the upstream is learnt when this is dropped.
pub(super) struct Sending {
    upstream: Arc<Upstream>,
    since: Instant,
    sign: Sign,
    /// Held until the end.
    #[expect(dead_code, reason = "its drop is what counts")]
    places: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

/// One of the places when it is free, no later than `until`.
async fn free(places: &Arc<Semaphore>, until: Instant) -> Option<OwnedSemaphorePermit> {
    match places.clone().try_acquire_owned() {
        Ok(place) => Some(place),
        Err(_) => timeout_at(until, places.clone().acquire_owned()).await.ok()?.ok(),
    }
}

impl Sending {
    /// What came of it.
    pub(super) fn ended(mut self, sign: Sign) {
        self.sign = sign;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.upstream.learn(&self.sign, self.since.elapsed());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
