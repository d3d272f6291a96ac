//! Triggers: the HTTP requests of scripts, and the cache of their answers.
//!
//! ```text
//! send ─▶ prepare the request (URL, headers, egress rules, cache key)
//!   ─▶ local cache: a fresh answer is used; a stale one is used too, and refreshed
//!   ─▶ single flight: one tracked task for all calls that send the same request
//!   ─▶ shared cache: does another daemon have this answer, or is it fetching it?
//!   ─▶ request plan: `url`, retries, `fallback_url`, all within one total timeout
//!        ─▶ upstream: permit and circuit breaker ─▶ HTTP client ─▶ answer, cached if a branch handles it
//!   ─▶ no usable answer: a stale one from the local cache, if the script's `stale_if_error` allows it
//! ```
//!
//! Each request runs as a task of its own, so it completes even when the call that sent it has ended.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::concurrency_limit::{ConcurrencyLimit, ConcurrencyPermit};
use crate::histogram::DurationHistograms;
use crate::script::definition::{Script, ScriptTrigger};
use crate::script::request::{
    CacheKey, CacheStatus, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use crate::single_flight::{FlightFuture, FlightJoin, SingleFlight};
use crate::web::client::{self, HttpClient, HttpClientSetupError};
use crate::web::egress::EgressRules;

mod answer_parser;
mod cache_key;
mod changed_settings;
mod leased_fetch;
mod outgoing_request;
mod request_plan;
mod request_signature;
pub mod response_cache;
mod settings;
pub mod shared_cache;
mod tiered_cache;
mod trigger_wait;
pub mod upstream;

use answer_parser::AnswerParser;
use cache_key::CacheKeyHasher;
pub(crate) use outgoing_request::fixed_url;
pub(crate) use request_plan::MAX_BODY;
use request_plan::{
    RequestDeadline, RequestOutcome, RequestPlan, RequestSender, ResponseClassifier,
};
use response_cache::ResponseCache;
pub use settings::{TriggerSettings, TriggerSetupError};
use shared_cache::SharedCache;
use tiered_cache::{CacheableRequest, TieredCache, log_failed_refresh};
use trigger_wait::TriggerWaits;
use upstream::{UpstreamRegistry, UpstreamState};

/// Sends the requests of scripts over HTTP, and caches their answers.
pub struct HttpTriggerClient {
    settings: TriggerSettings,
    sender: Arc<RequestSender>,
    cache: Arc<TieredCache>,
    single_flight: SingleFlight<CacheKey, RequestOutcome>,
    waits: Arc<TriggerWaits>,
    key_hasher: CacheKeyHasher,
    foreground_permits: ConcurrencyLimit,
    /// Separate from `foreground_permits`: background requests may be retried for minutes, and must not block calls.
    background_permits: ConcurrencyLimit,
    /// Tracks the tasks of all requests.
    tracker: TaskTracker,
    /// Tracks the tasks of background requests. They are in `tracker` too.
    background_tasks: TaskTracker,
    /// Cancelled to abort the background requests.
    abort_token: CancellationToken,
}

impl HttpTriggerClient {
    /// Opens no connection.
    ///
    /// # Errors
    ///
    /// When the proxy or a TLS identity is invalid, the shared cache can't be set up, or the system has no random
    /// numbers.
    pub fn new(settings: TriggerSettings) -> Result<Self, TriggerSetupError> {
        let (key_hasher, shared) = shared_cache(&settings)?;
        let client = http_client(&settings)?;
        let tracker = TaskTracker::new();
        let parser = Arc::<AnswerParser>::default();
        Ok(Self {
            sender: Arc::new(RequestSender {
                client: Arc::new(client),
                upstreams: Arc::new(UpstreamRegistry::new(settings.upstream_limits.clone())),
                parser: parser.clone(),
                sends_traceparent: settings.traceparent,
                shutdown: CancellationToken::new(),
            }),
            cache: Arc::new(TieredCache {
                local: Arc::new(ResponseCache::new(settings.cache)),
                shared: shared.map(Arc::new),
                parser,
                tracker: tracker.clone(),
            }),
            single_flight: SingleFlight::new(tracker.clone()),
            waits: Arc::default(),
            key_hasher,
            foreground_permits: ConcurrencyLimit::new(settings.max_requests),
            background_permits: ConcurrencyLimit::new(settings.max_requests),
            tracker,
            background_tasks: TaskTracker::new(),
            abort_token: CancellationToken::new(),
            settings,
        })
    }

    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// The HTTP client, which the speech engines and the sound fetcher use too.
    pub fn client(&self) -> Arc<HttpClient> {
        self.sender.client.clone()
    }

    /// The answers cached in this process.
    pub fn cache(&self) -> &ResponseCache {
        &self.cache.local
    }

    pub fn shared_cache(&self) -> Option<&SharedCache> {
        self.cache.shared.as_deref()
    }

    /// How long calls waited for answers, by script and upstream.
    pub fn waits(&self) -> &DurationHistograms<2> {
        self.waits.histograms()
    }

    /// The states of all upstreams that a request has used.
    pub fn upstream_states(&self) -> Vec<UpstreamState> {
        self.sender.upstreams.states()
    }

    /// The states of the upstreams in the script's `url` and `fallback_url`. Leaves out an upstream that no request has
    /// used yet, and a URL whose host a value decides.
    pub(crate) fn upstream_states_for(&self, trigger: &ScriptTrigger) -> Vec<UpstreamState> {
        let urls = std::iter::once(&trigger.url).chain(&trigger.fallback);
        let names: Vec<_> = urls.filter_map(outgoing_request::fixed_upstream_name).collect();
        let mut upstreams = self.upstream_states();
        upstreams.retain(|upstream| names.contains(&upstream.name));
        upstreams
    }

    /// Waits until no request is in progress, including requests that start meanwhile. Retries are then made without a
    /// pause, and each URL gets one more at most. Has no timeout: the caller sets one.
    pub async fn close_and_wait(&self) {
        self.sender.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Aborts the background requests. Each is logged as a warning with its URL and script, so that an operator can
    /// send it again.
    pub async fn abort_background(&self) {
        self.abort_token.cancel();
        self.background_tasks.close();
        self.background_tasks.wait().await;
    }

    /// Sends a request without use of the cache.
    async fn fetch_uncached(&self, plan: RequestPlan) -> TriggerResult {
        let permit = match try_permit(&self.foreground_permits) {
            Ok(permit) => permit,
            Err(error) => return TriggerResult::failed(error),
        };
        let sender = self.sender.clone();
        let task = async move {
            let outcome = sender.run(&plan, Instant::now()).await;
            drop(permit);
            outcome
        };
        let task = self.tracker.spawn(task.in_current_span());
        let outcome =
            task.await.unwrap_or_else(|_| RequestOutcome::failed(TriggerError::Cancelled));
        TriggerResult { cache: CacheStatus::Off, ..outcome.into_trigger_result() }
    }

    /// Takes the answer from the cache, or sends the request. Calls that need the same answer at the same time share
    /// one flight.
    async fn fetch_cached(
        &self,
        request: CacheableRequest<'_>,
        plan: RequestPlan,
    ) -> TriggerResult {
        let deadline = RequestDeadline::after(Instant::now(), plan.total_timeout());
        let plan = Arc::new(plan);
        if let Some(cached) = self.cache.look_up(&request) {
            if cached.cache == CacheStatus::Stale {
                self.join_flight(&request, &plan, true);
            }
            return cached;
        }
        let outcome = loop {
            let outcome = match self.join_flight(&request, &plan, false) {
                FlightJoin::NotNeeded(outcome) => break outcome,
                FlightJoin::Started(flight) => break wait_for_flight(flight, deadline).await,
                FlightJoin::Joined(flight) => wait_for_flight(flight, deadline).await.mark_joined(),
            };
            // Another call's outcome does not apply here if that call's deadline was earlier, or if only its script has
            // a branch for the answer. Then try again, if more than half of our time remains.
            let applies = !outcome.timed_out() && (!outcome.is_usable() || plan.accepts(&outcome));
            if applies || !deadline.more_than_half_remains() {
                break outcome;
            }
        };
        self.cache.outcome_or_stale(&request, &plan, outcome)
    }

    /// Joins or starts the flight for a request. With `is_refresh`, the call uses a stale answer and does not wait for
    /// the flight.
    fn join_flight(
        &self,
        request: &CacheableRequest<'_>,
        plan: &Arc<RequestPlan>,
        is_refresh: bool,
    ) -> FlightJoin<RequestOutcome> {
        self.single_flight.join(request.key, || {
            if let Some(outcome) = self.cache.recheck_fresh(request) {
                return ControlFlow::Break(outcome);
            }
            let permit = match try_permit(&self.foreground_permits) {
                Ok(permit) => permit,
                Err(error) => return ControlFlow::Break(RequestOutcome::failed(error)),
            };
            let (sender, cache) = (self.sender.clone(), self.cache.clone());
            let (plan, context) = (plan.clone(), request.store_context());
            ControlFlow::Continue(async move {
                let outcome = cache.fetch(&sender, &plan, &context, is_refresh).await;
                if is_refresh {
                    log_failed_refresh(&outcome);
                }
                drop(permit);
                outcome
            })
        })
    }
}

async fn wait_for_flight(
    flight: FlightFuture<RequestOutcome>,
    deadline: RequestDeadline,
) -> RequestOutcome {
    match timeout_at(deadline.at, flight).await {
        Ok(outcome) => outcome.unwrap_or_else(|| RequestOutcome::failed(TriggerError::Cancelled)),
        Err(_) => RequestOutcome::failed(TriggerError::TimedOut(deadline.limit)),
    }
}

impl TriggerClient for HttpTriggerClient {
    async fn send(&self, request: TriggerRequest, script: &Arc<Script>) -> TriggerResult {
        let classifier = ResponseClassifier::Branches(script.clone());
        let plan = RequestPlan::new(&self.sender.client, &request, classifier);
        let wait = self.waits.start(&script.name, &plan);
        let cache_policy =
            script.trigger.as_ref().and_then(|trigger| trigger.cache_policy.as_ref());
        let result = match (cache_policy, plan.primary()) {
            (Some(cache_policy), Some(primary)) => {
                let (custom_key, read_as) = (request.cache_key.as_ref(), request.read_as);
                let key = self.key_hasher.cache_key(primary, plan.fallback(), custom_key, read_as);
                let request = CacheableRequest { key, cache_policy, request: &request, script };
                self.fetch_cached(request, plan).await
            }
            _ => self.fetch_uncached(plan).await,
        };
        wait.finish(&result);
        result
    }

    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>) {
        let url = outgoing_request::display_url(&request.target.url);
        let mut plan = RequestPlan::new(&self.sender.client, &request, ResponseClassifier::Status);
        plan.is_background = true;
        let permit = match try_permit(&self.background_permits) {
            Ok(permit) => permit,
            Err(error) => {
                let script = &*script.name;
                return tracing::warn!(%url, %error, script, "a background request failed");
            }
        };
        let (sender, script) = (self.sender.clone(), script.clone());
        let aborted = self.abort_token.clone();
        let task = async move {
            let script = &*script.name;
            tokio::select! {
                outcome = sender.run(&plan, Instant::now()) => {
                    log_background_outcome(&url, script, outcome);
                }
                () = aborted.cancelled() => {
                    tracing::warn!(%url, script, "a background request was aborted: the daemon is stopping");
                }
            }
            drop(permit);
        };
        let task = self.background_tasks.track_future(task.in_current_span());
        self.tracker.spawn(task);
    }
}

fn http_client(settings: &TriggerSettings) -> Result<HttpClient, HttpClientSetupError> {
    let (hosts, networks) = (settings.allow_hosts.clone(), settings.allow_networks.clone());
    HttpClient::new(&client::HttpClientSettings {
        egress: EgressRules::new(hosts, networks),
        connect_timeout: Some(settings.connect_timeout),
        proxy: settings.proxy.clone(),
        tls_identities: settings.tls_identities.clone(),
    })
}

fn try_permit(permits: &ConcurrencyLimit) -> Result<ConcurrencyPermit, TriggerError> {
    permits.try_acquire().map_err(|_| TriggerError::TooManyRequests(permits.max()))
}

/// The cache that daemons share, if there is one, and the hasher of its keys.
fn shared_cache(
    settings: &TriggerSettings,
) -> Result<(CacheKeyHasher, Option<SharedCache>), TriggerSetupError> {
    let Some(shared) = &settings.shared_cache else {
        let hasher = CacheKeyHasher::with_random_key();
        return Ok((hasher.map_err(|_| TriggerSetupError::NoRandomNumbers)?, None));
    };
    let identity = shared.address.tls_identity(&settings.tls_identities);
    let hasher = CacheKeyHasher::with_secret(&shared.secret)?;
    Ok((hasher, Some(SharedCache::with_tls(shared, &identity)?)))
}

fn log_background_outcome(url: &str, script: &str, outcome: RequestOutcome) {
    let attempts = outcome.timings.attempts;
    match outcome.answer {
        Err(error) => {
            tracing::warn!(%url, %error, attempts, script, "a background request failed");
        }
        Ok(answer) => {
            let http_status = answer.status;
            if http_status >= 300 {
                tracing::warn!(
                    %url, http_status, attempts, script,
                    "a background request was refused"
                );
            } else {
                tracing::debug!(%url, http_status, attempts, script, "background request sent");
            }
        }
    }
}
