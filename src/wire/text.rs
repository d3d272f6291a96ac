//! Text in an unknown encoding.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use encoding_rs::WINDOWS_1252;

/// Text as it was received, decoded only on request. It is a slice of the receive buffer, so cloning it is cheap.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LossyText(Bytes);

impl LossyText {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, decoded by [`decode_lossy`].
    pub fn decode(&self) -> Cow<'_, str> {
        decode_lossy(&self.0)
    }
}

impl From<Bytes> for LossyText {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl PartialEq<str> for LossyText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for LossyText {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// The text may be a PIN or a caller's number, so only its length is shown.
impl fmt::Debug for LossyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Decodes valid UTF-8 as such and anything else as Windows-1252.
///
/// Both switches pass on the bytes that the trunk has sent, which are UTF-8 or Latin-1. Windows-1252 differs from
/// Latin-1 only in the bytes 0x80 to 0x9F. There Latin-1 has control characters, which do not occur in names, and
/// Windows-1252 has characters that do, such as the euro sign and typographic quotes. It can decode every byte.
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}
