//! Builds the HTTP request for one URL of a trigger, and decides whether it may be sent.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
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
use crate::web::http_request::{HttpRequest, basic_header, bearer_header};

/// Names the formats that scripts can read: many web frameworks send HTML to a client that accepts anything.
const ACCEPT_VALUE: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// A request to one URL.
pub(super) struct OutgoingRequest {
    request: HttpRequest,
    /// Whether a value decides the host. If so, the egress rules apply.
    pub(super) untrusted_host: bool,
    /// The host and port, for logs and metrics. If a value decides the host, this is the matching entry of
    /// `allow_hosts` instead, because the value may be sensitive.
    pub(super) upstream_name: String,
}

impl OutgoingRequest {
    pub(super) fn url(&self) -> &Url {
        &self.request.url
    }

    /// Everything that is sent, except the signature.
    pub(super) fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// A copy for one attempt, signed if the script has signing keys.
    pub(super) fn signed_copy(&self, signer: &RequestSigner) -> HttpRequest {
        let mut request = self.request.clone();
        signer.sign(&mut request);
        request
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
    let upstream_name = upstream_name(client, &url, untrusted_host);
    let outgoing = client.request(request.method.clone(), url, untrusted_host);
    let mut outgoing = outgoing.map_err(HttpClientError::from)?;
    add_headers(&mut outgoing, request)?;
    outgoing.body = request.body.as_ref().map(|(body, _)| Bytes::from(body.text().to_owned()));
    Ok(OutgoingRequest { request: outgoing, untrusted_host, upstream_name })
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
        matches!(segment.to_ascii_lowercase().replace("%2e", ".").trim(), "." | "..")
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
    let filled = url.template.fill(&DummyValues).ok().filter(|_| !url.decides_host)?;
    Url::parse(filled.text()).ok().map(|url| host_and_port(&url))
}

/// Values for a URL whose host has no placeholders: only the host is used, so the values do not matter.
struct DummyValues;

impl PlaceholderValues for DummyValues {
    fn value(&self, _placeholder: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public("0")
    }
}

/// Adds the headers of the script. They replace those that the client sets itself.
fn add_headers(outgoing: &mut HttpRequest, request: &TriggerRequest) -> Result<(), TriggerError> {
    let headers = &mut outgoing.headers;
    match &request.auth {
        None => {}
        Some(RequestAuth::Basic(user, _)) if user.text().contains(':') => {
            return Err(not_sent(
                "the user name contains a colon, which HTTP Basic authentication does not allow",
            ));
        }
        Some(RequestAuth::Basic(user, password)) => {
            let credentials = format!("{}:{}", user.text(), password.text());
            headers.insert(header::AUTHORIZATION, basic_header(credentials.as_bytes()));
        }
        Some(RequestAuth::Bearer(token)) => {
            let invalid = |_| not_sent("the bearer token contains control characters");
            let value = bearer_header(token.text()).map_err(invalid)?;
            headers.insert(header::AUTHORIZATION, value);
        }
    }
    let of_script = request.headers.iter();
    let of_script = of_script.map(|(name, value)| Ok((name.clone(), header_value(name, value)?)));
    outgoing.set_headers(&of_script.collect::<Result<Vec<_>, TriggerError>>()?);
    let headers = &mut outgoing.headers;
    headers.entry(header::ACCEPT).or_insert(ACCEPT_VALUE);
    if let Some((_, content_type)) = &request.body {
        let content_type = HeaderValue::from_static(content_type);
        headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    }
    Ok(())
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
