//! A request as it goes out: judged, and made ready.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, RequestBuilder};
use url::Url;

use super::sign::Signers;
use crate::script::definition;
use crate::script::request::{Auth, NoAnswer, Request, Target, is_the_connections};
use crate::script::template::{Filled, MASK, Placeholder, Value, Values};
use crate::web::client::{Client, Failed, cause};

/// HTML is what many frameworks send to whoever accepts anything.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// A request to one URL as it goes out. Without `Debug`: that of `reqwest::Request` shows the URL.
pub(super) struct Outgoing {
    request: reqwest::Request,
    /// Whether only public and named addresses may be connected to.
    pub(super) guarded: bool,
    /// Whom it goes to, for people: a host that a value decided is shown as the operator's list has it.
    pub(super) upstream: String,
}

impl Outgoing {
    /// Where it goes.
    pub(super) fn url(&self) -> &Url {
        self.request.url()
    }

    /// All that is sent, but for a signature.
    pub(super) fn request(&self) -> &reqwest::Request {
        &self.request
    }

    /// One copy of it to be sent now, signed where that is asked for.
    pub(super) fn attempt(&self, signers: &Signers) -> Option<reqwest::Request> {
        let mut request = self.request.try_clone()?;
        signers.sign(&mut request);
        Some(request)
    }
}

/// Judges a request to one of its URLs and makes it ready.
pub(super) fn prepare(
    client: &Client,
    request: &Request,
    to: &Target,
) -> Result<Outgoing, NoAnswer> {
    let guarded = to.decides_host;
    let mut url = url(&to.url)?;
    if request.auth.is_some() {
        // The client would send both: a value can't say who we are where the script does.
        bare(&mut url);
    }
    let upstream = upstream(client, &url, guarded);
    let builder = client.request(method(request), url, guarded).map_err(Failed::from)?;
    let builder = builder.header(header::ACCEPT, ACCEPTED);
    Ok(Outgoing { request: build(builder, request)?, guarded, upstream })
}

/// The URL of a request.
fn url(to: &Filled) -> Result<Url, NoAnswer> {
    let text = to.text();
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

fn upstream(client: &Client, url: &Url, guarded: bool) -> String {
    if guarded {
        return client.allowed_as(url).map(ToString::to_string).unwrap_or_default();
    }
    name(url)
}

fn name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whom a script's requests go to, for people, where no value decides that.
pub(super) fn named_upstream(url: &definition::Url) -> Option<String> {
    let filled = url.template.fill(&Anything).ok().filter(|_| !url.decides_host)?;
    Url::parse(filled.text()).ok().map(|url| name(&url))
}

/// Any value will do beyond the host.
struct Anything;

impl Values for Anything {
    fn value(&self, _of: &Placeholder) -> Value<'_> {
        Value::open("0")
    }
}

/// The request over a client: what the script says, and nothing that it does not.
fn build(builder: RequestBuilder, request: &Request) -> Result<reqwest::Request, NoAnswer> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name, header_value(name, value)?);
    }
    let builder = match &request.auth {
        None => builder,
        Some(Auth::Basic(user, _)) if user.text().contains(':') => {
            return Err(not_sent("a name with a colon: the password would begin at it"));
        }
        Some(Auth::Basic(user, password)) => builder.basic_auth(user.text(), Some(password.text())),
        Some(Auth::Bearer(token)) => builder.bearer_auth(token.text()),
    };
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
    builder.build().map_err(|error| not_sent(cause(&error.without_url())))
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

fn not_sent(reason: impl Into<String>) -> NoAnswer {
    NoAnswer::NotSent(reason.into())
}

/// A URL for people: without the query and whoever stands before the host, and with nothing sensitive.
pub(super) fn shown(url: &Filled) -> String {
    let Ok(mut url) = Url::parse(&url.shown()) else { return MASK.to_owned() };
    url.set_query(None);
    bare(&mut url);
    url.into()
}

/// A request as the list of kept answers shows it: with its query, and with nothing sensitive.
pub(super) fn label(request: &Request) -> String {
    let method = method(request);
    let Ok(mut url) = Url::parse(&request.to.url.shown()) else {
        return format!("{method} {MASK}");
    };
    bare(&mut url);
    let shown = format!("{method} {url}");
    shown.chars().take(LONGEST_LABEL).collect()
}

/// Most characters of a request in a list.
const LONGEST_LABEL: usize = 200;

fn bare(url: &mut Url) {
    url.set_fragment(None);
    // Only URLs without a host refuse this, and those hold nobody.
    let _ = (url.set_username(""), url.set_password(None));
}
