//! The exchange itself: one client for hosts that scripts name, one for hosts that values decide.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{ClientBuilder, Proxy, Response};
use rustls::{CertificateError, Error as TlsError};
use url::Url;

use super::StartError;
use super::egress::{Egress, GuardingResolver, Refused};
use super::outgoing::{self, Outgoing, not_sent};
use crate::script::answer::Answer;
use crate::script::request::{NoAnswer, Request};

/// The longest body that is read, decompressed.
const MAX_BODY: usize = 256 * 1024;

const MAX_REDIRECTS: usize = 5;

/// Common web servers close idle connections after 5 s. A request on one that is just being closed would fail, and with
/// it a call; a new connection costs a few milliseconds.
const IDLE: Duration = Duration::from_secs(4);

/// HTML is what many frameworks send to whoever accepts anything.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/json, application/xml, application/x-www-form-urlencoded, text/plain, */*;q=0.1",
);

/// Both clients, and the rules of the second.
pub(super) struct Client {
    named: reqwest::Client,
    guarded: reqwest::Client,
    egress: Egress,
    connect_timeout: Duration,
}

impl Client {
    pub(super) fn new(
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

    /// Judges a request and makes it ready.
    pub(super) fn prepare(&self, request: &Request) -> Result<Outgoing, NoAnswer> {
        let url = outgoing::url(request)?;
        let guarded = request.decides_host;
        if guarded {
            self.egress.check(&url).map_err(|refused| not_sent(refused.to_string()))?;
        }
        let builder = self.client(guarded).request(outgoing::method(request), url);
        let request_out = outgoing::build(builder, request)?;
        Ok(Outgoing { request: request_out, timeout: request.timeout, guarded })
    }

    /// Sends a request and reads the whole answer, all within its time.
    pub(super) async fn exchange(&self, outgoing: Outgoing) -> Result<Answer, NoAnswer> {
        let time = outgoing.timeout;
        let exchange = tokio::time::timeout(time, self.send(outgoing));
        exchange.await.unwrap_or(Err(NoAnswer::TimedOut(time)))
    }

    async fn send(&self, outgoing: Outgoing) -> Result<Answer, NoAnswer> {
        let sent = self.client(outgoing.guarded).execute(outgoing.request).await;
        let mut response = sent.map_err(|error| self.no_answer(error))?;
        let body = self.body(&mut response).await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        Ok(Answer::read(response.status().as_u16(), content_type, &body))
    }

    /// By chunks: what the headers say of the length may be a lie, or that of the compressed body.
    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, NoAnswer> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(error))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(NoAnswer::TooLong(MAX_BODY));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client(&self, guarded: bool) -> &reqwest::Client {
        if guarded { &self.guarded } else { &self.named }
    }

    fn no_answer(&self, error: reqwest::Error) -> NoAnswer {
        let error = error.without_url();
        if let Some(refused) = chain(&error).find_map(|cause| cause.downcast_ref::<Refused>()) {
            return not_sent(refused.to_string());
        }
        if error.is_connect() && error.is_timeout() {
            return NoAnswer::Unreachable(format!("none within {:?}", self.connect_timeout));
        }
        NoAnswer::Unreachable(cause(&error))
    }
}

fn builder(connect_timeout: Duration, proxy: Option<&Url>) -> reqwest::Result<ClientBuilder> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("dialscript/", env!("CARGO_PKG_VERSION")))
        .default_headers(HeaderMap::from_iter([(ACCEPT, ACCEPTED)]))
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
    let failed = |error: reqwest::Error| StartError::Client(cause(&error.without_url()));
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
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(innermost) = chain(error).last() else { return String::new() };
    match innermost.downcast_ref() {
        // Its text names the host, which a sensitive value may have decided.
        Some(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. })) => {
            "its certificate is for another name".to_owned()
        }
        _ => innermost.to_string(),
    }
}
