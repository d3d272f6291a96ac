//! Builds the HTTP request for one URL of a trigger, and decides whether it may be sent.

use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, RequestBuilder};
use url::Url;

use super::request_signature::RequestSigner;
use crate::script::definition;
use crate::script::request::{
    RequestAuth, RequestTarget, TriggerError, TriggerRequest, is_connection_header,
};
use crate::script::template::{
    MASK, Placeholder, PlaceholderValue, PlaceholderValues, RedactedText,
};
use crate::web::client::{HttpClient, HttpClientError};
use crate::web::error_chain::root_cause;

/// Names the formats that scripts can read: many web frameworks send HTML to a client that accepts anything.
const ACCEPT_VALUE: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// A request to one URL. It has no `Debug`, because that of `reqwest::Request` shows the URL.
pub(super) struct OutgoingRequest {
    request: reqwest::Request,
    /// Whether a value decides the host. If so, the egress rules apply.
    pub(super) untrusted_host: bool,
    /// The host and port, for logs and metrics. If a value decides the host, this is the matching entry of
    /// `allow_hosts` instead, because the value may be sensitive.
    pub(super) upstream_name: Arc<str>,
}

impl OutgoingRequest {
    pub(super) fn url(&self) -> &Url {
        self.request.url()
    }

    /// The host without the port, for traces: see [`Self::upstream_name`].
    pub(super) fn host(&self) -> &str {
        match self.untrusted_host {
            true => &self.upstream_name,
            false => self.url().host_str().unwrap_or_default(),
        }
    }

    /// The port; `None` if a value decides the host.
    pub(super) fn port(&self) -> Option<u16> {
        self.url().port_or_known_default().filter(|_| !self.untrusted_host)
    }

    /// Everything that is sent, except the signature and `traceparent`.
    pub(super) fn request(&self) -> &reqwest::Request {
        &self.request
    }

    /// A copy for one attempt, signed if the script has signing keys. `None` if the body can't be copied.
    pub(super) fn signed_copy(&self, signer: &RequestSigner) -> Option<reqwest::Request> {
        let mut request = self.request.try_clone()?;
        signer.sign(&mut request);
        Some(request)
    }
}

/// Builds the request for one target of a trigger.
///
/// # Errors
///
/// When the request may not be sent: an invalid URL, a host or header that is not allowed, an invalid header value.
pub(super) fn prepare(
    client: &HttpClient,
    request: &TriggerRequest,
    target: &RequestTarget,
) -> Result<OutgoingRequest, TriggerError> {
    let untrusted_host = target.decides_host;
    let mut url = parse_url(&target.url)?;
    if request.auth.is_some() {
        // Otherwise the client would send the credentials in the URL too, and they may come from a value.
        strip_credentials_and_fragment(&mut url);
    }
    let upstream_name = upstream_name(client, &url, untrusted_host).into();
    let builder = client.request(request.method.clone(), url, untrusted_host);
    let builder = builder.map_err(HttpClientError::from)?.header(header::ACCEPT, ACCEPT_VALUE);
    Ok(OutgoingRequest { request: build(builder, request)?, untrusted_host, upstream_name })
}

fn parse_url(url: &RedactedText) -> Result<Url, TriggerError> {
    let text = url.text();
    let mut url =
        Url::parse(text).map_err(|error| not_sent(format!("its URL is invalid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(not_sent("its URL is neither http nor https"));
    }
    if has_dot_segments(text) {
        return Err(not_sent("its URL has `.` or `..` path segments"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether the path has `.` or `..` segments. With them, a value could change the part of the path that the script
/// gives. [`Url`] has already resolved them, so this searches the text. It follows the rules of URL parsing: `\` counts
/// as `/`, `%2e` as a dot.
fn has_dot_segments(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split(['/', '\\']);
    segments.any(|segment| {
        let segment = segment.trim();
        segment.len() <= "%2e%2e".len()
            && matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..")
    })
}

fn upstream_name(client: &HttpClient, url: &Url, untrusted_host: bool) -> String {
    if untrusted_host {
        return client.matching_pattern(url).map(ToString::to_string).unwrap_or_default();
    }
    host_and_port(url)
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns the upstream name of a script's URL. `None` if a value decides the host.
pub(super) fn fixed_upstream_name(url: &definition::UrlTemplate) -> Option<String> {
    fixed_url(url).map(|url| host_and_port(&url))
}

/// Returns a script's URL, of which only the scheme, host and port are of use. `None` if a value decides the host.
pub(crate) fn fixed_url(url: &definition::UrlTemplate) -> Option<Url> {
    let filled = url.template.fill(&DummyValues).ok().filter(|_| !url.decides_host)?;
    Url::parse(filled.text()).ok()
}

/// Values for a URL whose host has no placeholders: only the host is used, so the values do not matter.
struct DummyValues;

impl PlaceholderValues for DummyValues {
    fn value(&self, _placeholder: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public("0")
    }
}

fn build(
    builder: RequestBuilder,
    request: &TriggerRequest,
) -> Result<reqwest::Request, TriggerError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name, header_value(name, value)?);
    }
    let builder = match &request.auth {
        None => builder,
        Some(RequestAuth::Basic(user, _)) if user.text().contains(':') => {
            return Err(not_sent(
                "the user name contains a colon, which HTTP Basic authentication does not allow",
            ));
        }
        Some(RequestAuth::Basic(user, password)) => {
            builder.basic_auth(user.text(), Some(password.text()))
        }
        Some(RequestAuth::Bearer(token)) => builder.bearer_auth(token.text()),
    };
    let Some((body, content_type)) = &request.body else {
        return finish_request(builder.headers(headers));
    };
    let content_type = HeaderValue::from_static(content_type);
    headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    finish_request(builder.headers(headers).body(Body::from(body.text().to_owned())))
}

fn finish_request(builder: RequestBuilder) -> Result<reqwest::Request, TriggerError> {
    builder.build().map_err(|error| not_sent(root_cause(&error.without_url())))
}

fn header_value(name: &HeaderName, value: &RedactedText) -> Result<HeaderValue, TriggerError> {
    if is_connection_header(name) {
        return Err(not_sent(format!("a script may not set the header {name}")));
    }
    let invalid =
        |_| not_sent(format!("the value of the header {name} contains control characters"));
    let mut header = HeaderValue::from_bytes(value.text().as_bytes()).map_err(invalid)?;
    header.set_sensitive(value.is_sensitive());
    Ok(header)
}

fn not_sent(reason: impl Into<String>) -> TriggerError {
    TriggerError::NotSent(reason.into())
}

/// Returns a URL for logs: without credentials, query, fragment and sensitive values.
pub(super) fn display_url(url: &RedactedText) -> String {
    let Ok(mut url) = Url::parse(&url.redacted()) else { return MASK.to_owned() };
    url.set_query(None);
    strip_credentials_and_fragment(&mut url);
    url.into()
}

/// Returns the text that stands for a request in the list of cached answers: the method and the URL with its query, but
/// without credentials, fragment and sensitive values.
pub(super) fn request_label(request: &TriggerRequest) -> String {
    let method = &request.method;
    let Ok(mut url) = Url::parse(&request.target.url.redacted()) else {
        return format!("{method} {MASK}");
    };
    strip_credentials_and_fragment(&mut url);
    let label = format!("{method} {url}");
    label.chars().take(MAX_LABEL_CHARS).collect()
}

const MAX_LABEL_CHARS: usize = 200;

fn strip_credentials_and_fragment(url: &mut Url) {
    url.set_fragment(None);
    // Fails only for URLs without a host, which have no credentials.
    let _ = (url.set_username(""), url.set_password(None));
}
