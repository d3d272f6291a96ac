//! The grammar of `keys` in `[keypress]`: single keys, and ranges of digits or letters, such as `0-9*#`.

use nom::branch::alt;
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map, verify};
use nom::multi::fold_many1;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use crate::channel::KeySet;

/// The keys of a text; `None` if it is not valid.
pub(super) fn parse(text: &str) -> Option<KeySet> {
    let single = map(one_of("0123456789*#ABCD"), |key| key..=key);
    let part = alt((range("0123456789"), range("ABCD"), single));
    let keys = fold_many1(
        part,
        || KeySet::NONE,
        |mut keys, part| {
            keys.extend(part);
            keys
        },
    );
    let parsed: IResult<&str, KeySet> = all_consuming(keys).parse(text);
    parsed.ok().map(|(_, keys)| keys)
}

/// Two of these keys with a hyphen between them. The first one is not above the second one.
fn range<'a>(
    keys: &'static str,
) -> impl Parser<&'a str, Output = std::ops::RangeInclusive<char>, Error = nom::error::Error<&'a str>>
{
    let ends = separated_pair(one_of(keys), char('-'), one_of(keys));
    map(verify(ends, |(first, last)| first <= last), |(first, last)| first..=last)
}
