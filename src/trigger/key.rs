//! The keys that answers are kept under: digests that tell nothing of what is in them.

use reqwest::Body;
use ring::hmac;
use ring::rand::SystemRandom;

use super::outgoing::Outgoing;
use super::{StartError, shared};
use crate::script::request::{CacheKey, CacheKeyFilled};

/// Makes keys.
pub(super) struct KeyMaker(hmac::Key);

impl KeyMaker {
    /// By the key of all daemons that share their answers.
    pub(super) fn of_all(secret: &str) -> Result<Self, StartError> {
        Ok(Self(shared::request_key(secret)?))
    }

    /// By a key that only this process knows.
    pub(super) fn random() -> Result<Self, StartError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        key.map(Self).map_err(|_| StartError::Random)
    }

    /// The key of a request: of everything that is sent, each part with its length; or of what the script says. Values
    /// that stand in the second URL alone tell requests apart too: the answer may be from there.
    pub(super) fn key(
        &self,
        first: &Outgoing,
        second: Option<&Outgoing>,
        named: Option<&CacheKeyFilled>,
    ) -> CacheKey {
        let request = first.request();
        let mut digest = Digest(hmac::Context::with_key(&self.0));
        digest.part(request.method().as_str().as_bytes());
        if let Some(named) = named {
            digest.part(b"named");
            digest.part(named.of.as_bytes());
            digest.part(named.text.text().as_bytes());
            return digest.key();
        }
        digest.part(b"all");
        digest.part(request.url().as_str().as_bytes());
        digest.part(&request.headers().len().to_be_bytes());
        for (name, value) in request.headers() {
            digest.part(name.as_str().as_bytes());
            digest.part(value.as_bytes());
        }
        digest.part(request.body().and_then(Body::as_bytes).unwrap_or_default());
        second.iter().for_each(|second| digest.part(second.url().as_str().as_bytes()));
        digest.key()
    }
}

struct Digest(hmac::Context);

impl Digest {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn key(self) -> CacheKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.sign().as_ref());
        CacheKey(key)
    }
}
