//! The grammar of a header line.
//!
//! The input is a complete block. So nom's *complete* parsers are used: a line that ends early is invalid, not
//! incomplete.

use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::{space0, usize as decimal};
use nom::combinator::{all_consuming, rest};
use nom::error::Error;
use nom::sequence::{delimited, separated_pair};
use nom::{IResult, Parser};

/// Name and value, not decoded.
pub(super) type EslHeader<'a> = (&'a [u8], &'a [u8]);

/// The headers of a block, in their order. Lines without a colon are skipped.
///
/// Of two headers with the same name, FreeSWITCH uses the first (`switch_event_get_header_ptr` in `switch_event.c`).
pub(super) fn headers(block: &[u8]) -> impl Iterator<Item = EslHeader<'_>> {
    lines(block).filter_map(|line| parse_header(line).ok().map(|(_, header)| header))
}

/// The first value of the header. Names are not case-sensitive.
pub(super) fn find_header<'a>(block: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    // The name is compared before the line is parsed: most lines of an event are never read.
    let named = lines(block).filter(|line| has_name(line, name));
    named.filter_map(|line| parse_header(line).ok()).map(|(_, (_, value))| value).next()
}

/// Splits the body of a `text/event-plain` into the event's headers and the event's own body. That body extends to the
/// end of the message; the inner `Content-Length` is redundant (`switch_event_serialize` in `switch_event.c`).
pub(super) fn split_event(input: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for line in input.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return (&input[..start], &input[end..]);
        }
        start = end;
    }
    (input, b"")
}

/// Parses the value of a `Content-Length`.
pub(super) fn content_length(value: &[u8]) -> Option<usize> {
    let number = delimited(space0::<_, Error<_>>, decimal, space0);
    all_consuming(number).parse(value).ok().map(|(_, number)| number)
}

/// `Name: value`. The value may contain colons. Spaces before it are not part of it.
fn parse_header(line: &[u8]) -> IResult<&[u8], EslHeader<'_>> {
    let name = take_till1(|byte| byte == b':');
    separated_pair(name, (tag(":"), space0), rest).parse(line)
}

fn has_name(line: &[u8], name: &[u8]) -> bool {
    let start = line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    start && line.get(name.len()) == Some(&b':')
}

/// FreeSWITCH ends lines with a line feed and also accepts a carriage return before it (`read_packet`).
fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = block.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}
