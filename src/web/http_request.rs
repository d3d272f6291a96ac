//! A request before it is sent. It can be sent more than once.

use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, InvalidHeaderValue, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::Url;

/// What goes over the connection.
pub(super) type HttpMessage = Request<Full<Bytes>>;

const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("dialscript/", env!("CARGO_PKG_VERSION")));

/// It has no `Debug`: its URL, headers and body may be sensitive.
#[derive(Clone)]
pub struct HttpRequest {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
}

/// The HTTP library does not accept the URL: some [`Url`]s are too long for it, or have characters that it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its URL is invalid or too long")]
pub struct UnsendableUrl;

impl HttpRequest {
    /// A request without a body. Credentials in the URL become an `Authorization` header.
    pub(super) fn new(method: Method, mut url: Url) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(credentials) = basic_credentials(&url) {
            headers.insert(AUTHORIZATION, credentials);
            // Fails only for URLs without a host, which have no credentials.
            let _ = (url.set_username(""), url.set_password(None));
        }
        Self { method, url, headers, body: None }
    }

    /// Sets headers in place of those with the same names. A name that is given twice is sent twice.
    pub(crate) fn set_headers(&mut self, headers: &[(HeaderName, HeaderValue)]) {
        for (name, _) in headers {
            self.headers.remove(name);
        }
        for (name, value) in headers {
            self.headers.append(name, value.clone());
        }
    }

    pub(crate) fn body_bytes(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    pub(super) fn to_message(&self) -> Result<HttpMessage, UnsendableUrl> {
        let body = self.body.clone().unwrap_or_default();
        // Without this header, many servers reply to an empty POST with the status 411. The HTTP library adds it only
        // for a body that has bytes.
        let says_length =
            body.is_empty() && (self.body.is_some() || usually_has_body(&self.method));
        let mut message = Request::new(Full::new(body));
        *message.method_mut() = self.method.clone();
        *message.uri_mut() = self.url.as_str().parse::<Uri>().map_err(|_| UnsendableUrl)?;
        *message.headers_mut() = self.headers.clone();
        let headers = message.headers_mut();
        headers.entry(USER_AGENT).or_insert(USER_AGENT_VALUE);
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        if says_length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(message)
    }
}

/// Whether requests with this method usually have a body, so that the absence of one must be said.
fn usually_has_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// The value of `Authorization` or `Proxy-Authorization` for the user in a URL. `None` without a user.
pub(super) fn basic_credentials(url: &Url) -> Option<HeaderValue> {
    let password = url.password();
    if url.username().is_empty() && password.is_none() {
        return None;
    }
    let mut credentials: Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password.unwrap_or_default()));
    Some(basic_header(&credentials))
}

pub(crate) fn bearer_header(token: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// `user:password` as the value of a header.
pub(crate) fn basic_header(credentials: &[u8]) -> HeaderValue {
    let text = format!("Basic {}", BASE64.encode(credentials));
    // Base64 has only characters that a header may have.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
