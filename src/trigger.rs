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

use crate::flight::{Flight, Flights, Joined};
use crate::script::definition::{Script, Trigger};
use crate::script::request::{CacheKey, CacheUse, Fetched, NoAnswer, Request, Triggers};
use crate::web::client::{self, Client};
use crate::web::egress::{Egress, HostPattern};
use crate::web::place::Place;
use crate::web::tls::Identity;

pub mod breaker;
pub mod cache;
mod errand;
mod keeping;
mod key;
mod outgoing;
pub mod shared;
mod sharing;
mod sign;
pub mod upstream;

use cache::Cache;
pub use errand::MAX_BODY;
use errand::{Errand, Judge, Landed, Sender, Until};
use keeping::{Asked, Keeping, tell_of_refresh};
use key::KeyMaker;
use shared::SharedCache;
use upstream::{Rules, UpstreamState, Upstreams};

/// What the operator decides about requests. Its `Debug` shows no password of a proxy and no key of an identity.
#[derive(Clone)]
pub struct Settings {
    /// For a connection, TLS included; the request's own time bounds it too.
    pub connect_timeout: Duration,
    /// Through which all requests go. The environment's is never used. Behind a proxy the proxy decides which addresses
    /// names lead to: only hosts and literal addresses are judged here.
    pub proxy: Option<Url>,
    /// How many requests may be under way, those that callers wait for, and as many in the background; one more is refused
    /// at once.
    pub max_requests: usize,
    /// What holds for requests to one upstream.
    pub upstreams: Rules,
    /// How much is kept.
    pub cache: cache::Bounds,
    /// With whom kept answers are shared.
    pub shared: Option<shared::Settings>,
    /// Hosts that a value may decide.
    pub allow_hosts: Vec<HostPattern>,
    /// Private and other special networks that may be reached where a value decides the host.
    pub allow_networks: Vec<IpNet>,
    /// Whom we trust at a place, and who we are there, where that is not as everywhere.
    pub identities: Vec<(Place, Arc<Identity>)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            proxy: None,
            max_requests: 1000,
            upstreams: Rules::default(),
            cache: cache::Bounds::default(),
            shared: None,
            allow_hosts: Vec::new(),
            allow_networks: Vec::new(),
            identities: Vec::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_user = |url: &Url| {
            format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort])
        };
        f.debug_struct("Settings")
            .field("connect_timeout", &self.connect_timeout)
            .field("proxy", &self.proxy.as_ref().map(without_user))
            .field("max_requests", &self.max_requests)
            .field("upstreams", &self.upstreams)
            .field("cache", &self.cache)
            .field("shared", &self.shared)
            .field("allow_hosts", &self.allow_hosts)
            .field("allow_networks", &self.allow_networks)
            .field("identities", &self.identities)
            .finish()
    }
}

