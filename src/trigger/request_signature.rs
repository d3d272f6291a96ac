//! Request signatures. With them a web application can verify that a request is ours, unchanged and recent.
//!
//! The header is `Dialscript-Signature: t=1764273600,v1=HEX`. HEX is the HMAC-SHA256, with the signing key, of five
//! parts joined by line feeds: the time in seconds since 1970, the method, the path and the query as they are sent, and
//! the body. A path or query has no line feed, so the parts can't be confused. With two keys there are two `v1` values,
//! so that a web application can replace its key without any failed verification.
//! `dialplan/recipes/verifying-signatures.md` shows how to verify a signature.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use http::{HeaderName, HeaderValue};
use reqwest::{Body, Request};
use ring::hmac;

use crate::script::template::RedactedText;

const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("dialscript-signature");

/// Signs the attempts of one request, once with each key. Without `Debug`: the keys are secrets.
pub(super) struct RequestSigner {
    keys: Vec<hmac::Key>,
    /// The timestamp of the latest attempt, in seconds since 1970.
    last_timestamp: AtomicU64,
}

impl RequestSigner {
    pub(super) fn new(keys: &[RedactedText]) -> Self {
        let keys = keys.iter().filter(|key| !key.text().is_empty());
        let keys = keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.text().as_bytes()));
        Self { keys: keys.collect(), last_timestamp: AtomicU64::new(0) }
    }

    /// Adds the signature header, if there are keys. Call this just before the request is sent, because it contains the
    /// time.
    pub(super) fn sign(&self, request: &mut Request) {
        if self.keys.is_empty() {
            return;
        }
        let signature = self.signature(request, self.next_timestamp());
        if let Ok(value) = HeaderValue::from_str(&signature) {
            request.headers_mut().insert(SIGNATURE_HEADER, value);
        }
    }

    /// Returns the current time, or one second after the timestamp of the previous attempt if that is later. Two
    /// attempts with equal timestamps would have equal signatures, and a web application that remembers signatures
    /// would take the second one for a replay.
    fn next_timestamp(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let next = |last: u64| Some(now.max(last + 1));
        let last = self.last_timestamp.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        last.map_or(now, |last| now.max(last + 1))
    }

    fn signature(&self, request: &Request, timestamp: u64) -> String {
        let mut signature = format!("t={timestamp}");
        for key in &self.keys {
            let mut mac = hmac::Context::with_key(key);
            let (method, url) = (request.method(), request.url());
            let query = url.query().unwrap_or_default();
            mac.update(format!("{timestamp}\n{method}\n{}\n{query}\n", url.path()).as_bytes());
            mac.update(request.body().and_then(Body::as_bytes).unwrap_or_default());
            signature.push_str(",v1=");
            HEXLOWER.encode_append(mac.sign().as_ref(), &mut signature);
        }
        signature
    }
}
