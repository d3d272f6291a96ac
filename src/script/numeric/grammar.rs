//! What the languages share: words of numbers, numbers of words, rows of numbers.

use nom::branch::alt;
use nom::combinator::{map, opt, verify};
use nom::error::{Error, ErrorKind};
use nom::sequence::{pair, preceded};
use nom::{Err, IResult, Parser};

/// A word of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberToken<'a> {
    pub(super) kind: NumberTokenKind<'a>,
    /// By a hyphen, or in one word, to the token before.
    pub(super) joined: bool,
}

/// What a word of a number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberTokenKind<'a> {
    /// 0 to 9.
    Digit(u8),
    /// A number from 10 to 99 that takes no digit behind it.
    Whole(u32),
    /// 20, 30 to 90.
    Tens(u32),
    /// 200, 300 to 900, in one word.
    Hundreds(u32),
    /// 100, 1000 and more, of which there may be several.
    Power(u32),
    /// Between the parts of a number.
    And,
    /// One, before a power alone.
    Article,
    /// The next digit, so many times: "double".
    Repeat(u8),
    /// The digit before it is how often the one behind it comes: "times".
    Times,
    /// Digits as they are, perhaps grouped.
    Written(&'a str),
}

/// Words that are still to be read.
pub(super) type NumberTokens<'t, 'a> = &'t [NumberToken<'a>];
/// A part that was read, and the words behind it.
pub(super) type NumberResult<'t, 'a, T> = IResult<NumberTokens<'t, 'a>, T>;
/// Reads one number above zero.
pub(super) type NumberParser = for<'t, 'a> fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>;

/// Most digits that one word repeats.
const MAX_REPEATED: u8 = 4;

/// All numbers one behind the other; `None` where words are left.
pub(super) fn parse_numbers(
    mut tokens: NumberTokens<'_, '_>,
    number: NumberParser,
) -> Option<String> {
    let mut digits = String::new();
    while !tokens.is_empty() {
        let item = alt((repeated, map(number, |number| number.to_string()), zero, written));
        let (behind, read) = { item }.parse(tokens).ok()?;
        digits.push_str(&read);
        tokens = behind;
    }
    Some(digits)
}

/// A word of the kind that is looked for.
pub(super) fn token<'t, 'a: 't, T>(
    of: impl Fn(NumberTokenKind<'a>) -> Option<T>,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, T> {
    move |tokens| {
        let found =
            tokens.split_first().and_then(|(first, behind)| Some((behind, of(first.kind)?)));
        found.ok_or(Err::Error(Error::new(tokens, ErrorKind::Tag)))
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

/// So many times a power, and what is behind it: "two hundred and five", "hundred", "a thousand".
pub(super) fn scaled<'t, 'a: 't>(
    power: u32,
    count: impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>,
    rest: impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32>,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    move |tokens| {
        let article = token(|kind| (kind == NumberTokenKind::Article).then_some(1));
        let is_power = token(|kind| (kind == NumberTokenKind::Power(power)).then_some(()));
        let rest = opt(preceded(opt(and), &rest));
        let (behind, (count, (), rest)) =
            (opt(alt((article, &count))), is_power, rest).parse(tokens)?;
        let product = count.unwrap_or(1).checked_mul(power);
        let sum = product.and_then(|product| product.checked_add(rest.unwrap_or_default()));
        // No shorter number is meant: nothing else is tried.
        let too_large = Err::Failure(Error::new(tokens, ErrorKind::TooLarge));
        Ok((behind, sum.ok_or(too_large)?))
    }
}

/// 1 to 19.
pub(super) fn up_to_nineteen<'t, 'a: 't>(
    below_hundred: NumberParser,
) -> impl Fn(NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    move |tokens| verify(below_hundred, |number| *number < 20).parse(tokens)
}

/// A digit more than once: "double seven", "three times nine" where a language says it so.
fn repeated<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, String> {
    let digit =
        token(|kind| if let NumberTokenKind::Digit(digit) = kind { Some(digit) } else { None });
    let repeat =
        token(|kind| if let NumberTokenKind::Repeat(times) = kind { Some(times) } else { None });
    let times = token(|kind| match kind {
        NumberTokenKind::Digit(times @ 2..=MAX_REPEATED) => Some(times),
        _ => None,
    });
    let fold = token(|kind| (kind == NumberTokenKind::Times).then_some(()));
    let times = alt((repeat, map(pair(times, fold), |(times, ())| times)));
    let (behind, (times, digit)) = pair(times, digit).parse(tokens)?;
    Ok((behind, digit.to_string().repeat(usize::from(times))))
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
