//! File names that nobody can guess.

use std::io;

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};

const RANDOM_BYTES: usize = 16;

/// Returns 128 random bits as 32 lower-case hexadecimal digits.
pub(super) fn random_name() -> io::Result<String> {
    random_bytes::<RANDOM_BYTES>().map(|bytes| HEXLOWER.encode(&bytes))
}

/// Whether [`random_name`] could have returned the name.
pub(super) fn is_random_name(name: &str) -> bool {
    name.len() == 2 * RANDOM_BYTES && is_lower_hex(name)
}

pub(super) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system provides no random numbers"))?;
    Ok(bytes)
}
