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

use super::egress::{Egress, HostPattern, Refused, Resolver};
use super::place::Place;
use super::redirect::{self, Hop};
use super::stopwatch::Timed;
use super::tls::{self, Identity};

/// Common web servers close idle connections after 5 s. A request on one that is just being closed would fail, and with
/// it a call; a new connection costs a few milliseconds.
const IDLE: Duration = Duration::from_secs(4);

/// HTTP/2 sends all requests by one connection, which is never idle where there are many calls: one that died quietly
/// would take each of them with it, for as long as TCP hopes. So it is asked, after so much silence, whether it lives,
/// and given up so long after that: the usual budget has time for another attempt then.
const SIGN_OF_LIFE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(1500));

/// Why requests can't be made at all: the client's reason.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up: {0}")]
pub struct StartError(String);

/// Why there is no reply. Its text never holds the URL or anything from the reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// Its host or address may not be reached.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No connection, or one that broke, with the network's reason.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The body is longer than was allowed, in bytes.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
}

/// A complete reply.
pub struct Reply {
    /// HTTP's status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed.
    pub body: Vec<u8>,
}

/// How requests go out. Without `Debug`: a proxy's URL may hold a password.
#[derive(Default)]
pub struct Settings {
    /// What a value, or a reply, may decide.
    pub egress: Egress,
    /// For a connection, TLS included; none is no bound of its own.
    pub connect_timeout: Option<Duration>,
    /// Through which all requests go; the environment's is never used. Behind a proxy only hosts and literal addresses
    /// are judged here: it looks names up itself.
    pub proxy: Option<Url>,
    /// Whom we trust at a place, and who we are there, where that is not as everywhere.
    pub identities: Vec<(Place, Arc<Identity>)>,
}

/// Two clients for each identity, and the rules of the second of each.
pub struct Client {
    anywhere: Clients,
    at: Vec<(Place, Clients)>,
    egress: Egress,
    connect_timeout: Option<Duration>,
}

/// One for hosts that the operator names, one for hosts that something else decides.
struct Clients {
    named: reqwest::Client,
    guarded: reqwest::Client,
}

impl Client {
    /// Sets up all clients; nothing is sent.
    ///
    /// # Errors
    ///
    /// When the proxy is none, or an identity does not hold together.
    pub fn new(settings: &Settings) -> Result<Self, StartError> {
        let at = settings.identities.iter().map(|(place, identity)| {
            let tls = identity.config().map_err(|error| StartError(format!("{place}: {error}")))?;
            Ok((place.clone(), Clients::new(settings, &tls)?))
        });
        let at = at.collect::<Result<_, StartError>>()?;
        let tls = Identity::default().config().or_else(|error| {
            tracing::warn!(%error, "https URLs will fail");
            tls::trusting_nobody()
        });
        let anywhere = Clients::new(settings, &tls.map_err(|e| StartError(e.to_string()))?)?;
        let (egress, connect_timeout) = (settings.egress.clone(), settings.connect_timeout);
        Ok(Self { anywhere, at, egress, connect_timeout })
    }

    /// Judges a URL whose host a value decided, without a request.
    ///
    /// # Errors
    ///
    /// When its host may not be reached.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        self.egress.check(url)
    }

    /// The pattern of the operator's list that a URL's host is on.
    pub fn allowed_as(&self, url: &Url) -> Option<&HostPattern> {
        self.egress.pattern(url)
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
    ) -> Result<RequestBuilder, Refused> {
        if guarded {
            self.egress.check(&url)?;
        }
        Ok(self.client(&url, guarded).request(method, url))
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
    ) -> Result<Reply, Failed> {
        let mut hop = Hop { request, guarded };
        for redirects in 0.. {
            let again = hop.request.try_clone().filter(|_| redirects < redirect::MOST);
            let sent = self.client(hop.request.url(), hop.guarded).execute(hop.request).await;
            let response = sent.map_err(|error| self.failed(error))?;
            let next =
                again.and_then(|sent| redirect::next(&response, sent, &self.egress, hop.guarded));
            match next {
                Some(next) => hop = next,
                None => return self.read(response, most).await,
            }
        }
        Err(Failed::Unreachable("redirects without end".to_owned()))
    }

    async fn read(&self, mut response: Response, most: usize) -> Result<Reply, Failed> {
        let body = self.body(&mut response, most).await?;
        let status = response.status().as_u16();
        Ok(Reply { status, headers: std::mem::take(response.headers_mut()), body })
    }

    /// By chunks: what the headers say of the length may be a lie, or that of the compressed body.
    async fn body(&self, response: &mut Response, most: usize) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > most {
                return Err(Failed::TooLong(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client(&self, url: &Url, guarded: bool) -> &reqwest::Client {
        let found = self.at.iter().filter(|(place, _)| place.is_at(url));
        let found = found.max_by_key(|(place, _)| place.names_a_port());
        let clients = found.map_or(&self.anywhere, |(_, clients)| clients);
        if guarded { &clients.guarded } else { &clients.named }
    }

    fn failed(&self, error: reqwest::Error) -> Failed {
        let error = error.without_url();
        if let Some(refused) = chain(&error).find_map(|cause| cause.downcast_ref::<Refused>()) {
            return Failed::Refused(*refused);
        }
        match self.connect_timeout {
            Some(time) if error.is_connect() && error.is_timeout() => {
                Failed::Unreachable(format!("none within {time:?}"))
            }
            _ => Failed::Unreachable(cause(&error)),
        }
    }
}

impl Clients {
    fn new(settings: &Settings, tls: &ClientConfig) -> Result<Self, StartError> {
        let build = |guard| {
            let client = builder(settings, tls, guard).and_then(ClientBuilder::build);
            client.map_err(|error| StartError(cause(&error.without_url())))
        };
        // A proxy resolves the names itself, and its own address is the operator's word.
        let guard = settings.proxy.is_none().then(|| settings.egress.clone());
        Ok(Self { named: build(None)?, guarded: build(guard)? })
    }
}

fn builder(
    settings: &Settings,
    tls: &ClientConfig,
    guard: Option<Egress>,
) -> reqwest::Result<ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("dialscript/", env!("CARGO_PKG_VERSION")))
        .pool_idle_timeout(IDLE)
        .http2_keep_alive_interval(SIGN_OF_LIFE.0)
        .http2_keep_alive_timeout(SIGN_OF_LIFE.1)
        .redirect(Policy::none())
        .referer(false)
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(Arc::new(Resolver { guard }))
        .connector_layer(Timed)
        .no_proxy();
    if let Some(time) = settings.connect_timeout {
        builder = builder.connect_timeout(time);
    }
    match &settings.proxy {
        Some(proxy) => Ok(builder.proxy(Proxy::all(proxy.clone())?)),
        None => Ok(builder),
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| wrapped(error).or_else(|| error.source()))
}

/// I/O errors leave what they wrap out of the chain.
fn wrapped<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    Some(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// The innermost reason: the outer ones only say that a request failed.
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(innermost) = chain(error).last() else { return String::new() };
    match innermost.downcast_ref().and_then(in_plain_words) {
        Some(words) => words.to_owned(),
        None => innermost.to_string(),
    }
}

/// What people can act on.
fn in_plain_words(error: &TlsError) -> Option<&'static str> {
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
