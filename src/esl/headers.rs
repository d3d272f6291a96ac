//! A block of headers.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::header_index::EslHeaderIndex;
use super::header_value::decode_header_value;
use crate::wire::{LineScanner, ScannedLine, decode_lossy};

/// Header lines as received, and where their names and values are. A value is decoded only on request: an event has a
/// hundred headers or more, and we read five of them.
///
/// Names are not case-sensitive. Of two headers with the same name, the first one counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EslHeaders {
    block: Bytes,
    index: EslHeaderIndex,
}

impl EslHeaders {
    /// A block whose lines are all in the index.
    pub(super) fn new(block: Bytes, index: EslHeaderIndex) -> Self {
        Self { block, index }
    }

    /// Splits the body of a `text/event-plain` into the event's headers and the event's own body. That body extends to
    /// the end of the message; the inner `Content-Length` is redundant (`switch_event_serialize` in `switch_event.c`).
    /// Nothing is copied.
    pub(super) fn parse(mut event: Bytes) -> (Self, Bytes) {
        let mut index = EslHeaderIndex::for_event(event.len());
        let mut lines = LineScanner::default();
        while let ScannedLine::Complete(line) = lines.next_line(&event, usize::MAX) {
            if index.push_line(&event, line) {
                let body = event.split_off(lines.complete_bytes());
                return (Self::new(event, index), body);
            }
        }
        index.push_line(&event, lines.complete_bytes()..event.len());
        (Self::new(event, index), Bytes::new())
    }

    /// The decoded value; `None` if there is no such header.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(decode_header_value)
    }

    /// The value as received, for headers that FreeSWITCH never encodes.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.index.get(&self.block, name)
    }

    /// Like [`raw`](Self::raw), as a slice of the received bytes.
    pub(super) fn raw_slice(&self, name: &str) -> Option<Bytes> {
        self.raw(name).map(|value| self.block.slice_ref(value))
    }

    /// A channel variable. Names are not case-sensitive. A variable with several values has the form `ARRAY::a|:b`.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        let is_wanted = |found: &[u8]| {
            found.len() == VARIABLE_PREFIX.len() + name.len()
                && strip_prefix(found, VARIABLE_PREFIX)
                    .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.index.find(&self.block, is_wanted).map(decode_header_value)
    }

    /// The channel variables whose names begin with `prefix`, by the rest of their names.
    pub fn variables<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.index.headers(&self.block).filter_map(move |(name, value)| {
            let name = strip_prefix(strip_prefix(name, VARIABLE_PREFIX)?, prefix.as_bytes())?;
            Some((decode_lossy(name), decode_header_value(value)))
        })
    }
}

/// Prefix of a variable's header (`switch_channel_event_set_extended_data` in `switch_channel.c`).
const VARIABLE_PREFIX: &[u8] = b"variable_";

/// Names are not case-sensitive.
fn strip_prefix<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Numbers, digits and variables are personal data, so only the size is shown.
impl fmt::Debug for EslHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of headers", self.block.len())
    }
}
