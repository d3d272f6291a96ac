//! Encryption for the shared cache: names are keyed digests, values are encrypted and authenticated.

use std::time::Duration;

use bytes::{Buf, BufMut};
use data_encoding::HEXLOWER;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

use super::entry::SharedCacheEntry;
use crate::script::request::CacheKey;

/// The prefix of all names. The number is the version of the value format.
pub(super) const NAME_PREFIX: &str = "dialscript:1:";

/// The longest encrypted value that is written or read, in bytes: twice the longest body of an answer.
pub(super) const MAX_SEALED_BYTES: usize = 512 * 1024;

/// Derives a key from the secret. Each label gives a different key.
pub(super) fn derive_key(secret: &str, label: &[u8]) -> Result<hmac::Key, Unspecified> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"dialscript shared cache 1");
    let secret = salt.extract(secret.as_bytes());
    Ok(hmac::Key::from(secret.expand(&[label], hmac::HMAC_SHA256)?))
}

pub(super) struct CacheSealer {
    name_key: hmac::Key,
    value_key: hmac::Key,
    random: SystemRandom,
}

impl CacheSealer {
    pub(super) fn new(secret: &str) -> Result<Self, Unspecified> {
        let (name_key, value_key) = (derive_key(secret, b"names")?, derive_key(secret, b"values")?);
        Ok(Self { name_key, value_key, random: SystemRandom::new() })
    }

    pub(super) fn entry_name(&self, key: &CacheKey) -> String {
        format!("{NAME_PREFIX}{}", self.name_digest(key))
    }

    pub(super) fn lease_name(&self, key: &CacheKey) -> String {
        format!("{NAME_PREFIX}lead:{}", self.name_digest(key))
    }

    fn name_digest(&self, key: &CacheKey) -> String {
        HEXLOWER.encode(hmac::sign(&self.name_key, &key.0).as_ref())
    }

    /// Returns 16 random bytes in hexadecimal, which nobody can guess.
    pub(super) fn random_token(&self) -> Result<String, Unspecified> {
        Ok(HEXLOWER.encode(&random_bytes::<16>(&self.random)?))
    }

    /// Encrypts an entry for one name. The value can't be decrypted with another name.
    pub(super) fn seal(&self, name: &str, entry: &SharedCacheEntry) -> Option<Vec<u8>> {
        let nonce = random_bytes::<NONCE_LEN>(&self.random).ok()?;
        let mut bytes = encode_entry(entry)?;
        let key = self.key_for_value(name)?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name),
            &mut bytes,
        )
        .ok()?;
        Some([nonce.as_slice(), &bytes].concat())
    }

    /// Decrypts the value of a name. `None` if it was not sealed with our secret and this name. The age in the result
    /// is zero.
    pub(super) fn open(&self, name: &str, mut sealed: Vec<u8>) -> Option<SharedCacheEntry> {
        let (nonce, ciphertext) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let key = self.key_for_value(name)?;
        decode_entry(key.open_in_place(nonce, Aad::from(name), ciphertext).ok()?)
    }

    /// Derives a key for each name. With one key for all names, random 96-bit nonces would be safe for only about 2³²
    /// values.
    fn key_for_value(&self, name: &str) -> Option<LessSafeKey> {
        let key = hmac::sign(&self.value_key, name.as_bytes());
        UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).ok().map(LessSafeKey::new)
    }
}

fn encode_entry(entry: &SharedCacheEntry) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(entry.body.len() + 256);
    bytes.put_u64(millis(entry.fresh_for)?);
    bytes.put_u64(millis(entry.lifetime)?);
    bytes.put_u16(entry.status);
    bytes.put_u8(entry.content_type.is_some().into());
    let content_type = entry.content_type.as_deref().unwrap_or_default();
    bytes.put_u16(content_type.len().try_into().ok()?);
    bytes.put_slice(content_type.as_bytes());
    bytes.put_slice(&entry.body);
    Some(bytes)
}

fn decode_entry(mut bytes: &[u8]) -> Option<SharedCacheEntry> {
    let fresh_for = Duration::from_millis(bytes.try_get_u64().ok()?);
    let lifetime = Duration::from_millis(bytes.try_get_u64().ok()?);
    let status = bytes.try_get_u16().ok()?;
    let has_type = bytes.try_get_u8().ok()? == 1;
    let length = bytes.try_get_u16().ok()?;
    let (content_type, body) = bytes.split_at_checked(length.into())?;
    let content_type = std::str::from_utf8(content_type).ok()?;
    Some(SharedCacheEntry {
        status,
        content_type: has_type.then(|| content_type.to_owned()),
        body: body.to_vec(),
        age: Duration::ZERO,
        fresh_for,
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
