//! Values of FreeSWITCH.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use encoding_rs::WINDOWS_1252;
use percent_encoding::percent_decode;

/// Bytes that FreeSWITCH sent as text, decoded only when asked. Cheap to clone: a slice of what was received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EslText(Bytes);

impl EslText {
    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where it was sent as it is: replies and bodies.
    pub fn decode(&self) -> Cow<'_, str> {
        decode(&self.0)
    }
}

impl From<Bytes> for EslText {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl PartialEq<&str> for EslText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// It may be a PIN or a caller's number: only its length is shown.
impl fmt::Debug for EslText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A header's value: `%XX` is decoded, `+` is a plus, and `_undef_` is nothing (`switch_event_serialize` in
/// `switch_event.c`).
///
/// What comes out is not always what went in: a `%` that two of `0`–`9`, `A`–`F` follow is not encoded
/// (`switch_url_encode_opt` in `switch_utils.c`), so `100%AB` is read as `100` and a byte. And a value that is
/// `_undef_` in so many letters is read as none.
pub fn decode_header_value(value: &[u8]) -> Cow<'_, str> {
    if value == b"_undef_" {
        return Cow::Borrowed("");
    }
    match percent_decode(value).into() {
        Cow::Borrowed(bytes) => decode(bytes),
        Cow::Owned(bytes) => Cow::Owned(decode(&bytes).into_owned()),
    }
}

/// Valid UTF-8 as such, anything else as Windows-1252.
///
/// FreeSWITCH passes bytes through as the trunk sent them, and what is not UTF-8 there is Latin-1, of which
/// Windows-1252 is the kind that people write. Every byte has a meaning in it, so nothing is lost.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}
