//! The grammar of `keys` in `[keypress]`: single keys, and ranges of digits or letters, such as `0-9*#`.

use std::ops::{Range, RangeInclusive};

use nom::branch::alt;
use nom::character::complete::{char, one_of};
use nom::combinator::{map, verify};
use nom::multi::many0;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

/// Why a text is not valid, the place of that in the text, and how to correct it.
pub(super) struct KeysError {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
}

/// Characters that people write between keys.
const SEPARATORS: &[char] = &[',', ';', '|', '/', ' '];

const HELP: &str = "write single keys and ranges such as \"0-9*#\"; a telephone has the keys 0 to 9, * and #, \
                    and some have A to D";

/// The keys of a text as ranges.
pub(super) fn parse(text: &str) -> Result<Vec<RangeInclusive<char>>, KeysError> {
    match many0(part).parse(text) {
        Ok(("", ranges)) if !ranges.is_empty() => Ok(ranges),
        Ok((rest, _)) => Err(error(text, rest)),
        Err(_) => Err(error(text, text)),
    }
}

fn part(input: &str) -> IResult<&str, RangeInclusive<char>> {
    let digits = separated_pair(one_of("0123456789"), char('-'), one_of("0123456789"));
    let letters = separated_pair(one_of("ABCD"), char('-'), one_of("ABCD"));
    let ascending = verify(alt((digits, letters)), |(first, last)| first <= last);
    let range = map(ascending, |(first, last)| first..=last);
    alt((range, map(one_of("0123456789*#ABCD"), |key| key..=key))).parse(input)
}

/// What is wrong with a text whose keys end before `rest`.
fn error(text: &str, rest: &str) -> KeysError {
    let start = text.len() - rest.len();
    let Some(wrong) = rest.chars().next() else {
        let help = "write the keys that are input, or remove this line for the digits";
        return KeysError {
            at: 0..0,
            message: "`keys` is empty".to_owned(),
            help: help.to_owned(),
        };
    };
    if wrong == '-' {
        return hyphen_error(text, start);
    }
    let joined = text.replace(SEPARATORS, "");
    let help = match wrong {
        'a'..='d' => format!("write a capital letter: `{}`", wrong.to_ascii_uppercase()),
        _ if SEPARATORS.contains(&wrong) && many0(part).parse(&joined).is_ok_and(is_whole) => {
            format!("write the keys without anything between them: `keys = \"{joined}\"`")
        }
        _ => HELP.to_owned(),
    };
    let message = match wrong {
        ' ' => "a space is not a key of a telephone".to_owned(),
        _ => format!("`{wrong}` is not a key of a telephone"),
    };
    KeysError { at: start..start + wrong.len_utf8(), message, help }
}

fn is_whole((rest, ranges): (&str, Vec<RangeInclusive<char>>)) -> bool {
    rest.is_empty() && !ranges.is_empty()
}

/// What is wrong with a hyphen that is not part of a range.
fn hyphen_error(text: &str, hyphen: usize) -> KeysError {
    let first = text[..hyphen].chars().next_back();
    let last = text[hyphen + 1..].chars().next();
    if let (Some(first), Some(last)) = (first, last)
        && first > last
        && part(&format!("{last}-{first}")).is_ok_and(|(rest, _)| rest.is_empty())
    {
        return KeysError {
            at: hyphen - 1..hyphen + 2,
            message: "a range begins with its smaller key".to_owned(),
            help: format!("write `{last}-{first}`"),
        };
    }
    KeysError {
        at: hyphen..hyphen + 1,
        message: "a hyphen stands only between two digits or two letters".to_owned(),
        help: HELP.to_owned(),
    }
}
