//! The request of a trigger with its placeholders filled in, its result, and the trait that sends it.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use http::{HeaderName, Method, header};

use crate::script::answer::AnswerFormat;
use crate::script::definition::{AuthTemplate, RetryPolicy, Script, ScriptTrigger, UrlTemplate};
use crate::script::escape::EscapeError;
use crate::script::template::{MASK, PlaceholderValues, RedactedText};
use crate::trace::TraceContext;

mod result;

pub use result::{CacheKey, CacheStatus, RequestTimings, TriggerError, TriggerResult};

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub struct TriggerRequest {
    pub method: Method,
    pub target: RequestTarget,
    /// The target that is tried if `target` gives no usable answer.
    pub fallback: Option<RequestTarget>,
    pub headers: Vec<(HeaderName, RedactedText)>,
    pub auth: Option<RequestAuth>,
    /// The body, and the content type that is sent unless the headers set one.
    pub body: Option<(RedactedText, &'static str)>,
    /// One signature is added for each key.
    pub signing_keys: Vec<RedactedText>,
    pub retry_policy: RetryPolicy,
    /// The cache key; `None` makes the key of everything that is sent.
    pub cache_key: Option<CacheKeyInput>,
    /// The format of the answer; `None` finds it out.
    pub read_as: Option<AnswerFormat>,
    /// The parent of the attempts in the trace of the call. It is no part of the cache key.
    pub trace: TraceContext,
}

/// The URL of a request.
#[derive(Debug, Clone)]
pub struct RequestTarget {
    /// Not parsed or checked yet: the [`TriggerClient`] does that.
    pub url: RedactedText,
    /// Whether a value of the call is part of the host. The host is then checked against the operator's egress rules.
    pub decides_host: bool,
}

/// The credentials of a request.
#[derive(Debug, Clone)]
pub enum RequestAuth {
    /// A user name and a password.
    Basic(RedactedText, RedactedText),
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
    /// When a value can't be inserted; see
    /// [`EscapeContext::escape_into`](crate::script::escape::EscapeContext::escape_into).
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
            method: trigger.method.clone(),
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
            read_as: trigger.read_as,
            trace: TraceContext::default(),
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
        let mut url = self.url.redacted().into_owned();
        if let Some(credentials) = url_credentials(&url) {
            url.replace_range(credentials, MASK);
        }
        url
    }
}

/// Where a URL has the credentials that end with the `@` before its host; `None` without an `@`.
///
/// Between `http:` and the host there can be any number of slashes and backslashes, or none (URL Standard, "special
/// authority slashes state"). Tabs and line breaks do not count anywhere.
pub(crate) fn url_credentials(url: &str) -> Option<Range<usize>> {
    let (scheme, rest) = url.split_once(':')?;
    let scheme = scheme.trim_start_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "");
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !is_web && !rest.starts_with("//") {
        return None;
    }
    let authority = rest.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let start = url.len() - authority.len();
    let end = authority.find(['/', '\\', '?', '#']).unwrap_or(authority.len());
    let at = authority[..end].rfind('@')?;
    Some(start..start + at)
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

/// Whether a header controls the connection or the framing of the message. Only the HTTP client may set such a header:
/// a wrong value could end a message too early.
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
    /// Sends a request and waits for its result, for at most the total timeout of the request. The branches of `script`
    /// decide which answers are usable and may be cached.
    ///
    /// A request in progress continues if the returned future is dropped, since the web application may already be
    /// acting on it.
    fn send(
        &self,
        request: TriggerRequest,
        script: &Arc<Script>,
    ) -> impl Future<Output = TriggerResult> + Send;

    /// Sends a background request: nobody waits for its answer.
    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>);
}
