//! French: 70 to 79 follow "soixante", 80 to 99 follow "quatre-vingt". Also septante, huitante and nonante.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, verify};
use nom::sequence::{pair, preceded};

use super::grammar::NumberTokenKind::{And, Digit, Power, Repeat, Tens, Times, Whole};
use super::grammar::{
    NumberResult, NumberToken, NumberTokens, and, scaled, tens, unit, up_to_nineteen, whole,
};
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is};

pub(super) static FRENCH: NumberLanguage = NumberLanguage {
    code: "fr",
    words: WORDS,
    compounds: false,
    number,
    fallback: Some(text2num::Language::french),
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
    let sum = |(tens, rest): (u32, Option<u32>)| tens + rest.unwrap_or_default();
    let sixty = verify(tens, |tens| *tens == 60);
    let sixty = map(pair(sixty, opt(preceded(opt(and), alt((teen, unit_after_tens))))), sum);
    let eighty =
        map(pair(four_twenties, opt(preceded(opt(and), alt((teen, unit_after_tens))))), sum);
    let tens = map(pair(tens, opt(preceded(opt(and), unit_after_tens))), sum);
    alt((eighty, sixty, tens, teen, unit)).parse(tokens)
}

/// 10 to 19, of which 17 to 19 are two words.
fn teen<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let ten = verify(whole, |number| *number == 10);
    let two_words = map(pair(ten, verify(unit, |unit| *unit > 6)), |(ten, unit)| ten + unit);
    alt((two_words, whole)).parse(tokens)
}

fn four_twenties<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let four = verify(unit, |unit| *unit == 4);
    let twenty = verify(tens, |tens| *tens == 20);
    map(pair(four, twenty), |_| 80).parse(tokens)
}

/// A unit after tens. The "quatre" of a hyphenated "quatre-vingt" is not such a unit: it starts the next number.
fn unit_after_tens<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let starts_eighty = matches!(
        tokens,
        [
            NumberToken { kind: Digit(4), joined: false },
            NumberToken { kind: Tens(20), joined: true },
            ..
        ]
    );
    verify(unit, |_| !starts_eighty).parse(tokens)
}

#[rustfmt::skip]
const WORDS: &[(&str, WordMeaning)] = &[
    ("zero", Is(Digit(0))), ("un", Is(Digit(1))), ("une", Is(Digit(1))), ("deux", Is(Digit(2))), ("trois", Is(Digit(3))),
    ("quatre", Is(Digit(4))), ("cinq", Is(Digit(5))), ("six", Is(Digit(6))), ("sept", Is(Digit(7))), ("huit", Is(Digit(8))),
    ("neuf", Is(Digit(9))),
    ("dix", Is(Whole(10))), ("onze", Is(Whole(11))), ("douze", Is(Whole(12))), ("treize", Is(Whole(13))),
    ("quatorze", Is(Whole(14))), ("quinze", Is(Whole(15))), ("seize", Is(Whole(16))),
    ("vingt", Is(Tens(20))), ("vingts", Is(Tens(20))), ("trente", Is(Tens(30))), ("quarante", Is(Tens(40))),
    ("cinquante", Is(Tens(50))), ("soixante", Is(Tens(60))), ("septante", Is(Tens(70))), ("huitante", Is(Tens(80))),
    ("octante", Is(Tens(80))), ("nonante", Is(Tens(90))),
    ("cent", Is(Power(100))), ("cents", Is(Power(100))), ("mille", Is(Power(1000))), ("mil", Is(Power(1000))),
    ("million", Is(Power(1_000_000))), ("millions", Is(Power(1_000_000))), ("et", Is(And)),
    ("double", Is(Repeat(2))), ("triple", Is(Repeat(3))), ("fois", Is(Times)),
    ("euh", Hesitation), ("heu", Hesitation), ("hum", Hesitation), ("hein", Hesitation), ("ben", Hesitation), ("bah", Hesitation),
    ("alors", Hesitation), ("le", Hesitation),
    ("c'est", Filler), ("est", Filler), ("mon", Filler), ("ma", Filler), ("la", Filler), ("numero", Filler), ("de", Filler),
    ("telephone", Filler), ("code", Filler), ("pin", Filler), ("commande", Filler), ("client", Filler), ("poste", Filler),
    ("s'il", Filler), ("vous", Filler), ("plait", Filler), ("oui", Filler), ("bonjour", Filler), ("merci", Filler), ("voila", Filler),
];
