//! A block of headers.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::header_value::decode_header_value;
use super::parse;
use crate::wire::decode_lossy;

/// Header lines as they came. An event has a hundred and we read five, so nothing is taken apart before it is asked
/// for; cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EslHeaders(Bytes);

impl EslHeaders {
    /// The value of the name, decoded; `None` where there is no such header.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(decode_header_value)
    }

    /// The value as it came: what FreeSWITCH never encodes.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        parse::find_header(&self.0, name.as_bytes())
    }

    /// The channel variable, whose name is the same in small letters and in capitals. One with more values than one
    /// reads `ARRAY::a|:b`.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(&format!("{VARIABLE_PREFIX}{name}"))
    }

    /// All channel variables, by their names.
    pub fn variables(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        parse::headers(&self.0).filter_map(|(name, value)| {
            let name = name.strip_prefix(VARIABLE_PREFIX.as_bytes())?;
            Some((decode_lossy(name), decode_header_value(value)))
        })
    }
}

/// What stands before a variable's name (`switch_channel_event_set_extended_data` in `switch_channel.c`).
const VARIABLE_PREFIX: &str = "variable_";

impl From<Bytes> for EslHeaders {
    fn from(block: Bytes) -> Self {
        Self(block)
    }
}

/// Callers' numbers, digits and variables are personal: only a size is shown.
impl fmt::Debug for EslHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of headers", self.0.len())
    }
}
