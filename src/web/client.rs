//! The HTTP client. Hosts from the configuration and hosts that a value or a redirect decides have separate connection
//! pools, because the egress rules apply only to the second kind.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use reqwest::{Method, Request, RequestBuilder};
use rustls::ClientConfig;
use url::Url;

use super::connector::ProxyServer;
use super::content_encoding::{BodyDecoder, BodyError};
use super::egress::{EgressDenied, EgressRules, HostPattern};
use super::error_chain::{error_chain, root_cause};
use super::host_port::{HostPort, entry_for_url};
use super::redirect::{self, RedirectHop};
use super::tls::{self, TlsIdentity};
use super::transport::HttpTransport;
use super::transport_error::{TransportError, UnsendableUrl};

/// Why the client can't be set up.
#[derive(Debug, thiserror::Error)]
#[error("could not set up the HTTP client: {0}")]
pub struct HttpClientSetupError(String);

/// Why there is no reply. The error text contains no part of the URL or of the reply, since they may be sensitive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpClientError {
    #[error(transparent)]
    EgressDenied(#[from] EgressDenied),
    /// No connection could be opened, or it broke before a reply. With the reason from the network or TLS.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// There was a connection, but no complete and valid HTTP reply. With the reason.
    #[error("the reply is broken: {0}")]
    BrokenReply(String),
    #[error(transparent)]
    UnsendableUrl(#[from] UnsendableUrl),
    /// With the limit in bytes.
    #[error("the reply is longer than {0} bytes")]
    ReplyTooLong(usize),
    /// The server sent more redirects in a row than are followed.
    #[error("a redirect loop: {0} redirects in a row were followed")]
    RedirectLoop(usize),
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
    /// Builds requests, and sends none.
    request_factory: reqwest::Client,
    default_clients: HttpClientPair,
    clients_by_host: Vec<(HostPort, HttpClientPair)>,
    egress: EgressRules,
}

struct HttpClientPair {
    trusted_host: HttpTransport,
    untrusted_host: HttpTransport,
    tls: ClientConfig,
}

impl HttpClient {
    /// Opens no connection.
    ///
    /// # Errors
    ///
    /// When the proxy's URL or a TLS identity is invalid.
    pub fn new(settings: &HttpClientSettings) -> Result<Self, HttpClientSetupError> {
        let request_factory = reqwest::Client::builder().no_proxy().build().map_err(setup_error)?;
        let tls = TlsIdentity::default().client_config().or_else(|error| {
            tracing::warn!(%error, "no trusted certificates: https requests will fail");
            tls::config_without_roots()
        });
        let tls = tls.map_err(|error| HttpClientSetupError(error.to_string()))?;
        let proxy = settings.proxy.as_ref().map(|url| {
            let request = request_factory.get(url.clone()).build().map_err(setup_error)?;
            proxy_server(&request, &settings.tls_identities, &tls)
        });
        let proxy = proxy.transpose()?;
        let by_host = settings.tls_identities.iter().map(|(host, identity)| {
            let tls = client_config(host, identity)?;
            Ok((host.clone(), HttpClientPair::new(settings, proxy.as_ref(), tls)))
        });
        let clients_by_host = by_host.collect::<Result<_, HttpClientSetupError>>()?;
        Ok(Self {
            default_clients: HttpClientPair::new(settings, proxy.as_ref(), tls),
            request_factory,
            clients_by_host,
            egress: settings.egress.clone(),
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
        Ok(self.request_factory.request(method, url))
    }

    /// Sends a request and reads the complete reply, with a body of at most `max_bytes`. Has no timeout: the caller
    /// sets one. Follows redirects within the same origin, and to other origins that the egress rules allow.
    ///
    /// A request that met a connection which the server was just closing is sent once more: see
    /// [`HttpTransport::send`].
    pub async fn exchange(
        &self,
        request: Request,
        untrusted_host: bool,
        max_bytes: usize,
    ) -> Result<HttpReply, HttpClientError> {
        let mut hop = RedirectHop { request, untrusted_host };
        for _ in 0..=redirect::MAX_REDIRECTS {
            let copy = hop.request.try_clone();
            let transport = self.transport_for(hop.request.url(), hop.untrusted_host);
            let response = transport.send(hop.request).await?;
            let next = copy.and_then(|sent| {
                redirect::next_hop(&response, sent, &self.egress, hop.untrusted_host)
            });
            match next {
                Some(next) => hop = next,
                None => return read_reply(response, max_bytes).await,
            }
        }
        Err(HttpClientError::RedirectLoop(redirect::MAX_REDIRECTS))
    }

    /// The TLS configuration of a host, for WebSockets.
    pub(crate) fn tls_config(&self, url: &Url) -> ClientConfig {
        tls::without_alpn(self.clients_for(url).tls.clone())
    }

    fn clients_for(&self, url: &Url) -> &HttpClientPair {
        let own = entry_for_url(&self.clients_by_host, url);
        own.map_or(&self.default_clients, |(_, clients)| clients)
    }

    fn transport_for(&self, url: &Url, untrusted_host: bool) -> &HttpTransport {
        let clients = self.clients_for(url);
        if untrusted_host { &clients.untrusted_host } else { &clients.trusted_host }
    }
}

impl HttpClientPair {
    fn new(settings: &HttpClientSettings, proxy: Option<&ProxyServer>, tls: ClientConfig) -> Self {
        let build =
            |egress| HttpTransport::new(proxy.cloned(), &tls, settings.connect_timeout, egress);
        // With a proxy, the client resolves only the proxy's own name. The configuration gives that name, so the egress
        // rules do not apply to it.
        let egress = settings.proxy.is_none().then(|| settings.egress.clone());
        Self { trusted_host: build(None), untrusted_host: build(egress), tls }
    }
}

/// The proxy has the certificates of its own host, not those of the host behind it.
fn proxy_server(
    request: &Request,
    identities: &[(HostPort, Arc<TlsIdentity>)],
    default_tls: &ClientConfig,
) -> Result<ProxyServer, HttpClientSetupError> {
    let proxy = match entry_for_url(identities, request.url()) {
        Some((host, identity)) => ProxyServer::new(request, &client_config(host, identity)?),
        None => ProxyServer::new(request, default_tls),
    };
    proxy.map_err(|error| HttpClientSetupError(error.to_string()))
}

fn client_config(
    host: &HostPort,
    identity: &TlsIdentity,
) -> Result<ClientConfig, HttpClientSetupError> {
    let config = identity.client_config();
    config.map_err(|error| HttpClientSetupError(format!("{host}: {error}")))
}

fn setup_error(error: reqwest::Error) -> HttpClientSetupError {
    HttpClientSetupError(root_cause(&error.without_url()))
}

async fn read_reply(
    response: Response<Incoming>,
    max_bytes: usize,
) -> Result<HttpReply, HttpClientError> {
    let (mut head, mut body) = response.into_parts();
    let mut decoder = BodyDecoder::new(&mut head.headers, max_bytes);
    let body_error = |error| match error {
        BodyError::TooLong => HttpClientError::ReplyTooLong(max_bytes),
        BodyError::InvalidGzip => HttpClientError::BrokenReply("not valid gzip".to_owned()),
    };
    let broken = |error: hyper::Error| HttpClientError::BrokenReply(root_cause(&error));
    while let Some(frame) = body.frame().await {
        if let Some(chunk) = frame.map_err(broken)?.data_ref() {
            decoder.push(chunk).map_err(body_error)?;
        }
    }
    let body = decoder.finish().map_err(body_error)?;
    Ok(HttpReply { status: head.status.as_u16(), headers: head.headers, body })
}

impl From<TransportError> for HttpClientError {
    fn from(error: TransportError) -> Self {
        if let TransportError::Url(unsendable) = error {
            return Self::UnsendableUrl(unsendable);
        }
        let denied = error_chain(&error).find_map(|cause| cause.downcast_ref::<EgressDenied>());
        if let Some(denied) = denied {
            return Self::EgressDenied(*denied);
        }
        let broken = error.broken_reply().map(Self::BrokenReply);
        broken.unwrap_or_else(|| Self::Unreachable(root_cause(&error)))
    }
}
