//! The exchange itself: one client for hosts that scripts name, one for hosts that values decide.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{ClientBuilder, Method, Proxy, Request, RequestBuilder, Response};
use rustls::{CertificateError, Error as TlsError};
use url::Url;

use super::egress::{Egress, GuardingResolver, Refused};

const MAX_REDIRECTS: usize = 5;

/// Common web servers close idle connections after 5 s. A request on one that is just being closed would fail, and with
/// it a call; a new connection costs a few milliseconds.
const IDLE: Duration = Duration::from_secs(4);

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

/// Both clients, and the rules of the second.
pub struct Client {
    named: reqwest::Client,
    guarded: reqwest::Client,
    egress: Egress,
    connect_timeout: Duration,
}

impl Client {
    /// Sets up both clients; nothing is sent. All requests go through the proxy, where there is one; the environment's
    /// is never used. Behind a proxy only hosts and literal addresses are judged here: it looks names up itself.
    ///
    /// # Errors
    ///
    /// When the proxy is none.
    pub fn new(
        egress: Egress,
        connect_timeout: Duration,
        proxy: Option<&Url>,
    ) -> Result<Self, StartError> {
        // Another part of the process may have installed one first: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || builder(connect_timeout, proxy);
        let named = build(&|| Ok(builder()?.redirect(Policy::custom(redirect))))?;
        let rules = egress.clone();
        let guarded = build(&|| {
            let rules = rules.clone();
            let follow = move |attempt: Attempt<'_>| match rules.check(attempt.url()) {
                Ok(()) => redirect(attempt),
                Err(_) => attempt.stop(),
            };
            Ok(guard(builder()?, &egress, proxy).redirect(Policy::custom(follow)))
        })?;
        Ok(Self { named, guarded, egress, connect_timeout })
    }

    /// Judges a URL whose host a value decided, without a request.
    ///
    /// # Errors
    ///
    /// When its host may not be reached.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        self.egress.check(url)
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
        Ok(self.client(guarded).request(method, url))
    }

    /// Sends a request and reads the whole reply, of at most so many bytes. Whoever calls bounds the time.
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
        let sent = self.client(guarded).execute(request).await;
        let mut response = sent.map_err(|error| self.failed(error))?;
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

    fn client(&self, guarded: bool) -> &reqwest::Client {
        if guarded { &self.guarded } else { &self.named }
    }

    fn failed(&self, error: reqwest::Error) -> Failed {
        let error = error.without_url();
        if let Some(refused) = chain(&error).find_map(|cause| cause.downcast_ref::<Refused>()) {
            return Failed::Refused(*refused);
        }
        if error.is_connect() && error.is_timeout() {
            return Failed::Unreachable(format!("none within {:?}", self.connect_timeout));
        }
        Failed::Unreachable(cause(&error))
    }
}

fn builder(connect_timeout: Duration, proxy: Option<&Url>) -> reqwest::Result<ClientBuilder> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("dialscript/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE)
        .referer(false)
        .no_proxy();
    match proxy {
        Some(proxy) => Ok(builder.proxy(Proxy::all(proxy.clone())?)),
        None => Ok(builder),
    }
}

/// A proxy resolves the names itself, and its own address is the operator's word.
fn guard(builder: ClientBuilder, egress: &Egress, proxy: Option<&Url>) -> ClientBuilder {
    match proxy {
        Some(_) => builder,
        None => builder.dns_resolver(Arc::new(GuardingResolver(egress.clone()))),
    }
}

/// With the system's roots. A machine without any must still serve scripts of plain HTTP; TLS trusts nobody there.
fn build(
    builder: &dyn Fn() -> reqwest::Result<ClientBuilder>,
) -> Result<reqwest::Client, StartError> {
    let failed = |error: reqwest::Error| StartError(cause(&error.without_url()));
    builder().and_then(ClientBuilder::build).or_else(|error| {
        let client = builder().map_err(failed)?.tls_certs_only([]).build().map_err(failed)?;
        tracing::warn!(error = cause(&error.without_url()), "https URLs will fail");
        Ok(client)
    })
}

fn redirect(attempt: Attempt<'_>) -> Action {
    let too_many = attempt.previous().len() > MAX_REDIRECTS;
    let stays = attempt.previous().last().is_some_and(|from| is_same_place(from, attempt.url()));
    if stays && !too_many { attempt.follow() } else { attempt.stop() }
}

fn is_same_place(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgrade =
        (from.scheme(), to.scheme()) == ("http", "https") && ports == (Some(80), Some(443));
    from.host() == to.host() && (from.origin() == to.origin() || upgrade)
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
    match innermost.downcast_ref() {
        // Its text names the host, which a sensitive value may have decided.
        Some(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. })) => {
            "its certificate is for another name".to_owned()
        }
        _ => innermost.to_string(),
    }
}
