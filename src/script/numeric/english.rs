//! English: units follow tens, "oh" is zero, and recognizers write homophones such as "for".

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::sequence::pair;

use super::grammar::NumberTokenKind::{And, Article, Digit, Power, Repeat, Tens, Whole};
use super::grammar::{NumberResult, NumberTokens, scaled, tens, unit, whole};
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is, Like};

pub(super) static ENGLISH: NumberLanguage = NumberLanguage {
    code: "en",
    words: WORDS,
    compounds: false,
    number,
    fallback: Some(text2num::Language::english),
};

fn number<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1_000_000, below_thousand, below_million), below_million)).parse(tokens)
}

fn below_million<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1000, below_thousand, below_thousand), below_thousand)).parse(tokens)
}

/// Includes "twenty one hundred".
fn below_thousand<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(100, below_hundred, below_hundred), below_hundred)).parse(tokens)
}

fn below_hundred<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let tens = map(pair(tens, opt(unit)), |(tens, unit)| tens + unit.unwrap_or_default());
    alt((tens, whole, unit)).parse(tokens)
}

#[rustfmt::skip]
const WORDS: &[(&str, WordMeaning)] = &[
    ("zero", Is(Digit(0))), ("nought", Is(Digit(0))), ("naught", Is(Digit(0))), ("null", Is(Digit(0))), ("nil", Is(Digit(0))),
    ("one", Is(Digit(1))), ("two", Is(Digit(2))), ("three", Is(Digit(3))), ("four", Is(Digit(4))), ("five", Is(Digit(5))),
    ("six", Is(Digit(6))), ("seven", Is(Digit(7))), ("eight", Is(Digit(8))), ("nine", Is(Digit(9))), ("niner", Is(Digit(9))),
    ("ten", Is(Whole(10))), ("eleven", Is(Whole(11))), ("twelve", Is(Whole(12))), ("thirteen", Is(Whole(13))),
    ("fourteen", Is(Whole(14))), ("fifteen", Is(Whole(15))), ("sixteen", Is(Whole(16))), ("seventeen", Is(Whole(17))),
    ("eighteen", Is(Whole(18))), ("nineteen", Is(Whole(19))),
    ("twenty", Is(Tens(20))), ("thirty", Is(Tens(30))), ("forty", Is(Tens(40))), ("fourty", Is(Tens(40))), ("fifty", Is(Tens(50))),
    ("sixty", Is(Tens(60))), ("seventy", Is(Tens(70))), ("eighty", Is(Tens(80))), ("ninety", Is(Tens(90))),
    ("hundred", Is(Power(100))), ("thousand", Is(Power(1000))),
    ("million", Is(Power(1_000_000))), ("and", Is(And)), ("a", Is(Article)),
    ("double", Is(Repeat(2))), ("triple", Is(Repeat(3))), ("treble", Is(Repeat(3))), ("quadruple", Is(Repeat(4))),
    ("oh", Like(0)), ("o", Like(0)), ("won", Like(1)), ("to", Like(2)), ("too", Like(2)), ("tree", Like(3)), ("for", Like(4)),
    ("fore", Like(4)), ("nein", Like(9)), ("ate", Like(8)),
    ("um", Hesitation), ("uhm", Hesitation), ("uh", Hesitation), ("er", Hesitation), ("erm", Hesitation), ("eh", Hesitation),
    ("hm", Hesitation), ("hmm", Hesitation), ("mm", Hesitation), ("ah", Hesitation),
    ("it's", Filler), ("its", Filler), ("it", Filler), ("is", Filler), ("that's", Filler), ("that", Filler), ("this", Filler),
    ("please", Filler), ("my", Filler), ("the", Filler), ("our", Filler), ("your", Filler), ("number", Filler), ("code", Filler),
    ("pin", Filler), ("order", Filler), ("extension", Filler), ("phone", Filler), ("customer", Filler), ("account", Filler),
    ("id", Filler), ("would", Filler), ("be", Filler), ("yes", Filler), ("yeah", Filler), ("ok", Filler), ("okay", Filler),
    ("well", Filler), ("so", Filler), ("hello", Filler), ("hi", Filler), ("thanks", Filler), ("thank", Filler), ("you", Filler),
    ("digits", Filler), ("number's", Filler), ("i", Filler), ("have", Filler),
];
