//! Bytes of Asterisk that are meant as text.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use encoding_rs::WINDOWS_1252;

/// Bytes that Asterisk sent as text, decoded only when asked. Cheap to clone: a slice of what was received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AgiText(Bytes);

impl AgiText {
    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, by [`decode`].
    pub fn decode(&self) -> Cow<'_, str> {
        decode(&self.0)
    }
}

impl From<Bytes> for AgiText {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl PartialEq<str> for AgiText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for AgiText {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// It may be a PIN or a caller's number: only its length is shown.
impl fmt::Debug for AgiText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Valid UTF-8 as such, anything else as Windows-1252.
///
/// Asterisk passes bytes through as the trunk sent them, and what is not UTF-8 there is Latin-1. Windows-1252 is
/// Latin-1 but for 0x80 to 0x9F, where it has the euro and the typographic quotes that people do write in names, and
/// Latin-1 has control characters that nobody does. Every byte has a meaning in it, so nothing is lost.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}
