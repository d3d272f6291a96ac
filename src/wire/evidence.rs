//! Received bytes in error messages.

use std::fmt;

/// Maximum number of bytes that an error shows.
const MAX_EVIDENCE_BYTES: usize = 200;

/// The first bytes of an invalid message, escaped. Digits may be a PIN, so each is shown as `9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence(String);

impl Evidence {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let shown = &bytes[..bytes.len().min(MAX_EVIDENCE_BYTES)];
        let ellipsis = if shown.len() < bytes.len() { "…" } else { "" };
        let mask = |byte: u8| if byte.is_ascii_digit() { b'9' } else { byte };
        let shown: Vec<u8> = shown.iter().copied().map(mask).collect();
        Self(format!("{}{ellipsis}", shown.escape_ascii()))
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
