//! Redirects: which ones are followed, and which parts of the request are sent again.

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Response, StatusCode};
use reqwest::{Method, Request};
use url::Url;

use super::egress::EgressRules;

/// The most redirects to follow in one exchange.
pub(super) const MAX_REDIRECTS: usize = 5;

/// The next request of an exchange.
pub(super) struct RedirectHop {
    pub(super) request: Request,
    /// Whether a value or a redirect decided the host. If so, the egress rules apply.
    pub(super) untrusted_host: bool,
}

/// Returns the request that follows a redirect. `None` if the reply is not a redirect, or may not be followed.
///
/// A redirect within the same origin sends everything again. A redirect to another origin must pass the egress rules;
/// its request keeps only the headers `Accept` and `Content-Type`, so no credentials are sent. A redirect from HTTPS to
/// HTTP is not followed.
pub(super) fn next_hop<B>(
    reply: &Response<B>,
    sent: Request,
    egress: &EgressRules,
    untrusted_host: bool,
) -> Option<RedirectHop> {
    let target = redirect_target(reply, sent.url())?;
    let is_same_origin = is_same_origin_or_upgrade(sent.url(), &target);
    let untrusted_host = untrusted_host || !is_same_origin;
    let is_downgrade = sent.url().scheme() == "https" && target.scheme() == "http";
    if is_downgrade || (untrusted_host && egress.check(&target).is_err()) {
        return None;
    }
    let mut request = sent;
    *request.url_mut() = target;
    if !is_same_origin {
        strip_headers(request.headers_mut());
    }
    if becomes_get(reply.status(), request.method()) {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
            request.headers_mut().remove(name);
        }
    }
    Some(RedirectHop { request, untrusted_host })
}

fn redirect_target<B>(reply: &Response<B>, from: &Url) -> Option<Url> {
    if !matches!(reply.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.headers().get(LOCATION)?;
    let mut target = from.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()?;
    // Fails only for URLs without a host, which are not followed.
    let _ = (target.set_username(""), target.set_password(None));
    target.set_fragment(None);
    matches!(target.scheme(), "http" | "https").then_some(target)
}

/// Removes all headers but `Accept` and `Content-Type`: they were meant for the first origin.
fn strip_headers(headers: &mut HeaderMap) {
    let kept = [ACCEPT, CONTENT_TYPE].map(|name| (headers.get(&name).cloned(), name));
    headers.clear();
    for (value, name) in kept {
        headers.extend(value.map(|value| (name, value)));
    }
}

/// Whether the next request is a GET without a body. This is the rule of browsers (Fetch standard, "HTTP-redirect
/// fetch").
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// A redirect from `http://host` to `https://host`, each with its default port, counts as the same origin.
fn is_same_origin_or_upgrade(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgrade =
        (from.scheme(), to.scheme()) == ("http", "https") && ports == (Some(80), Some(443));
    from.host() == to.host() && (from.origin() == to.origin() || upgrade)
}
