//! The trigger's request, filled in, and what comes of it: the words between a script and whoever sends it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, header};

use crate::script::answer::Answer;
use crate::script::definition::Trigger;
use crate::script::escape::Unfit;
use crate::script::template::{Filled, Values};

/// A request, ready to be sent: POST with a body, GET without.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where to, as text; it is parsed and judged by who sends it.
    pub url: Filled,
    /// Whether a value decided its host.
    pub decides_host: bool,
    /// Its headers.
    pub headers: Vec<(HeaderName, Filled)>,
    /// Its body with the content type that it has unless the headers name one.
    pub body: Option<(Filled, &'static str)>,
    /// For the whole answer.
    pub timeout: Duration,
}

impl Request {
    /// Fills in a script's trigger.
    ///
    /// # Errors
    ///
    /// When a value can't stand where it should.
    pub fn fill(trigger: &Trigger, values: &impl Values) -> Result<Self, Unfit> {
        let headers = trigger.headers.iter();
        let headers = headers.map(|(name, value)| Ok((name.clone(), value.fill(values)?)));
        let body = trigger.body.as_ref();
        let body = body.map(|body| Ok((body.text.fill(values)?, body.content_type))).transpose()?;
        Ok(Self {
            url: trigger.url.fill(values)?,
            decides_host: trigger.decides_host,
            headers: headers.collect::<Result<_, Unfit>>()?,
            body,
            timeout: trigger.timeout,
        })
    }

    /// The body for people: sensitive values are masked.
    pub fn shown_body(&self) -> Option<String> {
        self.body.as_ref().map(|(body, _)| body.shown().into_owned())
    }
}

/// Whether a header steers the connection itself: it is the client's to set, and a value in it could end a message
/// early.
pub fn is_the_connections(name: &HeaderName) -> bool {
    let steering = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    steering.contains(name) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// Who sends requests for scripts.
pub trait Triggers: Send + Sync {
    /// Sends a request, or answers from the cache with what was kept no longer ago than `cached`. The request goes on
    /// when the caller of this future drops it: the other side may count on it.
    fn ask(
        &self,
        request: Request,
        cached: Option<Duration>,
    ) -> impl Future<Output = Fetched> + Send;

    /// Keeps an answer that a script has handled, unless it is from the cache, or its status is 500 or above.
    fn keep(&self, fetched: &Fetched, time: Duration);

    /// Sends a request that nobody waits for.
    fn tell(&self, request: Request);
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The complete reply, or why there is none.
    pub answer: Result<Arc<Answer>, NoAnswer>,
    /// What the cache did.
    pub cache: CacheUse,
    /// Under which an answer can be kept; where the cache may not be used, none.
    pub key: Option<CacheKey>,
}

/// A digest of a request, by a key that only this process knows: it tells nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// What the cache did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// The answer is from it.
    Hit,
    /// It was asked and had none.
    Miss,
    /// It was not asked.
    #[default]
    Off,
}

impl CacheUse {
    /// As in `DIALSCRIPT_CACHE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Off => "off",
        }
    }
}

/// Why there is no answer. Its text never holds the URL or anything from the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The time for the whole answer was over.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// No connection, or one that broke, with the network's reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The body is longer than we take, in bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The request was not sent: its URL or host is none that may be asked.
    #[error("not sent: {0}")]
    NotSent(String),
    /// As many requests are under way as may be.
    #[error("not sent: {0} requests are under way")]
    TooMany(usize),
}
