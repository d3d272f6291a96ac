//! The requests of scripts, and the answers that are kept.
//!
//! ```text
//! ask ─▶ prepare (URL, headers, egress) ─▶ cache ─▶ a tracked task with a place under way ─▶ client ─▶ Answer
//! ```
//!
//! A request is a task of its own from the moment that it is sent: it goes on when the call that asked is over.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use ipnet::IpNet;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use url::Url;

use crate::script::answer::Answer;
use crate::script::request::{CacheUse, Fetched, NoAnswer, Request, Triggers};

pub mod cache;
mod outgoing;
pub mod shared;

use crate::web::client::{self, Client, Failed};
use crate::web::egress::{Egress, HostPattern};
use cache::{Bounds, Cache};
use outgoing::{KeyMaker, Outgoing};

/// The longest body that is read, decompressed.
const MAX_BODY: usize = 256 * 1024;

/// What the operator decides about requests. Without `Debug`: a proxy's URL may hold a password.
#[derive(Clone)]
pub struct Settings {
    /// For a connection, TLS included; the request's own time bounds it too.
    pub connect_timeout: Duration,
    /// Through which all requests go. The environment's is never used. Behind a proxy the proxy decides which addresses
    /// names lead to: only hosts and literal addresses are judged here.
    pub proxy: Option<Url>,
    /// How many requests may be under way; one more is refused at once.
    pub max_requests: usize,
    /// How much is kept.
    pub cache: Bounds,
    /// Hosts that a value may decide.
    pub allow_hosts: Vec<HostPattern>,
    /// Private and other special networks that may be reached where a value decides the host.
    pub allow_networks: Vec<IpNet>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            proxy: None,
            max_requests: 1000,
            cache: Bounds::default(),
            allow_hosts: Vec::new(),
            allow_networks: Vec::new(),
        }
    }
}

/// Why requests can't be made at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client, with its reason.
    #[error(transparent)]
    Client(#[from] client::StartError),
    /// No random numbers, which the cache's keys need.
    #[error("the system gives no random numbers")]
    Random,
}

/// Sends the requests of scripts over HTTP.
pub struct HttpTriggers {
    client: Arc<Client>,
    under_way: Arc<Semaphore>,
    max_requests: usize,
    tracker: TaskTracker,
    cache: Cache,
    keys: KeyMaker,
}

type Exchange = JoinHandle<Result<Arc<Answer>, NoAnswer>>;

impl HttpTriggers {
    /// Sets up the clients; nothing is sent.
    ///
    /// # Errors
    ///
    /// When the proxy is none, or the system gives no random numbers.
    pub fn new(settings: Settings) -> Result<Self, StartError> {
        let egress = Egress::new(settings.allow_hosts, settings.allow_networks);
        let client = Client::new(egress, settings.connect_timeout, settings.proxy.as_ref())?;
        let max_requests = settings.max_requests.min(Semaphore::MAX_PERMITS);
        Ok(Self {
            client: Arc::new(client),
            under_way: Arc::new(Semaphore::new(max_requests)),
            max_requests,
            tracker: TaskTracker::new(),
            cache: Cache::new(settings.cache),
            keys: KeyMaker::new()?,
        })
    }

    /// The requests under way.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// The HTTP client, which others may use too.
    pub fn client(&self) -> Arc<Client> {
        self.client.clone()
    }

    /// Waits until no request is under way. Requests that are begun meanwhile are waited for as well, and there is no
    /// bound on it: whoever stops the process has one.
    pub async fn close_and_wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    fn send(&self, outgoing: Outgoing) -> Result<Exchange, NoAnswer> {
        let place = Arc::clone(&self.under_way).try_acquire_owned();
        let place = place.map_err(|_| NoAnswer::TooMany(self.max_requests))?;
        let client = Arc::clone(&self.client);
        let exchange = async move {
            let answer = exchanged(&client, outgoing).await.map(Arc::new);
            drop(place);
            answer
        };
        Ok(self.tracker.spawn(exchange.in_current_span()))
    }
}

impl Triggers for HttpTriggers {
    async fn ask(&self, request: Request, cached: Option<Duration>) -> Fetched {
        let outgoing = match outgoing::prepare(&self.client, &request) {
            Ok(outgoing) => outgoing,
            Err(error) => return Fetched { answer: Err(error), cache: CacheUse::Off, key: None },
        };
        let key = cached.map(|_| self.keys.key(&outgoing));
        let kept = key.zip(cached);
        let kept = kept.and_then(|(key, time)| self.cache.get(key, time, Instant::now()));
        if let Some(kept) = kept {
            return Fetched { answer: Ok(kept), cache: CacheUse::Hit, key };
        }
        let answer = match self.send(outgoing) {
            Ok(exchange) => ended(exchange).await,
            Err(error) => Err(error),
        };
        Fetched {
            answer,
            cache: if cached.is_some() { CacheUse::Miss } else { CacheUse::Off },
            key,
        }
    }

    fn keep(&self, fetched: &Fetched, time: Duration) {
        // An answer from the cache keeps its end: one that is asked for again and again would never be renewed.
        let (Some(key), Ok(answer), CacheUse::Miss) = (fetched.key, &fetched.answer, fetched.cache)
        else {
            return;
        };
        if answer.status < 500 {
            self.cache.put(key, Arc::clone(answer), time, Instant::now());
        }
    }

    fn tell(&self, request: Request) {
        let to = outgoing::shown(&request.url);
        let sent =
            outgoing::prepare(&self.client, &request).and_then(|outgoing| self.send(outgoing));
        let exchange = match sent {
            Ok(exchange) => exchange,
            Err(error) => return tracing::warn!(%to, %error, "a request in the background failed"),
        };
        let told = async move { report(&to, ended(exchange).await) };
        self.tracker.spawn(told.in_current_span());
    }
}

/// Sends a request and reads the whole answer, all within its time.
async fn exchanged(client: &Client, outgoing: Outgoing) -> Result<Answer, NoAnswer> {
    let Outgoing { request, timeout, guarded } = outgoing;
    let exchange = client.exchange(request, guarded, MAX_BODY);
    let reply = match tokio::time::timeout(timeout, exchange).await {
        Ok(reply) => reply?,
        Err(_) => return Err(NoAnswer::TimedOut(timeout)),
    };
    let content_type = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(Answer::read(reply.status, content_type, &reply.body))
}

impl From<Failed> for NoAnswer {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(refused) => Self::NotSent(refused.to_string()),
            Failed::Unreachable(reason) => Self::Unreachable(reason),
            Failed::TooLong(most) => Self::TooLong(most),
        }
    }
}

async fn ended(exchange: Exchange) -> Result<Arc<Answer>, NoAnswer> {
    let broken = |_| NoAnswer::Unreachable("the request was given up".to_owned());
    exchange.await.unwrap_or_else(|error| Err(broken(error)))
}

fn report(to: &str, answer: Result<Arc<Answer>, NoAnswer>) {
    match answer {
        Err(error) => tracing::warn!(%to, %error, "a request in the background failed"),
        Ok(answer) if answer.status >= 400 => {
            tracing::warn!(%to, status = answer.status, "a request in the background was refused");
        }
        Ok(answer) => tracing::debug!(%to, status = answer.status, "told in the background"),
    }
}
