//! The grammar of `keys` in `[keypress]`: single keys, and ranges of digits or letters, such as `0-9*#`.

use std::ops::RangeInclusive;

use nom::branch::alt;
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map, verify};
use nom::multi::many1;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

/// The keys of a text as ranges; `None` if it is not valid.
pub(super) fn parse(text: &str) -> Option<Vec<RangeInclusive<char>>> {
    let (_, keys) = all_consuming(many1(part)).parse(text).ok()?;
    Some(keys)
}

fn part(input: &str) -> IResult<&str, RangeInclusive<char>> {
    let digits = separated_pair(one_of("0123456789"), char('-'), one_of("0123456789"));
    let letters = separated_pair(one_of("ABCD"), char('-'), one_of("ABCD"));
    let ascending = verify(alt((digits, letters)), |(first, last)| first <= last);
    let range = map(ascending, |(first, last)| first..=last);
    alt((range, map(one_of("0123456789*#ABCD"), |key| key..=key))).parse(input)
}
