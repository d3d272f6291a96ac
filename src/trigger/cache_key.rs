//! The keys that answers are kept under: digests that tell nothing of what is in them.

use reqwest::Body;
use ring::hmac;
use ring::rand::SystemRandom;

use super::outgoing_request::OutgoingRequest;
use super::{TriggerSetupError, shared_cache};
use crate::script::request::{CacheKey, CacheKeyInput};

/// Makes keys.
pub(super) struct CacheKeyHasher(hmac::Key);

impl CacheKeyHasher {
    /// By the key of all daemons that share their answers.
    pub(super) fn with_secret(secret: &str) -> Result<Self, TriggerSetupError> {
        Ok(Self(shared_cache::request_hmac_key(secret)?))
    }

    /// By a key that only this process knows.
    pub(super) fn with_random_key() -> Result<Self, TriggerSetupError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        key.map(Self).map_err(|_| TriggerSetupError::NoRandomNumbers)
    }

    /// The key of a request: of everything that is sent, each part with its length; or of what the script says. Values
    /// that stand in the second URL alone tell requests apart too: the answer may be from there.
    pub(super) fn cache_key(
        &self,
        first: &OutgoingRequest,
        second: Option<&OutgoingRequest>,
        named: Option<&CacheKeyInput>,
    ) -> CacheKey {
        let request = first.request();
        let mut digest = CacheKeyDigest(hmac::Context::with_key(&self.0));
        digest.update(request.method().as_str().as_bytes());
        if let Some(named) = named {
            digest.update(b"named");
            digest.update(named.source.as_bytes());
            digest.update(named.text.text().as_bytes());
            return digest.finish();
        }
        digest.update(b"all");
        digest.update(request.url().as_str().as_bytes());
        digest.update(&request.headers().len().to_be_bytes());
        for (name, value) in request.headers() {
            digest.update(name.as_str().as_bytes());
            digest.update(value.as_bytes());
        }
        digest.update(request.body().and_then(Body::as_bytes).unwrap_or_default());
        second.iter().for_each(|second| digest.update(second.url().as_str().as_bytes()));
        digest.finish()
    }
}

struct CacheKeyDigest(hmac::Context);

impl CacheKeyDigest {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> CacheKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.sign().as_ref());
        CacheKey(key)
    }
}
