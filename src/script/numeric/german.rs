//! German: units come before tens, and a number may be one word.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use nom::sequence::separated_pair;

use super::grammar::NumberTokenKind::{And, Digit, Power, Repeat, Tens, Times, Whole};
use super::grammar::{NumberResult, NumberTokens, and, scaled, tens, unit, up_to_nineteen, whole};
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is, Like};

pub(super) static GERMAN: NumberLanguage = NumberLanguage {
    code: "de",
    words: WORDS,
    compounds: true,
    number,
    fallback: Some(text2num::Language::german),
};

fn number<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1_000_000, below_thousand, below_million), below_million)).parse(tokens)
}

fn below_million<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1000, below_thousand, below_thousand), below_thousand)).parse(tokens)
}

fn below_thousand<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let hundred = scaled(100, up_to_nineteen(below_hundred), below_hundred);
    alt((hundred, below_hundred)).parse(tokens)
}

fn below_hundred<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let unit_and_tens = map(separated_pair(unit, and, tens), |(unit, tens)| tens + unit);
    alt((unit_and_tens, tens, whole, unit)).parse(tokens)
}

#[rustfmt::skip]
const WORDS: &[(&str, WordMeaning)] = &[
    ("null", Is(Digit(0))), ("eins", Is(Digit(1))), ("zwei", Is(Digit(2))), ("zwo", Is(Digit(2))), ("drei", Is(Digit(3))),
    ("vier", Is(Digit(4))), ("funf", Is(Digit(5))), ("fuenf", Is(Digit(5))), ("sechs", Is(Digit(6))), ("sieben", Is(Digit(7))),
    ("acht", Is(Digit(8))), ("neun", Is(Digit(9))),
    ("zehn", Is(Whole(10))), ("elf", Is(Whole(11))), ("zwolf", Is(Whole(12))), ("zwoelf", Is(Whole(12))), ("dreizehn", Is(Whole(13))),
    ("vierzehn", Is(Whole(14))), ("funfzehn", Is(Whole(15))), ("fuenfzehn", Is(Whole(15))), ("sechzehn", Is(Whole(16))),
    ("siebzehn", Is(Whole(17))), ("achtzehn", Is(Whole(18))), ("neunzehn", Is(Whole(19))),
    ("zwanzig", Is(Tens(20))), ("dreissig", Is(Tens(30))), ("vierzig", Is(Tens(40))), ("funfzig", Is(Tens(50))),
    ("fuenfzig", Is(Tens(50))), ("sechzig", Is(Tens(60))), ("siebzig", Is(Tens(70))), ("achtzig", Is(Tens(80))),
    ("neunzig", Is(Tens(90))),
    ("hundert", Is(Power(100))), ("tausend", Is(Power(1000))),
    ("million", Is(Power(1_000_000))), ("millionen", Is(Power(1_000_000))), ("und", Is(And)),
    ("doppel", Is(Repeat(2))), ("doppelt", Is(Repeat(2))), ("doppelte", Is(Repeat(2))), ("zweimal", Is(Repeat(2))),
    ("zwomal", Is(Repeat(2))), ("dreimal", Is(Repeat(3))), ("dreifach", Is(Repeat(3))), ("viermal", Is(Repeat(4))), ("mal", Is(Times)),
    ("ein", Like(1)), ("eine", Like(1)), ("zwie", Like(2)),
    ("ah", Hesitation), ("aeh", Hesitation), ("ahm", Hesitation), ("aehm", Hesitation), ("eh", Hesitation), ("hm", Hesitation),
    ("tja", Hesitation), ("also", Hesitation), ("die", Hesitation), ("dann", Hesitation),
    ("das", Filler), ("ist", Filler), ("meine", Filler), ("nummer", Filler), ("lautet", Filler), ("bitte", Filler), ("ja", Filler),
    ("der", Filler), ("code", Filler), ("pin", Filler), ("telefonnummer", Filler), ("kundennummer", Filler), ("bestellnummer", Filler),
    ("durchwahl", Filler), ("danke", Filler), ("hallo", Filler), ("mein", Filler), ("es", Filler), ("sind", Filler),
];
