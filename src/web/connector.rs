//! Opens connections: name lookup, TCP, the tunnel through a proxy, TLS.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, PROXY_AUTHORIZATION};
use http::uri::{InvalidUri, Scheme};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Host;

use super::egress::EgressResolver;
use super::observed_stream::{ObservedStream, RawStream, TransmissionId};
use super::stopwatch::{ExchangePhase, begin_current_phase};
use super::tls::{handshake_on_port, without_alpn};

/// An idle connection is probed after this time, and given up after three further probes without a reply.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);
const TCP_KEEPALIVE_PROBES: u32 = 3;

type ConnectError = Box<dyn std::error::Error + Send + Sync>;

/// The text is the reason after "no connection: ".
#[derive(Debug, thiserror::Error)]
enum NotConnected {
    #[error("timed out after {0:?}")]
    TimedOut(Duration),
    #[error("its host is not valid")]
    InvalidHost,
    #[error("the proxy answered with the HTTP status {0}")]
    RefusedByProxy(u16),
    #[error("the proxy sent data before the tunnel was in use")]
    EarlyData,
}

#[derive(Clone)]
pub(super) struct HttpsConnector {
    tcp: HttpConnector<EgressResolver>,
    tls: TlsConnector,
    /// The timeout for the whole connection, including the TLS handshake.
    timeout: Option<Duration>,
    proxy: Option<ProxyServer>,
}

/// A proxy that all connections go through.
#[derive(Clone)]
pub(super) struct ProxyServer {
    uri: Uri,
    credentials: Option<HeaderValue>,
    /// Without ALPN: a proxy must not choose HTTP/2 for the connection to itself.
    tls: TlsConnector,
}

impl ProxyServer {
    /// A proxy with the URL of this request and its `Authorization`, into which reqwest has moved the user of the URL.
    /// `tls` is for the connection to an HTTPS proxy itself.
    pub(super) fn new(request: &reqwest::Request, tls: &ClientConfig) -> Result<Self, InvalidUri> {
        let tls = without_alpn(tls.clone());
        let credentials = request.headers().get(AUTHORIZATION).cloned();
        let uri = request.url().as_str().parse()?;
        Ok(Self { uri, credentials, tls: Arc::new(tls).into() })
    }

    /// The credentials that a request over plain HTTP needs. HTTPS sends them when the tunnel is opened.
    pub(super) fn credentials(&self) -> Option<&HeaderValue> {
        self.credentials.as_ref()
    }
}

impl HttpsConnector {
    pub(super) fn new(
        resolver: EgressResolver,
        tls: &ClientConfig,
        timeout: Option<Duration>,
        proxy: Option<ProxyServer>,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(TCP_KEEPALIVE));
        tcp.set_keepalive_interval(Some(TCP_KEEPALIVE));
        tcp.set_keepalive_retries(Some(TCP_KEEPALIVE_PROBES));
        Self { tcp, tls: Arc::new(tls.clone()).into(), timeout, proxy }
    }

    /// Returns a stream for requests to this URI, and whether an HTTP proxy reads them.
    async fn connect(&self, uri: &Uri) -> Result<(RawStream, bool), ConnectError> {
        let stream = match &self.proxy {
            None => self.open_tcp(uri).await?,
            Some(proxy) => {
                let stream = self.open_tcp(&proxy.uri).await?;
                let stream = match is_https(&proxy.uri) {
                    true => handshake(&proxy.tls, &proxy.uri, stream).await?,
                    false => stream,
                };
                if !is_https(uri) {
                    return Ok((stream, true));
                }
                open_tunnel(proxy, uri, stream).await?
            }
        };
        match is_https(uri) {
            true => Ok((handshake(&self.tls, uri, stream).await?, false)),
            false => Ok((stream, false)),
        }
    }

    async fn open_tcp(&self, to: &Uri) -> Result<RawStream, ConnectError> {
        begin_current_phase(ExchangePhase::Connect);
        let stream = self.tcp.clone().call(to.clone()).await?;
        Ok(RawStream::Tcp(stream.into_inner()))
    }
}

impl Service<Uri> for HttpsConnector {
    type Response = TokioIo<ObservedStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        let opened_by = TransmissionId::current();
        Box::pin(async move {
            let connected = match connector.timeout {
                Some(limit) => timeout(limit, connector.connect(&uri))
                    .await
                    .unwrap_or_else(|_| Err(NotConnected::TimedOut(limit).into())),
                None => connector.connect(&uri).await,
            };
            begin_current_phase(ExchangePhase::Answer);
            let (stream, is_proxied) = connected?;
            Ok(TokioIo::new(ObservedStream::new(stream, opened_by, is_proxied)))
        })
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS)
}

async fn handshake(
    tls: &TlsConnector,
    uri: &Uri,
    stream: RawStream,
) -> Result<RawStream, ConnectError> {
    begin_current_phase(ExchangePhase::Tls);
    let name = match Host::parse(uri.host().unwrap_or_default()) {
        Ok(Host::Domain(name)) => ServerName::try_from(name)?,
        Ok(Host::Ipv4(address)) => ServerName::IpAddress(std::net::IpAddr::V4(address).into()),
        Ok(Host::Ipv6(address)) => ServerName::IpAddress(std::net::IpAddr::V6(address).into()),
        Err(_) => return Err(NotConnected::InvalidHost.into()),
    };
    let handshake = handshake_on_port(uri.port_u16().unwrap_or(443), tls.connect(name, stream));
    Ok(RawStream::Tls(Box::new(handshake.await?)))
}

/// Asks the proxy for a connection to the host of this URI.
async fn open_tunnel(
    proxy: &ProxyServer,
    to: &Uri,
    stream: RawStream,
) -> Result<RawStream, ConnectError> {
    let host = to.host().ok_or(NotConnected::InvalidHost)?;
    let authority = format!("{host}:{}", to.port_u16().unwrap_or(443));
    let mut request = Request::builder().method(Method::CONNECT).uri(&authority);
    request = request.header(HOST, &authority);
    if let Some(credentials) = &proxy.credentials {
        request = request.header(PROXY_AUTHORIZATION, credentials);
    }
    let request = request.body(Empty::<Bytes>::new())?;
    let (mut sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(NotConnected::RefusedByProxy(response.status().as_u16()).into());
    }
    let upgraded = hyper::upgrade::on(response).await?;
    match upgraded.downcast::<TokioIo<RawStream>>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io.into_inner()),
        _ => Err(NotConnected::EarlyData.into()),
    }
}
