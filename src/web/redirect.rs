//! Where a reply sends a request on, and what of the request goes there.

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use reqwest::{Method, Request, Response};
use url::Url;

use super::egress::EgressRules;

/// Most redirects of one exchange.
pub(super) const MAX_REDIRECTS: usize = 5;

/// A request on its way, and whether something other than the operator's word decided its host.
pub(super) struct RedirectHop {
    pub(super) request: Request,
    pub(super) untrusted_host: bool,
}

/// The next hop, where a reply names one that may be gone to; else the reply is the answer.
///
/// Within the same place everything goes along. A place elsewhere was decided by the reply: it must be on the operator's
/// list, HTTPS stays HTTPS, and what was written for the first place (its headers, who we are to it) stays behind.
pub(super) fn next_hop(
    reply: &Response,
    sent: Request,
    egress: &EgressRules,
    guarded: bool,
) -> Option<RedirectHop> {
    let to = redirect_target(reply, sent.url())?;
    let stays = is_same_origin_or_upgrade(sent.url(), &to);
    let guarded = guarded || !stays;
    let falls = sent.url().scheme() == "https" && to.scheme() == "http";
    if falls || (guarded && egress.check(&to).is_err()) {
        return None;
    }
    let mut request = sent;
    *request.url_mut() = to;
    if !stays {
        strip_headers(request.headers_mut());
    }
    if becomes_get(reply.status(), request.method()) {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
            request.headers_mut().remove(name);
        }
    }
    Some(RedirectHop { request, untrusted_host: guarded })
}

fn redirect_target(reply: &Response, from: &Url) -> Option<Url> {
    if !matches!(reply.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.headers().get(LOCATION)?;
    let mut to = from.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()?;
    // Only URLs without a host refuse this, and those are gone to nowhere.
    let _ = (to.set_username(""), to.set_password(None));
    to.set_fragment(None);
    matches!(to.scheme(), "http" | "https").then_some(to)
}

fn strip_headers(headers: &mut HeaderMap) {
    let kept = [ACCEPT, CONTENT_TYPE].map(|name| (headers.get(&name).cloned(), name));
    headers.clear();
    for (value, name) in kept {
        headers.extend(value.map(|value| (name, value)));
    }
}

/// As browsers do it.
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

fn is_same_origin_or_upgrade(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgrade =
        (from.scheme(), to.scheme()) == ("http", "https") && ports == (Some(80), Some(443));
    from.host() == to.host() && (from.origin() == to.origin() || upgrade)
}
