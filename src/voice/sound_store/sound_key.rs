//! Keys of stored sounds.

use std::fmt::{self, Display, Formatter};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};

/// A hash of everything that the sound depends on. It reveals nothing about its text or its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SoundKey([u8; 32]);

impl SoundKey {
    /// Hashes each part with its length. Without the length, the parts `ab` and `c` would have the same key as `a` and
    /// `bc`.
    pub(crate) fn from_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }

    /// Parses the `Display` form.
    pub(super) fn parse(hex: &str) -> Option<Self> {
        Some(Self(HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()?))
    }
}

impl Display for SoundKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}