/// Why requests can't be made at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client, with its reason.
    #[error(transparent)]
    Client(#[from] client::StartError),
    /// The shared cache, with its reason.
    #[error(transparent)]
    Shared(#[from] shared::StartError),
    /// No random numbers, which the cache's keys need.
    #[error("the system gives no random numbers")]
    Random,
}

/// Sends the requests of scripts over HTTP.
pub struct HttpTriggers {
    sender: Arc<Sender>,
    keeping: Arc<Keeping>,
    flights: Flights<CacheKey, Landed>,
    keys: KeyMaker,
    waited_for: Arc<Semaphore>,
    /// Requests in the background may be tried for minutes: they take no place that a caller needs.
    told: Arc<Semaphore>,
    max_requests: usize,
    tracker: TaskTracker,
    /// Those of them that nobody waits for.
    behind: TaskTracker,
    given_up: CancellationToken,
}

impl HttpTriggers {
    /// Sets up the clients; nothing is sent.
    ///
    /// # Errors
    ///
    /// When the proxy is none, an identity does not hold together, or the system gives no random numbers.
    pub fn new(settings: Settings) -> Result<Self, StartError> {
        let client = Client::new(&client::Settings {
            egress: Egress::new(settings.allow_hosts, settings.allow_networks),
            connect_timeout: Some(settings.connect_timeout),
            proxy: settings.proxy,
            identities: settings.identities,
        })?;
        let upstreams = Upstreams::new(settings.upstreams);
        let max_requests = settings.max_requests.min(Semaphore::MAX_PERMITS);
        let tracker = TaskTracker::new();
        let (keys, shared) = match &settings.shared {
            Some(shared) => (KeyMaker::of_all(&shared.secret)?, Some(SharedCache::new(shared)?)),
            None => (KeyMaker::random()?, None),
        };
        let (cache, shared) = (Cache::new(settings.cache), shared.map(Arc::new));
        Ok(Self {
            sender: Arc::new(Sender {
                client: Arc::new(client),
                upstreams,
                closing: CancellationToken::new(),
            }),
            keeping: Arc::new(Keeping { cache, shared, tracker: tracker.clone() }),
            flights: Flights::new(tracker.clone()),
            keys,
            waited_for: Arc::new(Semaphore::new(max_requests)),
            told: Arc::new(Semaphore::new(max_requests)),
            max_requests,
            tracker,
            behind: TaskTracker::new(),
            given_up: CancellationToken::new(),
        })
    }

    /// The requests under way.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// The HTTP client, which others may use too.
    pub fn client(&self) -> Arc<Client> {
        self.sender.client.clone()
    }

    /// The kept answers.
    pub fn cache(&self) -> &Cache {
        &self.keeping.cache
    }

    /// The answers that are shared with other daemons, where they are.
    pub fn shared(&self) -> Option<&SharedCache> {
        self.keeping.shared.as_deref()
    }

    /// How the web applications that were asked are doing.
    pub fn upstreams(&self) -> Vec<UpstreamState> {
        self.sender.upstreams.states()
    }

    /// How those are doing that a script asks and that no value decides, as far as they were asked.
    pub fn upstreams_of(&self, trigger: &Trigger) -> Vec<UpstreamState> {
        let urls = std::iter::once(&trigger.url).chain(&trigger.fallback);
        let names: Vec<_> = urls.filter_map(outgoing::named_upstream).collect();
        let mut upstreams = self.upstreams();
        upstreams.retain(|upstream| names.contains(&upstream.name));
        upstreams
    }

    /// Waits until no request is under way; what waits for another attempt gets it at once, and no further one. Requests
    /// that are begun meanwhile are waited for as well, and there is no bound on it: whoever stops the process has one.
    pub async fn close_and_wait(&self) {
        self.sender.closing.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Breaks off the requests that nobody waits for. Each is a warning of its call: who reads the log can make up for it.
    pub async fn give_up(&self) {
        self.given_up.cancel();
        self.behind.close();
        self.behind.wait().await;
    }

    fn place(&self, among: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, NoAnswer> {
        let place = Arc::clone(among).try_acquire_owned();
        place.map_err(|_| NoAnswer::TooMany(self.max_requests))
    }

    /// A request that no other call is concerned with.
    async fn alone(&self, errand: Errand) -> Fetched {
        let place = match self.place(&self.waited_for) {
            Ok(place) => place,
            Err(why) => return Fetched::nothing(why),
        };
        let sender = self.sender.clone();
        let exchange = async move {
            let landed = sender.run(&errand, Instant::now()).await;
            drop(place);
            landed
        };
        let exchange = self.tracker.spawn(exchange.in_current_span());
        let landed = exchange.await.unwrap_or_else(|_| Landed::nothing(NoAnswer::GivenUp));
        Fetched { cache: CacheUse::Off, ..landed.into_fetched() }
    }

    /// A request whose answer may be kept, or may be there.
    async fn kept(&self, asked: Asked<'_>, errand: Errand) -> Fetched {
        let until = Until::after(Instant::now(), errand.budget());
        let errand = Arc::new(errand);
        if let Some(fetched) = self.keeping.look_up(&asked) {
            if fetched.cache == CacheUse::Stale {
                self.fly(&asked, &errand, true);
            }
            return fetched;
        }
        let landed = loop {
            let joined = self.fly(&asked, &errand, false);
            let landed = match joined {
                Joined::Without(landed) => break landed,
                Joined::First(flight) => break landing(flight, until).await,
                Joined::Later(flight) => landing(flight, until).await.joined(),
            };
            // The time of whoever asked first was over, or that one has branches of its own: ours need not be.
            let is_ours = !landed.was_cut() && (!landed.is_of_use() || errand.takes(&landed));
            if is_ours || !until.more_than_half_is_left() {
                break landed;
            }
        };
        self.keeping.settle(&asked, &errand, landed)
    }

    /// The flight for a request; `behind` the call nobody waits for it.
    fn fly(&self, asked: &Asked<'_>, errand: &Arc<Errand>, behind: bool) -> Joined<Landed> {
        self.flights.join(asked.key, || {
            if let Some(landed) = self.keeping.just_landed(asked) {
                return ControlFlow::Break(landed);
            }
            let place = match self.place(&self.waited_for) {
                Ok(place) => place,
                Err(why) => return ControlFlow::Break(Landed::nothing(why)),
            };
            let (sender, keeping) = (self.sender.clone(), self.keeping.clone());
            let (errand, keep) = (errand.clone(), asked.to_keep());
            ControlFlow::Continue(async move {
                let landed = keeping.fetch(&sender, &errand, &keep, behind).await;
                if behind {
                    tell_of_refresh(&landed);
                }
                drop(place);
                landed
            })
        })
    }
}

/// What a flight comes to, as far as there is time for it.
async fn landing(flight: Flight<Landed>, until: Until) -> Landed {
    match timeout_at(until.at, flight).await {
        Ok(landed) => landed.unwrap_or_else(|| Landed::nothing(NoAnswer::GivenUp)),
        Err(_) => Landed::nothing(NoAnswer::TimedOut(until.time)),
    }
}

impl Triggers for HttpTriggers {
    async fn ask(&self, request: Request, script: &Arc<Script>) -> Fetched {
        let judge = Judge::Branches(script.clone());
        let errand = Errand::new(&self.sender.client, &request, judge);
        let caching = script.trigger.as_ref().and_then(|trigger| trigger.caching.as_ref());
        match (caching, errand.first()) {
            (Some(caching), Some(first)) => {
                let key = self.keys.key(first, errand.second(), request.cache_key.as_ref());
                self.kept(Asked { key, caching, request: &request, script }, errand).await
            }
            _ => self.alone(errand).await,
        }
    }

    fn tell(&self, request: Request, script: &Arc<Script>) {
        let to = outgoing::shown(&request.to.url);
        let mut errand = Errand::new(&self.sender.client, &request, Judge::Status);
        errand.unhurried = true;
        let place = match self.place(&self.told) {
            Ok(place) => place,
            Err(error) => return tracing::warn!(%to, %error, "a request in the background failed"),
        };
        let (sender, script) = (self.sender.clone(), script.clone());
        let given_up = self.given_up.clone();
        let told = async move {
            tokio::select! {
                landed = sender.run(&errand, Instant::now()) => report(&to, &script.name, landed),
                () = given_up.cancelled() => {
                    let script = &*script.name;
                    tracing::warn!(%to, script, "a request in the background was given up with the daemon");
                }
            }
            drop(place);
        };
        let told = self.behind.track_future(told.in_current_span());
        self.tracker.spawn(told);
    }
}

fn report(to: &str, script: &str, landed: Landed) {
    let attempts = landed.spent.attempts;
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
