//! The exchange itself: one client for hosts that scripts name, one for hosts that values and replies decide.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, Proxy, Request, RequestBuilder, Response};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error as TlsError};
use url::Url;

use super::egress::{EgressDenied, EgressResolver, EgressRules, HostPattern};
use super::host_port::HostPort;
use super::redirect::{self, RedirectHop};
use super::stopwatch::TimedConnectorLayer;
use super::tls::{self, TlsIdentity};

/// Common web servers close idle connections after 5 s. A request on one that is just being closed would fail, and with
/// it a call; a new connection costs a few milliseconds.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// HTTP/2 sends all requests by one connection, which is never idle where there are many calls: one that died quietly
/// would take each of them with it, for as long as TCP hopes. So it is asked, after so much silence, whether it lives,
/// and given up so long after that: the usual budget has time for another attempt then.
const HTTP2_KEEP_ALIVE: (Duration, Duration) =
    (Duration::from_secs(2), Duration::from_millis(1500));

/// Why requests can't be made at all: the client's reason.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up: {0}")]
pub struct HttpClientSetupError(String);

/// Why there is no reply. Its text never holds the URL or anything from the reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpClientError {
    /// Its host or address may not be reached.
    #[error(transparent)]
    EgressDenied(#[from] EgressDenied),
    /// No connection, or one that broke, with the network's reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The body is longer than was allowed, in bytes.
    #[error("the reply is longer than {0} bytes")]
    ReplyTooLong(usize),
}

/// A complete reply.
pub struct HttpReply {
    /// HTTP's status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed.
    pub body: Vec<u8>,
}

/// How requests go out. Without `Debug`: a proxy's URL may hold a password.
#[derive(Default)]
pub struct HttpClientSettings {
    /// What a value, or a reply, may decide.
    pub egress: EgressRules,
    /// For a connection, TLS included; none is no bound of its own.
    pub connect_timeout: Option<Duration>,
    /// Through which all requests go; the environment's is never used. Behind a proxy only hosts and literal addresses
    /// are judged here: it looks names up itself.
    pub proxy: Option<Url>,
    /// Whom we trust at a place, and who we are there, where that is not as everywhere.
    pub tls_identities: Vec<(HostPort, Arc<TlsIdentity>)>,
}

/// Two clients for each identity, and the rules of the second of each.
pub struct HttpClient {
    default_clients: HttpClientPair,
    clients_by_host: Vec<(HostPort, HttpClientPair)>,
    egress: EgressRules,
    connect_timeout: Option<Duration>,
}

/// One for hosts that the operator names, one for hosts that something else decides.
struct HttpClientPair {
    trusted_host: reqwest::Client,
    untrusted_host: reqwest::Client,
}

impl HttpClient {
    /// Sets up all clients; nothing is sent.
    ///
    /// # Errors
    ///
    /// When the proxy is none, or an identity does not hold together.
    pub fn new(settings: &HttpClientSettings) -> Result<Self, HttpClientSetupError> {
        let at = settings.tls_identities.iter().map(|(place, identity)| {
            let tls = identity
                .client_config()
                .map_err(|error| HttpClientSetupError(format!("{place}: {error}")))?;
            Ok((place.clone(), HttpClientPair::new(settings, &tls)?))
        });
        let at = at.collect::<Result<_, HttpClientSetupError>>()?;
        let tls = TlsIdentity::default().client_config().or_else(|error| {
            tracing::warn!(%error, "https URLs will fail");
            tls::config_without_roots()
        });
        let anywhere =
            HttpClientPair::new(settings, &tls.map_err(|e| HttpClientSetupError(e.to_string()))?)?;
        let (egress, connect_timeout) = (settings.egress.clone(), settings.connect_timeout);
        Ok(Self { default_clients: anywhere, clients_by_host: at, egress, connect_timeout })
    }

    /// Judges a URL whose host a value decided, without a request.
    ///
    /// # Errors
    ///
    /// When its host may not be reached.
    pub fn check(&self, url: &Url) -> Result<(), EgressDenied> {
        self.egress.check(url)
    }

    /// The pattern of the operator's list that a URL's host is on.
    pub fn matching_pattern(&self, url: &Url) -> Option<&HostPattern> {
        self.egress.matching_pattern(url)
    }

    /// A request in the making. `guarded`: a value decided its host, so that is judged, here and when it is connected to.
    ///
    /// # Errors
    ///
    /// When its host may not be reached.
    pub fn request(
        &self,
        method: Method,
        url: Url,
        guarded: bool,
    ) -> Result<RequestBuilder, EgressDenied> {
        if guarded {
            self.egress.check(&url)?;
        }
        Ok(self.client_for(&url, guarded).request(method, url))
    }

