//! A block of headers.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::header_value::decode_header_value;
use super::parse;
use crate::wire::decode_lossy;

/// Header lines as received. An event has about a hundred headers, and we read five of them, so a header is parsed only
/// on request. Cloning is cheap.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EslHeaders(Bytes);

impl EslHeaders {
    /// The decoded value; `None` if there is no such header.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(decode_header_value)
    }

    /// The value as received, for headers that FreeSWITCH never encodes.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        parse::find_header(&self.0, name.as_bytes())
    }

    /// A channel variable. Names are not case-sensitive. A variable with several values has the form `ARRAY::a|:b`.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(&format!("{VARIABLE_PREFIX}{name}"))
    }

    /// All channel variables.
    pub fn variables(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        parse::headers(&self.0).filter_map(|(name, value)| {
            let name = name.strip_prefix(VARIABLE_PREFIX.as_bytes())?;
            Some((decode_lossy(name), decode_header_value(value)))
        })
    }
}

/// Prefix of a variable's header (`switch_channel_event_set_extended_data` in `switch_channel.c`).
const VARIABLE_PREFIX: &str = "variable_";

impl From<Bytes> for EslHeaders {
    fn from(block: Bytes) -> Self {
        Self(block)
    }
}

/// Numbers, digits and variables are personal data, so only the size is shown.
impl fmt::Debug for EslHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of headers", self.0.len())
    }
}
