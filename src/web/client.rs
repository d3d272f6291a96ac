//! The HTTP client. Hosts from the configuration and hosts that a value or a redirect decides have separate connection
//! pools, because the egress rules apply only to the second kind.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, Proxy, Request, RequestBuilder, Response};
use rustls::ClientConfig;
use url::Url;

use super::egress::{EgressDenied, EgressResolver, EgressRules, HostPattern};
use super::host_port::HostPort;
use super::redirect::{self, RedirectHop};
use super::stopwatch::TimedConnectorLayer;
use super::tls::{self, TlsIdentity};

/// Common web servers close idle connections after 5 s, and a request on a connection that is just being closed fails.
/// A new connection costs a few milliseconds.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// HTTP/2 sends all requests over one connection. If that connection dies without notice, every request fails until TCP
/// gives up, which takes minutes. So a ping is sent when nothing was received for this time, and the connection is
/// closed if no reply comes within [`HTTP2_PING_TIMEOUT`]. Together they leave time for another attempt within the
/// default trigger timeout of 5 seconds.
const HTTP2_PING_AFTER: Duration = Duration::from_secs(2);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_millis(1500);

/// Why the client can't be set up.
#[derive(Debug, thiserror::Error)]
#[error("could not set up the HTTP client: {0}")]
pub struct HttpClientSetupError(String);

/// Why there is no reply. The error text contains no part of the URL or of the reply, since they may be sensitive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpClientError {
    #[error(transparent)]
    EgressDenied(#[from] EgressDenied),
    /// No connection could be opened, or it broke. With the reason from the network or TLS.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// With the limit in bytes.
    #[error("the reply is longer than {0} bytes")]
    ReplyTooLong(usize),
}

pub struct HttpReply {
    pub status: u16,
    pub headers: HeaderMap,
    /// Decompressed.
    pub body: Vec<u8>,
}

/// Without `Debug`: a proxy's URL may hold a password.
#[derive(Default)]
pub struct HttpClientSettings {
    /// The rules for hosts that a value or a redirect decides.
    pub egress: EgressRules,
    /// The timeout for opening a connection, including the TLS handshake. With `None`, only the caller's timeout
    /// applies.
    pub connect_timeout: Option<Duration>,
    /// The proxy of all requests; the `*_proxy` environment variables are ignored. The proxy resolves host names, so
    /// the egress rules then check only host names and literal IP addresses.
    pub proxy: Option<Url>,
    /// CA certificates and client certificates for single hosts.
    pub tls_identities: Vec<(HostPort, Arc<TlsIdentity>)>,
}

pub struct HttpClient {
    default_clients: HttpClientPair,
    clients_by_host: Vec<(HostPort, HttpClientPair)>,
    egress: EgressRules,
    connect_timeout: Option<Duration>,
}

struct HttpClientPair {
    trusted_host: reqwest::Client,
    untrusted_host: reqwest::Client,
    tls: ClientConfig,
}

