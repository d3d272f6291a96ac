//! The trigger's request, filled in, and what comes of it: the words between a script and whoever sends it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, header};

use crate::script::answer::TriggerAnswer;
use crate::script::definition::{self, RetryPolicy, Script, ScriptTrigger};
use crate::script::escape::EscapeError;
use crate::script::template::{MASK, PlaceholderValues, RedactedText};

/// A request, ready to be sent: POST with a body, GET without.
#[derive(Debug, Clone)]
pub struct TriggerRequest {
    /// Where to.
    pub target: RequestTarget,
    /// Where to when there is no answer from there.
    pub fallback: Option<RequestTarget>,
    /// Its headers.
    pub headers: Vec<(HeaderName, RedactedText)>,
    /// Who we say we are.
    pub auth: Option<RequestAuth>,
    /// Its body with the content type that it has unless the headers name one.
    pub body: Option<(RedactedText, &'static str)>,
    /// Keys that each sign it.
    pub signing_keys: Vec<RedactedText>,
    /// How long, and how often it is tried.
    pub retry_policy: RetryPolicy,
    /// What tells it apart from others for the cache, where that is not all that is sent.
    pub cache_key: Option<CacheKeyInput>,
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub struct RequestTarget {
    /// As text; it is parsed and judged by who sends the request.
    pub url: RedactedText,
    /// Whether a value decided its host.
    pub decides_host: bool,
}

/// Who we say we are.
#[derive(Debug, Clone)]
pub enum RequestAuth {
    /// A name and a password.
    Basic(RedactedText, RedactedText),
    /// A token.
    Bearer(RedactedText),
}

/// What tells a request apart for the cache.
#[derive(Debug, Clone)]
pub struct CacheKeyInput {
    /// What is sent as it stands in the script.
    pub source: Arc<str>,
    /// What has to be the same.
    pub text: RedactedText,
}

impl TriggerRequest {
    /// Fills in a script's trigger.
    ///
    /// # Errors
    ///
    /// When a value can't stand where it should.
    pub fn fill(
        trigger: &ScriptTrigger,
        values: &impl PlaceholderValues,
    ) -> Result<Self, EscapeError> {
        let headers = trigger.headers.iter();
        let headers = headers.map(|(name, value)| Ok((name.clone(), value.fill(values)?)));
        let body = trigger.body.as_ref();
        let body = body.map(|body| Ok((body.text.fill(values)?, body.content_type))).transpose()?;
        let key = trigger.cache_policy.as_ref().and_then(|caching| caching.key.as_ref());
        let key = key.map(|key| {
            Ok(CacheKeyInput { source: key.source.clone(), text: key.template.fill(values)? })
        });
        Ok(Self {
            target: RequestTarget::fill(&trigger.url, values)?,
            fallback: trigger
                .fallback
                .as_ref()
                .map(|url| RequestTarget::fill(url, values))
                .transpose()?,
            headers: headers.collect::<Result<_, EscapeError>>()?,
            auth: trigger.auth.as_ref().map(|auth| RequestAuth::fill(auth, values)).transpose()?,
            body,
            signing_keys: trigger
                .signing_keys
                .iter()
                .map(|key| key.fill(values))
                .collect::<Result<_, _>>()?,
            retry_policy: trigger.retry_policy,
            cache_key: key.transpose()?,
        })
    }

    /// The body for people: sensitive values are masked.
    pub fn redacted_body(&self) -> Option<String> {
        self.body.as_ref().map(|(body, _)| body.redacted().into_owned())
    }
}

impl RequestTarget {
    fn fill(
        url: &definition::UrlTemplate,
        values: &impl PlaceholderValues,
    ) -> Result<Self, EscapeError> {
        Ok(Self { url: url.template.fill(values)?, decides_host: url.decides_host })
    }

    /// The URL for people: nothing sensitive is in it, and nobody who stands before the host.
    pub fn redacted(&self) -> String {
        let shown = self.url.redacted().into_owned();
        let Some((scheme, rest)) = shown.split_once("://") else { return shown };
        let authority = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        match rest[..authority].rfind('@') {
            Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
            None => shown,
        }
    }
}

impl RequestAuth {
    fn fill(
        auth: &definition::AuthTemplate,
        values: &impl PlaceholderValues,
    ) -> Result<Self, EscapeError> {
        Ok(match auth {
            definition::AuthTemplate::Basic(user, password) => {
                Self::Basic(user.fill(values)?, password.fill(values)?)
            }
            definition::AuthTemplate::Bearer(token) => Self::Bearer(token.fill(values)?),
        })
    }
}

/// Whether a header steers the connection itself: it is the client's to set, and a value in it could end a message
/// early.
pub fn is_connection_header(name: &HeaderName) -> bool {
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
pub trait TriggerClient: Send + Sync {
    /// Asks for a script, whose branches say which answers are of use, and which are kept. No later than the request's
    /// budget allows something comes of it. What is under way goes on when the caller of this future drops it: the other
    /// side may count on it.
    fn send(
        &self,
        request: TriggerRequest,
        script: &Arc<Script>,
    ) -> impl Future<Output = TriggerResult> + Send;

    /// Sends a request that nobody waits for.
    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>);
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct TriggerResult {
    /// The complete reply, or why there is none.
    pub answer: Result<Arc<TriggerAnswer>, TriggerError>,
    /// What the cache did.
    pub cache: CacheStatus,
    /// What the time went into.
    pub timings: RequestTimings,
    /// What went wrong first, also where another attempt, the fallback, or an old answer mended it.
    pub first_error: Option<String>,
}

impl TriggerResult {
    /// Nothing came.
    pub fn failed(why: TriggerError) -> Self {
        let first_error = Some(why.to_string());
        Self {
            answer: Err(why),
            cache: CacheStatus::Off,
            timings: RequestTimings::default(),
            first_error,
        }
    }
}

/// What a request's time went into, all of its attempts together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestTimings {
    /// Waiting for a place among the requests to one upstream, or for another daemon that asks the same.
    pub queued: Duration,
    /// Looking names up.
    pub dns: Duration,
    /// TCP's connections.
    pub connect: Duration,
    /// TLS's handshakes.
    pub tls: Duration,
    /// Sending, and waiting for the reply.
    pub answer: Duration,
    /// Between two attempts.
    pub retry_pause: Duration,
    /// How many attempts there were.
    pub attempts: u32,
    /// The second URL was asked.
    pub used_fallback: bool,
    /// Another call had asked the same already.
    pub joined_flight: bool,
}

impl std::ops::AddAssign for RequestTimings {
    fn add_assign(&mut self, more: Self) {
        self.queued += more.queued;
        self.dns += more.dns;
        self.connect += more.connect;
        self.tls += more.tls;
        self.answer += more.answer;
        self.retry_pause += more.retry_pause;
        self.attempts += more.attempts;
        self.used_fallback |= more.used_fallback;
        self.joined_flight |= more.joined_flight;
    }
}

/// A digest of a request: it tells nothing of what is in it without a key that only the daemons know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// What the cache did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheStatus {
    /// The answer is from it.
    Hit,
    /// It was asked and had none.
    Miss,
    /// The answer is from it, and older than it should be.
    Stale,
    /// It was not asked.
    #[default]
    Off,
}

impl CacheStatus {
    /// As in `DIALSCRIPT_CACHE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Off => "off",
        }
    }
}

/// Why there is no answer. Its text never holds the URL or anything from the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// The time for the whole answer, or for one attempt, was over.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// No connection, or one that broke, with the network's reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The body is longer than we take, in bytes.
    #[error("the answer is longer than {0} bytes")]
    BodyTooLong(usize),
    /// The request was not sent: its URL or host is none that may be asked.
    #[error("not sent: {0}")]
    NotSent(String),
    /// As many requests are under way as may be.
    #[error("not sent: {0} requests are under way")]
    TooManyRequests(usize),
    /// There was no place among the requests to this upstream in time.
    #[error("not sent: {0} requests to this host are under way")]
    UpstreamBusy(usize),
    /// The upstream has failed again and again and is left alone.
    #[error("not sent: this host failed {0} times, and is left alone for a while")]
    CircuitOpen(u32),
    /// The request was given up, with the daemon or by a fault of ours.
    #[error("the request was given up")]
    Cancelled,
}