    /// Sends a request and reads the whole reply, of at most so many bytes. Whoever calls bounds the time. Redirects are
    /// followed within the place, and to places that may be reached where a value decides.
    ///
    /// # Errors
    ///
    /// When no complete reply came.
    pub async fn exchange(
        &self,
        request: Request,
        guarded: bool,
        most: usize,
    ) -> Result<HttpReply, HttpClientError> {
        let mut hop = RedirectHop { request, untrusted_host: guarded };
        for redirects in 0.. {
            let again = hop.request.try_clone().filter(|_| redirects < redirect::MAX_REDIRECTS);
            let sent =
                self.client_for(hop.request.url(), hop.untrusted_host).execute(hop.request).await;
            let response = sent.map_err(|error| self.client_error(error))?;
            let next = again.and_then(|sent| {
                redirect::next_hop(&response, sent, &self.egress, hop.untrusted_host)
            });
            match next {
                Some(next) => hop = next,
                None => return self.read_reply(response, most).await,
            }
        }
        Err(HttpClientError::Unreachable("redirects without end".to_owned()))
    }

    async fn read_reply(
        &self,
        mut response: Response,
        most: usize,
    ) -> Result<HttpReply, HttpClientError> {
        let body = self.read_body(&mut response, most).await?;
        let status = response.status().as_u16();
        Ok(HttpReply { status, headers: std::mem::take(response.headers_mut()), body })
    }

    /// By chunks: what the headers say of the length may be a lie, or that of the compressed body.
    async fn read_body(
        &self,
        response: &mut Response,
        most: usize,
    ) -> Result<Vec<u8>, HttpClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.client_error(error))? {
            if body.len() + chunk.len() > most {
                return Err(HttpClientError::ReplyTooLong(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client_for(&self, url: &Url, guarded: bool) -> &reqwest::Client {
        let found = self.clients_by_host.iter().filter(|(place, _)| place.matches_url(url));
        let found = found.max_by_key(|(place, _)| place.has_port());
        let clients = found.map_or(&self.default_clients, |(_, clients)| clients);
        if guarded { &clients.untrusted_host } else { &clients.trusted_host }
    }

    fn client_error(&self, error: reqwest::Error) -> HttpClientError {
        let error = error.without_url();
        if let Some(refused) =
            error_chain(&error).find_map(|cause| cause.downcast_ref::<EgressDenied>())
        {
            return HttpClientError::EgressDenied(*refused);
        }
        match self.connect_timeout {
            Some(time) if error.is_connect() && error.is_timeout() => {
                HttpClientError::Unreachable(format!("none within {time:?}"))
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
        let build = |guard| {
            let client = builder(settings, tls, guard).and_then(ClientBuilder::build);
            client.map_err(|error| HttpClientSetupError(root_cause(&error.without_url())))
        };
        // A proxy resolves the names itself, and its own address is the operator's word.
        let guard = settings.proxy.is_none().then(|| settings.egress.clone());
        Ok(Self { trusted_host: build(None)?, untrusted_host: build(guard)? })
    }
}

fn builder(
    settings: &HttpClientSettings,
    tls: &ClientConfig,
    guard: Option<EgressRules>,
) -> reqwest::Result<ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("dialscript/", env!("CARGO_PKG_VERSION")))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .http2_keep_alive_interval(HTTP2_KEEP_ALIVE.0)
        .http2_keep_alive_timeout(HTTP2_KEEP_ALIVE.1)
        .redirect(Policy::none())
        .referer(false)
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(Arc::new(EgressResolver { egress: guard }))
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

/// I/O errors leave what they wrap out of the chain.
fn inner_of_io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    Some(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// The innermost reason: the outer ones only say that a request failed.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let Some(innermost) = error_chain(error).last() else { return String::new() };
    match innermost.downcast_ref().and_then(plain_tls_error) {
        Some(words) => words.to_owned(),
        None => innermost.to_string(),
    }
}

/// What people can act on.
fn plain_tls_error(error: &TlsError) -> Option<&'static str> {
    use AlertDescription::{BadCertificate, CertificateRequired, UnknownCA};
    match error {
        // Its text names the host, which a sensitive value may have decided.
        TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. }) => {
            Some("its certificate is for another name")
        }
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => {
            Some("invalid peer certificate: it is by no authority that is trusted here")
        }
        TlsError::AlertReceived(CertificateRequired) => Some("it wants a certificate of ours"),
        TlsError::AlertReceived(BadCertificate | UnknownCA) => {
            Some("it does not take our certificate")
        }
        _ => None,
    }
}
