//! The requests of scripts, and the answers that are kept.
//!
//! ```text
//! ask ─▶ judge and prepare (URL, headers, egress, key) ─▶ cache: fresh, or stale and refreshed behind the call
//!   ─▶ one flight for all who ask the same, a tracked task ─▶ sharing: has, or does, another daemon ask it?
//!        ─▶ errand: `url`, again, `fallback_url`, in one budget
//!             ─▶ upstream: a place, its breaker ─▶ client ─▶ Answer, kept where a branch handles it
//!   ─▶ nothing? an old answer, where the script takes one
//! ```
//!
//! A request is a task of its own from the moment that it is sent: it goes on when the call that asked is over.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use url::{Position, Url};

use crate::script::definition::{Script, ScriptTrigger};
use crate::script::request::{
    CacheKey, CacheStatus, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use crate::single_flight::{FlightFuture, FlightJoin, SingleFlight};
use crate::web::client::{self, HttpClient};
use crate::web::egress::{EgressRules, HostPattern};
use crate::web::host_port::HostPort;
use crate::web::tls::TlsIdentity;

mod cache_key;
pub mod circuit_breaker;
mod leased_fetch;
mod outgoing_request;
mod request_plan;
mod request_signature;
pub mod response_cache;
pub mod shared_cache;
mod tiered_cache;
pub mod upstream;

use cache_key::CacheKeyHasher;
pub use request_plan::MAX_BODY;
use request_plan::{
    RequestDeadline, RequestOutcome, RequestPlan, RequestSender, ResponseClassifier,
};
use response_cache::ResponseCache;
use shared_cache::SharedCache;
use tiered_cache::{CacheableRequest, TieredCache, log_failed_refresh};
use upstream::{UpstreamLimits, UpstreamRegistry, UpstreamState};

/// What the operator decides about requests. Its `Debug` shows no password of a proxy and no key of an identity.
#[derive(Clone)]
pub struct TriggerSettings {
    /// For a connection, TLS included; the request's own time bounds it too.
    pub connect_timeout: Duration,
    /// Through which all requests go. The environment's is never used. Behind a proxy the proxy decides which addresses
    /// names lead to: only hosts and literal addresses are judged here.
    pub proxy: Option<Url>,
    /// How many requests may be under way, those that callers wait for, and as many in the background; one more is refused
    /// at once.
    pub max_requests: usize,
    /// What holds for requests to one upstream.
    pub upstream_limits: UpstreamLimits,
    /// How much is kept.
    pub cache: response_cache::ResponseCacheLimits,
    /// With whom kept answers are shared.
    pub shared_cache: Option<shared_cache::SharedCacheSettings>,
    /// Hosts that a value may decide.
    pub allow_hosts: Vec<HostPattern>,
    /// Private and other special networks that may be reached where a value decides the host.
    pub allow_networks: Vec<IpNet>,
    /// Whom we trust at a place, and who we are there, where that is not as everywhere.
    pub tls_identities: Vec<(HostPort, Arc<TlsIdentity>)>,
}

impl Default for TriggerSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            proxy: None,
            max_requests: 1000,
            upstream_limits: UpstreamLimits::default(),
            cache: response_cache::ResponseCacheLimits::default(),
            shared_cache: None,
            allow_hosts: Vec::new(),
            allow_networks: Vec::new(),
            tls_identities: Vec::new(),
        }
    }
}

impl fmt::Debug for TriggerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_user = |url: &Url| {
            format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort])
        };
        f.debug_struct("TriggerSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("proxy", &self.proxy.as_ref().map(without_user))
            .field("max_requests", &self.max_requests)
            .field("upstreams", &self.upstream_limits)
            .field("cache", &self.cache)
            .field("shared", &self.shared_cache)
            .field("allow_hosts", &self.allow_hosts)
            .field("allow_networks", &self.allow_networks)
            .field("identities", &self.tls_identities)
            .finish()
    }
}

