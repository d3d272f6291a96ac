//! Decoding of header values.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::wire::decode_lossy;

/// Decodes a header's value: `%XX` is a byte, `+` is a plus sign, and `_undef_` is an empty value
/// (`switch_event_serialize` in `switch_event.c`).
///
/// The result is not always the original value. FreeSWITCH does not encode a `%` that is followed by two of `0`–`9`,
/// `A`–`F` (`switch_url_encode_opt` in `switch_utils.c`), so `100%AB` is decoded to `100` and one byte. A value that is
/// literally `_undef_` is decoded to an empty one.
pub(super) fn decode_header_value(value: &[u8]) -> Cow<'_, str> {
    if value == b"_undef_" {
        return Cow::Borrowed("");
    }
    match percent_decode(value).into() {
        Cow::Borrowed(bytes) => decode_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(decode_lossy(&bytes).into_owned()),
    }
}
