//! A request as it goes out: judged, and made ready.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, RequestBuilder};
use url::Url;

use super::request_signature::RequestSigner;
use crate::script::definition;
use crate::script::request::{
    RequestAuth, RequestTarget, TriggerError, TriggerRequest, is_connection_header,
};
use crate::script::template::{
    MASK, Placeholder, PlaceholderValue, PlaceholderValues, RedactedText,
};
use crate::web::client::{HttpClient, HttpClientError, root_cause};

/// HTML is what many frameworks send to whoever accepts anything.
const ACCEPT_VALUE: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// A request to one URL as it goes out. Without `Debug`: that of `reqwest::Request` shows the URL.
pub(super) struct OutgoingRequest {
    request: reqwest::Request,
    /// Whether only public and named addresses may be connected to.
    pub(super) untrusted_host: bool,
    /// Whom it goes to, for people: a host that a value decided is shown as the operator's list has it.
    pub(super) upstream_name: String,
}

impl OutgoingRequest {
    /// Where it goes.
    pub(super) fn url(&self) -> &Url {
        self.request.url()
    }

    /// All that is sent, but for a signature.
    pub(super) fn request(&self) -> &reqwest::Request {
        &self.request
    }

    /// One copy of it to be sent now, signed where that is asked for.
    pub(super) fn signed_copy(&self, signers: &RequestSigner) -> Option<reqwest::Request> {
        let mut request = self.request.try_clone()?;
        signers.sign(&mut request);
        Some(request)
    }
}

/// Judges a request to one of its URLs and makes it ready.
pub(super) fn prepare(
    client: &HttpClient,
    request: &TriggerRequest,
    to: &RequestTarget,
) -> Result<OutgoingRequest, TriggerError> {
    let guarded = to.decides_host;
    let mut url = parse_url(&to.url)?;
    if request.auth.is_some() {
        // The client would send both: a value can't say who we are where the script does.
        strip_credentials(&mut url);
    }
    let upstream = upstream_name(client, &url, guarded);
    let builder = client.request(method(request), url, guarded).map_err(HttpClientError::from)?;
    let builder = builder.header(header::ACCEPT, ACCEPT_VALUE);
    Ok(OutgoingRequest {
        request: build(builder, request)?,
        untrusted_host: guarded,
        upstream_name: upstream,
    })
}

/// The URL of a request.
fn parse_url(to: &RedactedText) -> Result<Url, TriggerError> {
    let text = to.text();
    let mut url =
        Url::parse(text).map_err(|error| not_sent(format!("its URL is none: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(not_sent("its URL is neither http nor https"));
    }
    if has_dot_segments(text) {
        return Err(not_sent("its URL has path segments of dots"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether the path has segments of dots, which would take others out of it. `Url` has resolved them already, so they
/// are looked for in the text, by the same rules: `\` is `/`, and `%2e` is a dot.
fn has_dot_segments(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split(['/', '\\']);
    segments.any(|segment| {
        matches!(segment.to_ascii_lowercase().replace("%2e", ".").trim(), "." | "..")
    })
}

fn upstream_name(client: &HttpClient, url: &Url, guarded: bool) -> String {
    if guarded {
        return client.matching_pattern(url).map(ToString::to_string).unwrap_or_default();
    }
    host_and_port(url)
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whom a script's requests go to, for people, where no value decides that.
pub(super) fn fixed_upstream_name(url: &definition::UrlTemplate) -> Option<String> {
    let filled = url.template.fill(&DummyValues).ok().filter(|_| !url.decides_host)?;
    Url::parse(filled.text()).ok().map(|url| host_and_port(&url))
}

/// Any value will do beyond the host.
struct DummyValues;

impl PlaceholderValues for DummyValues {
    fn value(&self, _of: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public("0")
    }
}

/// The request over a client: what the script says, and nothing that it does not.
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
            return Err(not_sent("a name with a colon: the password would begin at it"));
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

fn method(request: &TriggerRequest) -> Method {
    if request.body.is_some() { Method::POST } else { Method::GET }
}

fn finish_request(builder: RequestBuilder) -> Result<reqwest::Request, TriggerError> {
    builder.build().map_err(|error| not_sent(root_cause(&error.without_url())))
}

fn header_value(name: &HeaderName, value: &RedactedText) -> Result<HeaderValue, TriggerError> {
    if is_connection_header(name) {
        return Err(not_sent(format!("the header {name} is not a script's to set")));
    }
    let bad = |_| not_sent(format!("the value of the header {name} has control characters"));
    let mut written = HeaderValue::from_bytes(value.text().as_bytes()).map_err(bad)?;
    written.set_sensitive(value.is_sensitive());
    Ok(written)
}

fn not_sent(reason: impl Into<String>) -> TriggerError {
    TriggerError::NotSent(reason.into())
}

/// A URL for people: without the query and whoever stands before the host, and with nothing sensitive.
pub(super) fn display_url(url: &RedactedText) -> String {
    let Ok(mut url) = Url::parse(&url.redacted()) else { return MASK.to_owned() };
    url.set_query(None);
    strip_credentials(&mut url);
    url.into()
}

/// A request as the list of kept answers shows it: with its query, and with nothing sensitive.
pub(super) fn request_label(request: &TriggerRequest) -> String {
    let method = method(request);
    let Ok(mut url) = Url::parse(&request.target.url.redacted()) else {
        return format!("{method} {MASK}");
    };
    strip_credentials(&mut url);
    let shown = format!("{method} {url}");
    shown.chars().take(MAX_LABEL_CHARS).collect()
}

/// Most characters of a request in a list.
const MAX_LABEL_CHARS: usize = 200;

fn strip_credentials(url: &mut Url) {
    url.set_fragment(None);
    // Only URLs without a host refuse this, and those hold nobody.
    let _ = (url.set_username(""), url.set_password(None));
}
