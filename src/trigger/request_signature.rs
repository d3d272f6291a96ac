//! Signed requests: who gets one can tell that it is from here, is whole, and is new.
//!
//! `Dialscript-Signature: t=1764273600,v1=HEX`, where HEX is the HMAC-SHA256, by the key, of five lines: the time in
//! seconds since 1970, the method, the path and the query as they are sent, and the body. No path and no query holds a
//! line break, so that no part can be taken for another. With two keys there are two `v1`, so that the other side can
//! change from one to the other. `dialplan/recipes/verifying-signatures.md` shows how to verify it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use http::{HeaderName, HeaderValue};
use reqwest::{Body, Request};
use ring::hmac;

use crate::script::template::RedactedText;

const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("dialscript-signature");

/// The keys that each sign, for one request and all of its attempts. Without `Debug`: they are secrets.
pub(super) struct RequestSigner {
    keys: Vec<hmac::Key>,
    /// When the latest attempt was signed.
    last_timestamp: AtomicU64,
}

impl RequestSigner {
    pub(super) fn new(keys: &[RedactedText]) -> Self {
        let keys = keys.iter().filter(|key| !key.text().is_empty());
        let keys = keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.text().as_bytes()));
        Self { keys: keys.collect(), last_timestamp: AtomicU64::new(0) }
    }

    /// Signs a request that is sent now, where there are keys.
    pub(super) fn sign(&self, request: &mut Request) {
        if self.keys.is_empty() {
            return;
        }
        let signature = self.signature(request, self.next_timestamp());
        if let Ok(value) = HeaderValue::from_str(&signature) {
            request.headers_mut().insert(SIGNATURE_HEADER, value);
        }
    }

    /// Now, and later than the attempt before: whoever remembers signatures would take a second one of the same second
    /// for a repetition by somebody else.
    fn next_timestamp(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let later = |latest: u64| Some(now.max(latest + 1));
        let latest = self.last_timestamp.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
        latest.map_or(now, |latest| now.max(latest + 1))
    }

    fn signature(&self, request: &Request, time: u64) -> String {
        let mut signature = format!("t={time}");
        for key in &self.keys {
            let mut signed = hmac::Context::with_key(key);
            let (method, url) = (request.method(), request.url());
            let query = url.query().unwrap_or_default();
            signed.update(format!("{time}\n{method}\n{}\n{query}\n", url.path()).as_bytes());
            signed.update(request.body().and_then(Body::as_bytes).unwrap_or_default());
            signature.push_str(",v1=");
            for byte in signed.sign().as_ref() {
                // Writing to a text does not fail.
                let _ = write!(signature, "{byte:02x}");
            }
        }
        signature
    }
}
