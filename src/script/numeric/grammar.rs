//! The parsers that the languages share, and the parser for a sequence of numbers.

use nom::branch::alt;
use nom::combinator::{map, opt, verify};
use nom::error::{Error, ErrorKind};
use nom::sequence::{pair, preceded};
use nom::{Err, IResult, Parser};

/// A word, or a part of a compound word, that belongs to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberToken<'a> {
    pub(super) kind: NumberTokenKind<'a>,
    /// Whether a hyphen or a compound word joins the token to the one before.
    pub(super) joined: bool,
}

/// The meaning of a number word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberTokenKind<'a> {
    /// 0 to 9.
    Digit(u8),
    /// A number from 10 to 99 that no unit can follow, such as "eleven".
    Whole(u32),
    /// 20, 30 to 90.
    Tens(u32),
    /// 200, 300 to 900 in one word.
    Hundreds(u32),
    /// 100, 1000 and larger, which a count can precede: "three hundred".
    Power(u32),
    /// "and" between the parts of a number.
    And,
    /// "a", which is 1 only before a power: "a hundred".
    Article,
    /// Repeats the next digit: "double" is 2.
    Repeat(u8),
    /// "times": the digit before it says how often the digit after it is repeated.
    Times,
    /// Written digits, perhaps grouped by points or commas.
    Written(&'a str),
}

/// The tokens that are still to be parsed.
pub(super) type NumberTokens<'t, 'a> = &'t [NumberToken<'a>];
/// The parsed value, and the tokens after it.
pub(super) type NumberResult<'t, 'a, T> = IResult<NumberTokens<'t, 'a>, T>;
/// Parses one number above zero.
pub(super) type NumberParser = for<'t, 'a> fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>;

/// Maximum count before "times".
const MAX_REPEATED: u8 = 4;

/// The digits of all numbers, joined; `None` if tokens are left over.
pub(super) fn parse_numbers(
    mut tokens: NumberTokens<'_, '_>,
    number: NumberParser,
) -> Option<String> {
    let mut digits = String::new();
    while !tokens.is_empty() {
        let item = alt((repeated, map(number, |number| number.to_string()), zero, written));
        let (rest, number_digits) = { item }.parse(tokens).ok()?;
        digits.push_str(&number_digits);
        tokens = rest;
    }
    Some(digits)
}

/// Parses one token, if `select` accepts it.
pub(super) fn token<'t, 'a: 't, T>(
    select: impl Fn(NumberTokenKind<'a>) -> Option<T>,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, T> {
    move |tokens| {
        let selected =
            tokens.split_first().and_then(|(first, rest)| Some((rest, select(first.kind)?)));
        selected.ok_or(Err::Error(Error::new(tokens, ErrorKind::Tag)))
    }
}

/// 1 to 9.
pub(super) fn unit<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    token(|kind| match kind {
        NumberTokenKind::Digit(digit @ 1..) => Some(u32::from(digit)),
        _ => None,
    })(tokens)
}

/// A number from 10 to 99 in one word.
pub(super) fn whole<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    token(|kind| if let NumberTokenKind::Whole(number) = kind { Some(number) } else { None })(
        tokens,
    )
}

/// 20, 30 to 90.
pub(super) fn tens<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    token(|kind| if let NumberTokenKind::Tens(number) = kind { Some(number) } else { None })(tokens)
}

/// 200, 300 to 900 in one word.
pub(super) fn hundreds<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    token(|kind| if let NumberTokenKind::Hundreds(number) = kind { Some(number) } else { None })(
        tokens,
    )
}

pub(super) fn and<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, ()> {
    token(|kind| (kind == NumberTokenKind::And).then_some(()))(tokens)
}

/// A power of ten with an optional count before it and an optional rest after it: "two hundred and five", "hundred",
/// "a thousand".
pub(super) fn scaled<'t, 'a: 't>(
    power: u32,
    count: impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>,
    rest: impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    move |tokens| {
        let article = token(|kind| (kind == NumberTokenKind::Article).then_some(1));
        let is_power = token(|kind| (kind == NumberTokenKind::Power(power)).then_some(()));
        let rest = opt(preceded(opt(and), &rest));
        let (remaining, (count, (), rest)) =
            (opt(alt((article, &count))), is_power, rest).parse(tokens)?;
        let product = count.unwrap_or(1).checked_mul(power);
        let sum = product.and_then(|product| product.checked_add(rest.unwrap_or_default()));
        // A number that is too large is rejected as a whole, not split into shorter ones.
        let too_large = Err::Failure(Error::new(tokens, ErrorKind::TooLarge));
        Ok((remaining, sum.ok_or(too_large)?))
    }
}

/// 1 to 19.
pub(super) fn up_to_nineteen<'t, 'a: 't>(
    below_hundred: NumberParser,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    move |tokens| verify(below_hundred, |number| *number < 20).parse(tokens)
}

/// A repeated digit: "double seven", or "three times nine" in languages that have a word for "times".
fn repeated<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, String> {
    let digit =
        token(|kind| if let NumberTokenKind::Digit(digit) = kind { Some(digit) } else { None });
    let repeat =
        token(|kind| if let NumberTokenKind::Repeat(times) = kind { Some(times) } else { None });
    let times = token(|kind| match kind {
        NumberTokenKind::Digit(times @ 2..=MAX_REPEATED) => Some(times),
        _ => None,
    });
    let times_word = token(|kind| (kind == NumberTokenKind::Times).then_some(()));
    let times = alt((repeat, map(pair(times, times_word), |(times, ())| times)));
    let (rest, (times, digit)) = pair(times, digit).parse(tokens)?;
    Ok((rest, digit.to_string().repeat(usize::from(times))))
}

fn zero<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, String> {
    token(|kind| (kind == NumberTokenKind::Digit(0)).then(|| "0".to_owned()))(tokens)
}

fn written<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, String> {
    token(|kind| match kind {
        NumberTokenKind::Written(digits) => Some(digits.replace(['.', ','], "")),
        _ => None,
    })(tokens)
}
