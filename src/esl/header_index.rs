//! Where the headers of a block are.

use std::ops::Range;

use memchr::memchr;

use super::parse;

/// The places of a block's headers, in their order. It is filled line by line while the end of the block is looked for,
/// so each byte of a block is looked at once, whatever is read from it later.
///
/// It has 12 bytes for each header, which has at least 3 bytes: at most four times the size of the block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EslHeaderIndex(Vec<HeaderPlace>);

/// Offsets from the beginning of the block. The limits of the codec are far below 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeaderPlace {
    start: u32,
    colon: u32,
    end: u32,
}

impl EslHeaderIndex {
    /// An index with room for the headers of an event of this length. FreeSWITCH's have 43 bytes on average.
    pub(super) fn for_event(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes / 32))
    }

    /// Adds a line, given without its line feed. A line without a name and a colon is skipped. Returns whether the
    /// line is blank, which ends the block.
    pub(super) fn push_line(&mut self, block: &[u8], line: Range<usize>) -> bool {
        // FreeSWITCH ends lines with a line feed and also accepts a carriage return before it (`read_packet`).
        let text = &block[line.clone()];
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if let Some(colon) = memchr(b':', text).filter(|&colon| colon > 0) {
            let [start, colon, end] =
                [0, colon, text.len()].map(|offset| (line.start + offset) as u32);
            self.0.push(HeaderPlace { start, colon, end });
        }
        text.is_empty()
    }

    /// The first value of the header, not decoded. Names are not case-sensitive.
    ///
    /// Of two headers with the same name, FreeSWITCH uses the first (`switch_event_get_header_ptr` in
    /// `switch_event.c`).
    pub(super) fn get<'a>(&self, block: &'a [u8], name: &str) -> Option<&'a [u8]> {
        self.find(block, |found| found.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of the first header with such a name, not decoded.
    pub(super) fn find<'a>(
        &self,
        block: &'a [u8],
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Option<&'a [u8]> {
        let place = self.0.iter().find(|place| is_wanted(place.name(block)))?;
        Some(place.value(block))
    }

    /// Names and values of all headers, not decoded.
    pub(super) fn headers<'a>(
        &'a self,
        block: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().map(|place| (place.name(block), place.value(block)))
    }
}

impl HeaderPlace {
    fn name<'a>(&self, block: &'a [u8]) -> &'a [u8] {
        &block[self.start as usize..self.colon as usize]
    }

    fn value<'a>(&self, block: &'a [u8]) -> &'a [u8] {
        parse::header_value(&block[self.colon as usize + 1..self.end as usize])
    }
}
