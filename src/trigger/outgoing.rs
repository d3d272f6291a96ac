//! A request as it goes out, and the key that its answer is kept under.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, RequestBuilder};
use ring::hmac;
use ring::rand::SystemRandom;
use std::time::Duration;
use url::Url;

use super::StartError;
use crate::script::request::{CacheKey, NoAnswer, Request, is_the_connections};
use crate::script::template::{Filled, MASK};
use crate::web::client::{Client, Failed};

/// HTML is what many frameworks send to whoever accepts anything.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// A request as it goes out. Without `Debug`: that of `reqwest::Request` shows the URL.
pub(super) struct Outgoing {
    pub(super) request: reqwest::Request,
    /// For the whole answer.
    pub(super) timeout: Duration,
    /// Whether only public and named addresses may be connected to.
    pub(super) guarded: bool,
}

/// The URL of a request.
fn url(request: &Request) -> Result<Url, NoAnswer> {
    let text = request.url.text();
    let mut url =
        Url::parse(text).map_err(|error| not_sent(format!("its URL is none: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(not_sent("its URL is neither http nor https"));
    }
    if climbs(text) {
        return Err(not_sent("its URL has path segments of dots"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether the path has segments of dots, which would take others out of it. `Url` has resolved them already, so they
/// are looked for in the text, by the same rules: `\` is `/`, and `%2e` is a dot.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split(['/', '\\']);
    segments.any(|segment| {
        matches!(segment.to_ascii_lowercase().replace("%2e", ".").trim(), "." | "..")
    })
}

/// Judges a request and makes it ready.
pub(super) fn prepare(client: &Client, request: &Request) -> Result<Outgoing, NoAnswer> {
    let guarded = request.decides_host;
    let builder = client.request(method(request), url(request)?, guarded).map_err(Failed::from)?;
    let builder = builder.header(header::ACCEPT, ACCEPTED);
    Ok(Outgoing { request: build(builder, request)?, timeout: request.timeout, guarded })
}

/// The request over a client: what the script says, and nothing that it does not.
fn build(builder: RequestBuilder, request: &Request) -> Result<reqwest::Request, NoAnswer> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name, header_value(name, value)?);
    }
    let Some((body, content_type)) = &request.body else {
        return built(builder.headers(headers));
    };
    let content_type = HeaderValue::from_static(content_type);
    headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    built(builder.headers(headers).body(Body::from(body.text().to_owned())))
}

fn method(request: &Request) -> Method {
    if request.body.is_some() { Method::POST } else { Method::GET }
}

fn built(builder: RequestBuilder) -> Result<reqwest::Request, NoAnswer> {
    builder.build().map_err(|error| not_sent(crate::web::client::cause(&error.without_url())))
}

fn header_value(name: &HeaderName, value: &Filled) -> Result<HeaderValue, NoAnswer> {
    if is_the_connections(name) {
        return Err(not_sent(format!("the header {name} is not a script's to set")));
    }
    let bad = |_| not_sent(format!("the value of the header {name} has control characters"));
    let mut written = HeaderValue::from_bytes(value.text().as_bytes()).map_err(bad)?;
    written.set_sensitive(value.is_sensitive());
    Ok(written)
}

pub(super) fn not_sent(reason: impl Into<String>) -> NoAnswer {
    NoAnswer::NotSent(reason.into())
}

/// A URL for people: without the query and whoever stands before the host, and with nothing sensitive.
pub(super) fn shown(url: &Filled) -> String {
    let Ok(mut url) = Url::parse(&url.shown()) else { return MASK.to_owned() };
    url.set_query(None);
    url.set_fragment(None);
    // Only URLs without a host refuse this, and those hold nobody.
    let _ = (url.set_username(""), url.set_password(None));
    url.into()
}

/// Makes keys that tell nothing of what they stand for.
pub(super) struct KeyMaker(hmac::Key);

impl KeyMaker {
    pub(super) fn new() -> Result<Self, StartError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        key.map(Self).map_err(|_| StartError::Random)
    }

    /// The key of a request: of everything that goes out, each part with its length.
    pub(super) fn key(&self, outgoing: &Outgoing) -> CacheKey {
        let request = &outgoing.request;
        let mut digest = Digest(hmac::Context::with_key(&self.0));
        digest.part(request.method().as_str().as_bytes());
        digest.part(request.url().as_str().as_bytes());
        digest.part(&request.headers().len().to_be_bytes());
        for (name, value) in request.headers() {
            digest.part(name.as_str().as_bytes());
            digest.part(value.as_bytes());
        }
        digest.part(request.body().and_then(Body::as_bytes).unwrap_or_default());
        digest.key()
    }
}

struct Digest(hmac::Context);

impl Digest {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn key(self) -> CacheKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.sign().as_ref());
        CacheKey(key)
    }
}
