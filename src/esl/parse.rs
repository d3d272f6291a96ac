//! The grammar of header values.
//!
//! The input is complete. So nom's *complete* parsers are used: a value that ends early is invalid, not incomplete.

use nom::Parser;
use nom::character::complete::{space0, usize as decimal};
use nom::combinator::{all_consuming, rest};
use nom::error::Error;
use nom::sequence::{delimited, preceded};

/// The value of a header line, from what follows the colon. It may contain colons. Spaces before it are not part of it.
pub(super) fn header_value(after_colon: &[u8]) -> &[u8] {
    let value = preceded(space0::<_, Error<_>>, rest).parse(after_colon);
    value.map_or(after_colon, |(_, value)| value)
}

/// Parses the value of a `Content-Length`.
pub(super) fn content_length(value: &[u8]) -> Option<usize> {
    let number = delimited(space0::<_, Error<_>>, decimal, space0);
    all_consuming(number).parse(value).ok().map(|(_, number)| number)
}
