//! Names of sounds: made of everything that makes them different, and telling nothing of it.

use std::fmt::{self, Display, Formatter};

use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

/// What a sound is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SoundKey([u8; 32]);

impl SoundKey {
    /// The key of these parts, each with its length.
    pub fn from_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }

    /// The key that was written like this.
    pub fn parse(hex: &str) -> Option<Self> {
        let mut key = [0; 32];
        if hex.len() != 2 * key.len() || !is_hex(hex) {
            return None;
        }
        for (byte, digits) in key.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(key))
    }
}

impl Display for SoundKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether a text is nothing but small hexadecimal digits.
pub fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name that nobody can guess; `None` where the system gives no random numbers.
pub fn random_name() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(bytes)))
}
