//! What the server gets to see: names that tell nothing, and values that nobody else can read or make.

use std::fmt::Write;
use std::time::Duration;

use bytes::{Buf, BufMut};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

use super::SharedCacheEntry;
use crate::script::request::CacheKey;

/// Before all names; the number is that of the form of values.
pub(super) const NAME_PREFIX: &str = "dialscript:1:";

/// A key of its own for each use.
pub(super) fn derive_key(secret: &str, label: &[u8]) -> Result<hmac::Key, Unspecified> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"dialscript shared cache 1");
    let secret = salt.extract(secret.as_bytes());
    Ok(hmac::Key::from(secret.expand(&[label], hmac::HMAC_SHA256)?))
}

/// The keys of names and of values.
pub(super) struct CacheSealer {
    name_key: hmac::Key,
    value_key: hmac::Key,
    random: SystemRandom,
}

impl CacheSealer {
    pub(super) fn new(secret: &str) -> Result<Self, Unspecified> {
        let (names, values) = (derive_key(secret, b"names")?, derive_key(secret, b"values")?);
        Ok(Self { name_key: names, value_key: values, random: SystemRandom::new() })
    }

    /// The name of an answer.
    pub(super) fn entry_name(&self, key: &CacheKey) -> String {
        format!("{NAME_PREFIX}{}", hex(hmac::sign(&self.name_key, &key.0).as_ref()))
    }

    /// The name of the lease of whoever asks for an answer.
    pub(super) fn lease_name(&self, key: &CacheKey) -> String {
        format!("{NAME_PREFIX}lead:{}", hex(hmac::sign(&self.name_key, &key.0).as_ref()))
    }

    /// Sixteen random bytes that nobody can guess.
    pub(super) fn random_token(&self) -> Result<String, Unspecified> {
        Ok(hex(&random_bytes::<16>(&self.random)?))
    }

    /// A value as it is written under a name.
    pub(super) fn seal(&self, name: &str, kept: &SharedCacheEntry) -> Option<Vec<u8>> {
        let nonce = random_bytes::<NONCE_LEN>(&self.random).ok()?;
        let mut text = encode_entry(kept)?;
        let key = self.key_for_value(name)?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name),
            &mut text,
        )
        .ok()?;
        Some([nonce.as_slice(), &text].concat())
    }

    /// What was sealed under this name; its age is none yet.
    pub(super) fn open(&self, name: &str, mut sealed: Vec<u8>) -> Option<SharedCacheEntry> {
        let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        decode_entry(self.key_for_value(name)?.open_in_place(nonce, Aad::from(name), text).ok()?)
    }

    /// Each name has its own key: random nonces of a single one would meet after some 2³² values.
    fn key_for_value(&self, name: &str) -> Option<LessSafeKey> {
        let key = hmac::sign(&self.value_key, name.as_bytes());
        UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).ok().map(LessSafeKey::new)
    }
}

fn encode_entry(kept: &SharedCacheEntry) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(kept.body.len() + 256);
    text.put_u64(millis(kept.fresh_for)?);
    text.put_u64(millis(kept.lifetime)?);
    text.put_u16(kept.status);
    text.put_u8(kept.content_type.is_some().into());
    let content_type = kept.content_type.as_deref().unwrap_or_default();
    text.put_u16(content_type.len().try_into().ok()?);
    text.put_slice(content_type.as_bytes());
    text.put_slice(&kept.body);
    Some(text)
}

fn decode_entry(mut text: &[u8]) -> Option<SharedCacheEntry> {
    let time = Duration::from_millis(text.try_get_u64().ok()?);
    let lifetime = Duration::from_millis(text.try_get_u64().ok()?);
    let status = text.try_get_u16().ok()?;
    let has_type = text.try_get_u8().ok()? == 1;
    let length = text.try_get_u16().ok()?;
    let (content_type, body) = text.split_at_checked(length.into())?;
    let content_type = std::str::from_utf8(content_type).ok()?;
    Some(SharedCacheEntry {
        status,
        content_type: has_type.then(|| content_type.to_owned()),
        body: body.to_vec(),
        age: Duration::ZERO,
        fresh_for: time,
        lifetime,
    })
}

pub(super) fn millis(time: Duration) -> Option<u64> {
    u64::try_from(time.as_millis()).ok()
}

fn random_bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
