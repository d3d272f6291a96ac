//! Sends single requests over pooled connections, and once more where a pooled connection has failed them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, PROXY_AUTHORIZATION, USER_AGENT};
use http::uri::Scheme;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error as LegacyError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::Body;
use rustls::ClientConfig;
use tokio::sync::Notify;

use super::connector::{HttpsConnector, ProxyServer};
use super::egress::{EgressResolver, EgressRules};
use super::observed_stream::{ConnectionActivity, TransmissionId};
use super::transport_error::{
    MAX_HEAD_BYTES, MAX_INTERIM_RESPONSES, TransportError, UnsendableUrl, http2_error,
};

/// Common web servers close idle connections after 5 s, and a request on a connection that is just being closed fails.
/// A new connection costs a few milliseconds.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// HTTP/2 sends all requests over one connection. If that connection dies without notice, every request fails until TCP
/// gives up, which takes minutes. So a ping is sent when nothing was received for this time, and the connection is
/// closed if no reply comes within [`HTTP2_PING_TIMEOUT`]. Together they leave time for another attempt within the
/// default trigger timeout of 5 seconds.
const HTTP2_PING_AFTER: Duration = Duration::from_secs(2);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_millis(1500);

/// The longest body of a request, in bytes. The longest ones are recordings for speech recognition.
const MAX_REQUEST_BODY_BYTES: usize = 64 << 20;

const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("dialscript/", env!("CARGO_PKG_VERSION")));

/// A request that can be sent more than once: its body is in memory.
type HttpMessage = Request<Full<Bytes>>;

type PooledClient = Client<HttpsConnector, Full<Bytes>>;

/// The connections to all hosts that share TLS settings and egress rules.
pub(super) struct HttpTransport {
    pooled: PooledClient,
    /// Opens a connection for each request.
    unpooled: PooledClient,
    /// For requests over plain HTTP through a proxy.
    proxy_credentials: Option<HeaderValue>,
}

impl HttpTransport {
    /// Opens no connection.
    pub(super) fn new(
        proxy: Option<ProxyServer>,
        tls: &ClientConfig,
        connect_timeout: Option<Duration>,
        egress: Option<EgressRules>,
    ) -> Self {
        let proxy_credentials = proxy.as_ref().and_then(|proxy| proxy.credentials().cloned());
        let connector = HttpsConnector::new(EgressResolver { egress }, tls, connect_timeout, proxy);
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .http1_title_case_headers(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .http2_keep_alive_interval(HTTP2_PING_AFTER)
            .http2_keep_alive_timeout(HTTP2_PING_TIMEOUT);
        let pooled = builder.build(connector.clone());
        let unpooled = builder.pool_max_idle_per_host(0).build(connector);
        Self { pooled, unpooled, proxy_credentials }
    }

    /// Sends a request and waits for the head of the reply. Sends it once more, over a connection of its own, if it met
    /// a connection that the server was just closing: an older request had opened the connection, and it ended before
    /// the server had sent one byte of an answer.
    ///
    /// Every HTTP client does this, but most only for methods such as GET, because they cannot know whether the server
    /// has read the request. RFC 9110, section 9.2.2, allows it for the others where the client has reason to believe
    /// that the request was not applied. A server that closes an idle connection reads nothing more from it, so the
    /// connection that ends without a byte of an answer is that reason.
    pub(super) async fn send(
        &self,
        request: reqwest::Request,
    ) -> Result<Response<Incoming>, TransportError> {
        let mut message = message(request).await?;
        if let Some(credentials) = self.proxy_credentials.as_ref().filter(|_| is_plain(&message)) {
            message.headers_mut().insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        let transmission = TransmissionId::next();
        let first = transmit(&self.pooled, message.clone(), transmission).await;
        match met_closing_connection(&first, transmission) {
            false => first,
            true => {
                tracing::debug!(
                    "a kept connection was closed before an answer: the request is sent again"
                );
                transmit(&self.unpooled, message, TransmissionId::next()).await
            }
        }
    }
}

fn is_plain(message: &HttpMessage) -> bool {
    message.uri().scheme() == Some(&Scheme::HTTP)
}

/// Reads the body of a request into memory, and adds the headers that every request has.
async fn message(request: reqwest::Request) -> Result<HttpMessage, TransportError> {
    let has_body = request.body().is_some();
    let request = Request::<Body>::try_from(request).map_err(|_| UnsendableUrl)?;
    let (mut head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BODY_BYTES).collect().await;
    let body = body.map_err(TransportError::RequestBody)?.to_bytes();
    // Without this header, many servers reply to an empty POST with the status 411. The HTTP library adds it only for a
    // body that has bytes.
    if body.is_empty() && (has_body || usually_has_body(&head.method)) {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    add_default_headers(&mut head.headers);
    Ok(Request::from_parts(head, Full::new(body)))
}

/// Whether requests with this method usually have a body, so that the absence of one must be said.
fn usually_has_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

fn add_default_headers(headers: &mut HeaderMap) {
    headers.entry(USER_AGENT).or_insert(USER_AGENT_VALUE);
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
}

/// Sends a message once.
async fn transmit(
    client: &PooledClient,
    mut message: HttpMessage,
    transmission: TransmissionId,
) -> Result<Response<Incoming>, TransportError> {
    let too_many = Arc::new(Notify::new());
    let count = AtomicUsize::new(0);
    let notify = too_many.clone();
    hyper::ext::on_informational(&mut message, move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == MAX_INTERIM_RESPONSES {
            notify.notify_one();
        }
    });
    tokio::select! {
        biased;
        () = too_many.notified() => Err(TransportError::InterimResponses),
        response = transmission.scope(client.request(message)) => {
            let response = response?;
            if let Some(activity) = activity(response.extensions()) {
                activity.end_request();
            }
            Ok(response)
        }
    }
}

fn activity(connection: &Extensions) -> Option<&ConnectionActivity> {
    connection.get::<Arc<ConnectionActivity>>().map(Arc::as_ref)
}

/// Whether a request may be sent once more because of the connection that it met.
fn met_closing_connection(
    result: &Result<Response<Incoming>, TransportError>,
    transmission: TransmissionId,
) -> bool {
    match result {
        // A server that gives up waiting for the next request may say so, instead of just closing the connection. RFC
        // 9110, section 15.5.9, allows sending the request again then.
        Ok(response) if response.status() == StatusCode::REQUEST_TIMEOUT => {
            activity(response.extensions())
                .is_some_and(|activity| activity.is_reused_by(transmission))
        }
        Ok(_) => false,
        Err(TransportError::Http(error)) => may_be_repeated(error, transmission),
        Err(_) => false,
    }
}

fn may_be_repeated(error: &LegacyError, transmission: TransmissionId) -> bool {
    let http2_error = http2_error(error);
    if http2_error.is_some_and(is_refusal) {
        return true;
    }
    // Without a connection there is no information about it.
    let Some(connection) = error.connect_info() else { return false };
    let mut extensions = Extensions::new();
    connection.get_extras(&mut extensions);
    let Some(activity) = activity(&extensions) else { return false };
    let is_unanswered = match connection.is_negotiated_h2() {
        // The end of the connection, not of this request alone.
        true => http2_error.is_none_or(|error| !error.is_reset()),
        false => !activity.is_answered(),
    };
    activity.is_reused_by(transmission) && is_unanswered
}

/// Whether an HTTP/2 server says that it has not processed the request: it shuts down, or refuses the stream (RFC 9113,
/// section 8.7).
fn is_refusal(error: &h2::Error) -> bool {
    let shuts_down = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    let refuses = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (shuts_down || refuses)
}
