//! The request of a trigger with its placeholders filled in, its result, and the trait that sends it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, header};

use crate::script::answer::TriggerAnswer;
use crate::script::definition::{AuthTemplate, RetryPolicy, Script, ScriptTrigger, UrlTemplate};
use crate::script::escape::EscapeError;
use crate::script::template::{MASK, PlaceholderValues, RedactedText};

/// A request that is ready to be sent: a POST if it has a body, else a GET.
#[derive(Debug, Clone)]
pub struct TriggerRequest {
    pub target: RequestTarget,
    /// The target that is tried if the first gives no usable answer.
    pub fallback: Option<RequestTarget>,
    pub headers: Vec<(HeaderName, RedactedText)>,
    pub auth: Option<RequestAuth>,
    /// The body, and the content type that is sent unless the headers set one.
    pub body: Option<(RedactedText, &'static str)>,
    /// One signature is added for each key.
    pub signing_keys: Vec<RedactedText>,
    pub retry_policy: RetryPolicy,
    /// The cache key; `None` uses everything that is sent.
    pub cache_key: Option<CacheKeyInput>,
}

/// The URL of a request.
#[derive(Debug, Clone)]
pub struct RequestTarget {
    /// Not parsed or checked yet: the [`TriggerClient`] does that.
    pub url: RedactedText,
    /// Whether a value is part of the host. The host is then checked against the operator's egress rules.
    pub decides_host: bool,
}

/// The credentials of a request.
#[derive(Debug, Clone)]
pub enum RequestAuth {
    /// A user name and a password.
    Basic(RedactedText, RedactedText),
    /// A bearer token.
    Bearer(RedactedText),
}

/// What the cache key of a request is made of. Requests share an answer if both parts are equal.
#[derive(Debug, Clone)]
pub struct CacheKeyInput {
    /// The request as it is written in the script, before placeholders are filled.
    pub source: Arc<str>,
    /// The key that the script gives, filled in.
    pub text: RedactedText,
}

impl TriggerRequest {
    /// Fills in the request of a trigger.
    ///
    /// # Errors
    ///
    /// When a value can't be inserted; see [`EscapeContext::escape_into`](crate::script::escape::EscapeContext::escape_into).
    pub fn fill(
        trigger: &ScriptTrigger,
        values: &impl PlaceholderValues,
    ) -> Result<Self, EscapeError> {
        let headers = trigger.headers.iter();
        let headers = headers.map(|(name, value)| Ok((name.clone(), value.fill(values)?)));
        let body = trigger.body.as_ref();
        let body = body.map(|body| Ok((body.text.fill(values)?, body.content_type))).transpose()?;
        let key = trigger.cache_policy.as_ref().and_then(|cache_policy| cache_policy.key.as_ref());
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

    /// The body for logs: sensitive values are masked.
    pub(crate) fn redacted_body(&self) -> Option<String> {
        self.body.as_ref().map(|(body, _)| body.redacted().into_owned())
    }
}

impl RequestTarget {
    fn fill(url: &UrlTemplate, values: &impl PlaceholderValues) -> Result<Self, EscapeError> {
        Ok(Self { url: url.template.fill(values)?, decides_host: url.decides_host })
    }

    /// The URL for logs: sensitive values and credentials before the host are masked.
    pub fn redacted(&self) -> String {
        let url = self.url.redacted().into_owned();
        let Some((scheme, rest)) = url.split_once("://") else { return url };
        let authority_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        match rest[..authority_end].rfind('@') {
            Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
            None => url,
        }
    }
}

impl RequestAuth {
    fn fill(auth: &AuthTemplate, values: &impl PlaceholderValues) -> Result<Self, EscapeError> {
        Ok(match auth {
            AuthTemplate::Basic(user, password) => {
                Self::Basic(user.fill(values)?, password.fill(values)?)
            }
            AuthTemplate::Bearer(token) => Self::Bearer(token.fill(values)?),
        })
    }
}

/// Whether a header controls the connection or the framing of the message. Only the HTTP client may set these: a wrong
/// value could end a message early.
pub(crate) fn is_connection_header(name: &HeaderName) -> bool {
    let connection_headers = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    connection_headers.contains(name) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// Sends the requests of scripts.
pub trait TriggerClient: Send + Sync {
    /// Sends a request and waits for its result, at most for the total timeout of the request. The branches of `script`
    /// decide which answers are usable and may be cached.
    ///
    /// A request in progress continues if the returned future is dropped, since the web application may already be acting
    /// on it.
    fn send(
        &self,
        request: TriggerRequest,
        script: &Arc<Script>,
    ) -> impl Future<Output = TriggerResult> + Send;

    /// Sends a background request: nobody waits for its answer.
    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>);
}

/// The result of a request.
#[derive(Debug, Clone)]
pub struct TriggerResult {
    /// The complete answer, or why there is none.
    pub answer: Result<Arc<TriggerAnswer>, TriggerError>,
    /// How the cache was used.
    pub cache: CacheStatus,
    pub timings: RequestTimings,
    /// The first error, even if a retry, the fallback URL or a stale answer made up for it.
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

/// Where the time of a request went, summed over all attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestTimings {
    /// Waiting for a permit of the upstream, or for another daemon that sends the same request.
    pub queued: Duration,
    /// Name resolution.
    pub dns: Duration,
    /// TCP connections.
    pub connect: Duration,
    /// TLS handshakes.
    pub tls: Duration,
    /// Sending the request and receiving the answer.
    pub answer: Duration,
    /// Pauses between attempts.
    pub retry_pause: Duration,
    /// The number of attempts.
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

/// Why there is no answer. The text never holds the URL or anything from the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// The total timeout, or the timeout of one attempt, was over.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection could not be opened, or failed, for this reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The body is longer than this limit, in bytes.
    #[error("the answer is longer than {0} bytes")]
    BodyTooLong(usize),
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
    /// The daemon is stopping, or the task of the request failed.
    #[error("the request was cancelled")]
    Cancelled,
}