impl HttpClient {
    /// Opens no connection.
    ///
    /// # Errors
    ///
    /// When the proxy's URL or a TLS identity is invalid.
    pub fn new(settings: &HttpClientSettings) -> Result<Self, HttpClientSetupError> {
        let by_host = settings.tls_identities.iter().map(|(host, identity)| {
            let tls = identity
                .client_config()
                .map_err(|error| HttpClientSetupError(format!("{host}: {error}")))?;
            Ok((host.clone(), HttpClientPair::new(settings, &tls)?))
        });
        let clients_by_host = by_host.collect::<Result<_, HttpClientSetupError>>()?;
        let tls = TlsIdentity::default().client_config().or_else(|error| {
            tracing::warn!(%error, "no trusted certificates: https requests will fail");
            tls::config_without_roots()
        });
        let tls = tls.map_err(|error| HttpClientSetupError(error.to_string()))?;
        Ok(Self {
            default_clients: HttpClientPair::new(settings, &tls)?,
            clients_by_host,
            egress: settings.egress.clone(),
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Applies the egress rules to a URL whose host a value decides. Sends nothing.
    pub fn check(&self, url: &Url) -> Result<(), EgressDenied> {
        self.egress.check(url)
    }

    /// The entry of `allow_hosts` that matches a URL's host.
    pub(crate) fn matching_pattern(&self, url: &Url) -> Option<&HostPattern> {
        self.egress.matching_pattern(url)
    }

    /// Builds a request. With `untrusted_host`, a value decides the host: the egress rules are applied to the host
    /// here, and to its address when a connection is opened.
    pub fn request(
        &self,
        method: Method,
        url: Url,
        untrusted_host: bool,
    ) -> Result<RequestBuilder, EgressDenied> {
        if untrusted_host {
            self.egress.check(&url)?;
        }
        Ok(self.client_for(&url, untrusted_host).request(method, url))
    }

    /// Sends a request and reads the complete reply, with a body of at most `max_bytes`. Has no timeout: the caller
    /// sets one. Follows redirects within the same origin, and to other origins that the egress rules allow.
    pub async fn exchange(
        &self,
        request: Request,
        untrusted_host: bool,
        max_bytes: usize,
    ) -> Result<HttpReply, HttpClientError> {
        let mut hop = RedirectHop { request, untrusted_host };
        for redirects in 0.. {
            let copy = hop.request.try_clone().filter(|_| redirects < redirect::MAX_REDIRECTS);
            let sent =
                self.client_for(hop.request.url(), hop.untrusted_host).execute(hop.request).await;
            let response = sent.map_err(|error| self.client_error(error))?;
            let next = copy.and_then(|sent| {
                redirect::next_hop(&response, sent, &self.egress, hop.untrusted_host)
            });
            match next {
                Some(next) => hop = next,
                None => return self.read_reply(response, max_bytes).await,
            }
        }
        Err(HttpClientError::Unreachable("too many redirects".to_owned()))
    }

    async fn read_reply(
        &self,
        mut response: Response,
        max_bytes: usize,
    ) -> Result<HttpReply, HttpClientError> {
        let body = self.read_body(&mut response, max_bytes).await?;
        let status = response.status().as_u16();
        Ok(HttpReply { status, headers: std::mem::take(response.headers_mut()), body })
    }

    /// Counts the bytes itself: `Content-Length` may be wrong, and does not give the decompressed length.
    async fn read_body(
        &self,
        response: &mut Response,
        max_bytes: usize,
    ) -> Result<Vec<u8>, HttpClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.client_error(error))? {
            if body.len() + chunk.len() > max_bytes {
                return Err(HttpClientError::ReplyTooLong(max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The TLS configuration of a host, for WebSockets.
    pub(crate) fn tls_config(&self, url: &Url) -> ClientConfig {
        tls::without_alpn(self.clients_for(url).tls.clone())
    }

    fn clients_for(&self, url: &Url) -> &HttpClientPair {
        let matching = self.clients_by_host.iter().filter(|(host, _)| host.matches_url(url));
        let best = matching.max_by_key(|(host, _)| host.has_port());
        best.map_or(&self.default_clients, |(_, clients)| clients)
    }

    fn client_for(&self, url: &Url, untrusted_host: bool) -> &reqwest::Client {
        let clients = self.clients_for(url);
        if untrusted_host { &clients.untrusted_host } else { &clients.trusted_host }
    }

    fn client_error(&self, error: reqwest::Error) -> HttpClientError {
        let error = error.without_url();
        if let Some(denied) =
            error_chain(&error).find_map(|cause| cause.downcast_ref::<EgressDenied>())
        {
            return HttpClientError::EgressDenied(*denied);
        }
        match self.connect_timeout {
            Some(time) if error.is_connect() && error.is_timeout() => {
                HttpClientError::Unreachable(format!("timed out after {time:?}"))
            }
            _ => HttpClientError::Unreachable(root_cause(&error)),
        }
    }
}

impl HttpClientPair {
    fn new(
        settings: &HttpClientSettings,
        tls: &ClientConfig,
    ) -> Result<Self, HttpClientSetupError> {
        let build = |egress| {
            let client = builder(settings, tls, egress).and_then(ClientBuilder::build);
            client.map_err(|error| HttpClientSetupError(root_cause(&error.without_url())))
        };
        // With a proxy, the client resolves only the proxy's own name. The configuration gives that name, so the egress
        // rules do not apply to it.
        let egress = settings.proxy.is_none().then(|| settings.egress.clone());
        Ok(Self { trusted_host: build(None)?, untrusted_host: build(egress)?, tls: tls.clone() })
    }
}

fn builder(
    settings: &HttpClientSettings,
    tls: &ClientConfig,
    egress: Option<EgressRules>,
) -> reqwest::Result<ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("dialscript/", env!("CARGO_PKG_VERSION")))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .http2_keep_alive_interval(HTTP2_PING_AFTER)
        .http2_keep_alive_timeout(HTTP2_PING_TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(Arc::new(EgressResolver { egress }))
        .connector_layer(TimedConnectorLayer)
        .no_proxy();
    if let Some(time) = settings.connect_timeout {
        builder = builder.connect_timeout(time);
    }
    match &settings.proxy {
        Some(proxy) => Ok(builder.proxy(Proxy::all(proxy.clone())?)),
        None => Ok(builder),
    }
}

fn error_chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| inner_of_io_error(error).or_else(|| error.source()))
}

/// Returns the error inside an I/O error. The `source` method skips it, and returns the source of the error inside.
fn inner_of_io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    Some(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// The text of the innermost error: the outer ones only say that a request failed.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let Some(innermost) = error_chain(error).last() else { return String::new() };
    innermost.downcast_ref().and_then(tls::plain_error).unwrap_or_else(|| innermost.to_string())
}
