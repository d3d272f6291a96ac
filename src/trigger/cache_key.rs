//! Cache keys: keyed digests (HMACs) of requests. A key reveals nothing about its request.

use reqwest::Body;
use ring::error::Unspecified;
use ring::hmac;
use ring::rand::SystemRandom;

use super::outgoing_request::OutgoingRequest;
use super::shared_cache::{self, SharedCacheSetupError};
use crate::script::answer::AnswerFormat;
use crate::script::request::{CacheKey, CacheKeyInput};

#[derive(Clone)]
pub(super) struct CacheKeyHasher(hmac::Key);

impl CacheKeyHasher {
    /// Daemons with the same secret make the same cache keys, which a shared cache needs.
    pub(super) fn with_secret(secret: &str) -> Result<Self, SharedCacheSetupError> {
        Ok(Self(shared_cache::request_hmac_key(secret)?))
    }

    /// Uses an HMAC key that only this process knows.
    pub(super) fn with_random_key() -> Result<Self, Unspecified> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map(Self)
    }

    /// Returns the cache key of a request. If the script sets a cache key, it is a digest of the method and that key.
    /// Otherwise it is a digest of everything that is sent, and of `fallback_url`, since the answer may come from
    /// there.
    pub(super) fn cache_key(
        &self,
        primary: &OutgoingRequest,
        fallback: Option<&OutgoingRequest>,
        custom_key: Option<&CacheKeyInput>,
        read_as: Option<AnswerFormat>,
    ) -> CacheKey {
        let request = primary.request();
        let mut digest = CacheKeyDigest(hmac::Context::with_key(&self.0));
        digest.update(request.method().as_str().as_bytes());
        // Scripts that read the same body in different formats do not share the parsed answer.
        read_as.iter().for_each(|format| digest.update(format.name().as_bytes()));
        if let Some(custom_key) = custom_key {
            digest.update(b"named");
            digest.update(custom_key.source.as_bytes());
            digest.update(custom_key.text.text().as_bytes());
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
        fallback.iter().for_each(|target| digest.update(target.url().as_str().as_bytes()));
        digest.finish()
    }
}

struct CacheKeyDigest(hmac::Context);

impl CacheKeyDigest {
    /// Adds the length before the bytes. Without the length, the parts `ab` and `c` would have the same digest as `a`
    /// and `bc`.
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