/// Why requests can't be made at all.
#[derive(Debug, thiserror::Error)]
pub enum TriggerSetupError {
    /// The HTTP client, with its reason.
    #[error(transparent)]
    Client(#[from] client::HttpClientSetupError),
    /// The shared cache, with its reason.
    #[error(transparent)]
    SharedCache(#[from] shared_cache::SharedCacheSetupError),
    /// No random numbers, which the cache's keys need.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
}

/// Sends the requests of scripts over HTTP.
pub struct HttpTriggerClient {
    sender: Arc<RequestSender>,
    cache: Arc<TieredCache>,
    single_flight: SingleFlight<CacheKey, RequestOutcome>,
    key_hasher: CacheKeyHasher,
    foreground_permits: Arc<Semaphore>,
    /// Requests in the background may be tried for minutes: they take no place that a caller needs.
    background_permits: Arc<Semaphore>,
    max_requests: usize,
    tracker: TaskTracker,
    /// Those of them that nobody waits for.
    background_tasks: TaskTracker,
    abort_token: CancellationToken,
}

impl HttpTriggerClient {
    /// Sets up the clients; nothing is sent.
    ///
    /// # Errors
    ///
    /// When the proxy is none, an identity does not hold together, or the system gives no random numbers.
    pub fn new(settings: TriggerSettings) -> Result<Self, TriggerSetupError> {
        let client = HttpClient::new(&client::HttpClientSettings {
            egress: EgressRules::new(settings.allow_hosts, settings.allow_networks),
            connect_timeout: Some(settings.connect_timeout),
            proxy: settings.proxy,
            tls_identities: settings.tls_identities,
        })?;
        let upstreams = UpstreamRegistry::new(settings.upstream_limits);
        let max_requests = settings.max_requests.min(Semaphore::MAX_PERMITS);
        let tracker = TaskTracker::new();
        let (keys, shared) = match &settings.shared_cache {
            Some(shared) => {
                (CacheKeyHasher::with_secret(&shared.secret)?, Some(SharedCache::new(shared)?))
            }
            None => (CacheKeyHasher::with_random_key()?, None),
        };
        let (cache, shared) = (ResponseCache::new(settings.cache), shared.map(Arc::new));
        Ok(Self {
            sender: Arc::new(RequestSender {
                client: Arc::new(client),
                upstreams,
                shutdown: CancellationToken::new(),
            }),
            cache: Arc::new(TieredCache { local: cache, shared, tracker: tracker.clone() }),
            single_flight: SingleFlight::new(tracker.clone()),
            key_hasher: keys,
            foreground_permits: Arc::new(Semaphore::new(max_requests)),
            background_permits: Arc::new(Semaphore::new(max_requests)),
            max_requests,
            tracker,
            background_tasks: TaskTracker::new(),
            abort_token: CancellationToken::new(),
        })
    }

    /// The requests under way.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// The HTTP client, which others may use too.
    pub fn client(&self) -> Arc<HttpClient> {
        self.sender.client.clone()
    }

    /// The kept answers.
    pub fn cache(&self) -> &ResponseCache {
        &self.cache.local
    }

    /// The answers that are shared with other daemons, where they are.
    pub fn shared_cache(&self) -> Option<&SharedCache> {
        self.cache.shared.as_deref()
    }

    /// How the web applications that were asked are doing.
    pub fn upstream_states(&self) -> Vec<UpstreamState> {
        self.sender.upstreams.states()
    }

    /// How those are doing that a script asks and that no value decides, as far as they were asked.
    pub fn upstream_states_for(&self, trigger: &ScriptTrigger) -> Vec<UpstreamState> {
        let urls = std::iter::once(&trigger.url).chain(&trigger.fallback);
        let names: Vec<_> = urls.filter_map(outgoing_request::fixed_upstream_name).collect();
        let mut upstreams = self.upstream_states();
        upstreams.retain(|upstream| names.contains(&upstream.name));
        upstreams
    }

    /// Waits until no request is under way; what waits for another attempt gets it at once, and no further one. Requests
    /// that are begun meanwhile are waited for as well, and there is no bound on it: whoever stops the process has one.
    pub async fn close_and_wait(&self) {
        self.sender.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Breaks off the requests that nobody waits for. Each is a warning of its call: who reads the log can make up for it.
    pub async fn abort_background(&self) {
        self.abort_token.cancel();
        self.background_tasks.close();
        self.background_tasks.wait().await;
    }

    fn try_permit(&self, among: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, TriggerError> {
        let place = Arc::clone(among).try_acquire_owned();
        place.map_err(|_| TriggerError::TooManyRequests(self.max_requests))
    }

    /// A request that no other call is concerned with.
    async fn fetch_uncached(&self, errand: RequestPlan) -> TriggerResult {
        let place = match self.try_permit(&self.foreground_permits) {
            Ok(place) => place,
            Err(why) => return TriggerResult::failed(why),
        };
        let sender = self.sender.clone();
        let exchange = async move {
            let landed = sender.run(&errand, Instant::now()).await;
            drop(place);
            landed
        };
        let exchange = self.tracker.spawn(exchange.in_current_span());
        let landed =
            exchange.await.unwrap_or_else(|_| RequestOutcome::failed(TriggerError::Cancelled));
        TriggerResult { cache: CacheStatus::Off, ..landed.into_trigger_result() }
    }

    /// A request whose answer may be kept, or may be there.
    async fn fetch_cached(
        &self,
        asked: CacheableRequest<'_>,
        errand: RequestPlan,
    ) -> TriggerResult {
        let until = RequestDeadline::after(Instant::now(), errand.budget());
        let errand = Arc::new(errand);
        if let Some(fetched) = self.cache.look_up(&asked) {
            if fetched.cache == CacheStatus::Stale {
                self.join_flight(&asked, &errand, true);
            }
            return fetched;
        }
        let landed = loop {
            let joined = self.join_flight(&asked, &errand, false);
            let landed = match joined {
                FlightJoin::NotNeeded(landed) => break landed,
                FlightJoin::Started(flight) => break wait_for_flight(flight, until).await,
                FlightJoin::Joined(flight) => wait_for_flight(flight, until).await.mark_joined(),
            };
            // The time of whoever asked first was over, or that one has branches of its own: ours need not be.
            let is_ours = !landed.timed_out() && (!landed.is_usable() || errand.accepts(&landed));
            if is_ours || !until.more_than_half_remains() {
                break landed;
            }
        };
        self.cache.outcome_or_stale(&asked, &errand, landed)
    }

    /// The flight for a request; `behind` the call nobody waits for it.
    fn join_flight(
        &self,
        asked: &CacheableRequest<'_>,
        errand: &Arc<RequestPlan>,
        behind: bool,
    ) -> FlightJoin<RequestOutcome> {
        self.single_flight.join(asked.key, || {
            if let Some(landed) = self.cache.recheck_fresh(asked) {
                return ControlFlow::Break(landed);
            }
            let place = match self.try_permit(&self.foreground_permits) {
                Ok(place) => place,
                Err(why) => return ControlFlow::Break(RequestOutcome::failed(why)),
            };
            let (sender, keeping) = (self.sender.clone(), self.cache.clone());
            let (errand, keep) = (errand.clone(), asked.store_context());
            ControlFlow::Continue(async move {
                let landed = keeping.fetch(&sender, &errand, &keep, behind).await;
                if behind {
                    log_failed_refresh(&landed);
                }
                drop(place);
                landed
            })
        })
    }
}

/// What a flight comes to, as far as there is time for it.
async fn wait_for_flight(
    flight: FlightFuture<RequestOutcome>,
    until: RequestDeadline,
) -> RequestOutcome {
    match timeout_at(until.at, flight).await {
        Ok(landed) => landed.unwrap_or_else(|| RequestOutcome::failed(TriggerError::Cancelled)),
        Err(_) => RequestOutcome::failed(TriggerError::TimedOut(until.limit)),
    }
}

impl TriggerClient for HttpTriggerClient {
    async fn send(&self, request: TriggerRequest, script: &Arc<Script>) -> TriggerResult {
        let judge = ResponseClassifier::Branches(script.clone());
        let errand = RequestPlan::new(&self.sender.client, &request, judge);
        let caching = script.trigger.as_ref().and_then(|trigger| trigger.cache_policy.as_ref());
        match (caching, errand.primary()) {
            (Some(caching), Some(first)) => {
                let key =
                    self.key_hasher.cache_key(first, errand.fallback(), request.cache_key.as_ref());
                self.fetch_cached(
                    CacheableRequest { key, cache_policy: caching, request: &request, script },
                    errand,
                )
                .await
            }
            _ => self.fetch_uncached(errand).await,
        }
    }

    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>) {
        let to = outgoing_request::display_url(&request.target.url);
        let mut errand =
            RequestPlan::new(&self.sender.client, &request, ResponseClassifier::Status);
        errand.is_background = true;
        let place = match self.try_permit(&self.background_permits) {
            Ok(place) => place,
            Err(error) => return tracing::warn!(%to, %error, "a request in the background failed"),
        };
        let (sender, script) = (self.sender.clone(), script.clone());
        let given_up = self.abort_token.clone();
        let told = async move {
            tokio::select! {
                landed = sender.run(&errand, Instant::now()) => log_background_outcome(&to, &script.name, landed),
                () = given_up.cancelled() => {
                    let script = &*script.name;
                    tracing::warn!(%to, script, "a request in the background was given up with the daemon");
                }
            }
            drop(place);
        };
        let told = self.background_tasks.track_future(told.in_current_span());
        self.tracker.spawn(told);
    }
}

fn log_background_outcome(to: &str, script: &str, landed: RequestOutcome) {
    let attempts = landed.timings.attempts;
    match landed.answer {
        Err(error) => {
            tracing::warn!(%to, %error, attempts, script, "a request in the background failed");
        }
        Ok(answer) if answer.status >= 300 => {
            let status = answer.status;
            tracing::warn!(%to, status, attempts, script, "a request in the background was refused");
        }
        Ok(answer) => {
            tracing::debug!(%to, script, status = answer.status, attempts, "told in the background");
        }
    }
}
