//! Spanish: hundreds are one word, and recognizers often miss the "y" between tens and units.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, verify};
use nom::sequence::{pair, preceded};

use super::grammar::NumberTokenKind::{And, Digit, Hundreds, Power, Repeat, Tens, Times, Whole};
use super::grammar::{
    NumberResult, NumberTokens, and, hundreds, scaled, tens, unit, up_to_nineteen, whole,
};
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is, Like};

pub(super) static SPANISH: NumberLanguage = NumberLanguage {
    code: "es",
    words: WORDS,
    compounds: false,
    number,
    fallback: Some(text2num::Language::spanish),
};

fn number<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1_000_000, below_thousand, below_million), below_million)).parse(tokens)
}

fn below_million<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1000, below_thousand, below_thousand), below_thousand)).parse(tokens)
}

fn below_thousand<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let rest = opt(preceded(opt(and), below_hundred));
    let hundreds =
        map(pair(hundreds, rest), |(hundreds, rest)| hundreds + rest.unwrap_or_default());
    let hundred = scaled(100, up_to_nineteen(below_hundred), below_hundred);
    alt((hundreds, hundred, below_hundred)).parse(tokens)
}

fn below_hundred<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let sum = |(tens, unit): (u32, Option<u32>)| tens + unit.unwrap_or_default();
    let tens = map(pair(tens, opt(preceded(opt(and), unit))), sum);
    // "Diez y seis", the old spelling of "dieciséis", which sounds the same.
    let ten = verify(whole, |number| *number == 10);
    let teen =
        map(pair(ten, preceded(and, verify(unit, |unit| *unit > 5))), |(ten, unit)| ten + unit);
    alt((tens, teen, whole, unit)).parse(tokens)
}

#[rustfmt::skip]
const WORDS: &[(&str, WordMeaning)] = &[
    ("cero", Is(Digit(0))), ("uno", Is(Digit(1))), ("dos", Is(Digit(2))), ("tres", Is(Digit(3))), ("cuatro", Is(Digit(4))),
    ("cinco", Is(Digit(5))), ("seis", Is(Digit(6))), ("siete", Is(Digit(7))), ("ocho", Is(Digit(8))), ("nueve", Is(Digit(9))),
    ("diez", Is(Whole(10))), ("once", Is(Whole(11))), ("doce", Is(Whole(12))), ("trece", Is(Whole(13))), ("catorce", Is(Whole(14))),
    ("quince", Is(Whole(15))), ("dieciseis", Is(Whole(16))), ("diecisiete", Is(Whole(17))), ("dieciocho", Is(Whole(18))),
    ("diecinueve", Is(Whole(19))), ("veintiuno", Is(Whole(21))), ("veintiun", Is(Whole(21))), ("veintiuna", Is(Whole(21))),
    ("veintidos", Is(Whole(22))), ("veintitres", Is(Whole(23))), ("veinticuatro", Is(Whole(24))), ("veinticinco", Is(Whole(25))),
    ("veintiseis", Is(Whole(26))), ("veintisiete", Is(Whole(27))), ("veintiocho", Is(Whole(28))), ("veintinueve", Is(Whole(29))),
    ("veinte", Is(Tens(20))), ("treinta", Is(Tens(30))), ("cuarenta", Is(Tens(40))), ("cincuenta", Is(Tens(50))),
    ("sesenta", Is(Tens(60))), ("setenta", Is(Tens(70))), ("ochenta", Is(Tens(80))), ("noventa", Is(Tens(90))),
    ("cien", Is(Power(100))), ("ciento", Is(Power(100))), ("cientos", Is(Power(100))),
    ("doscientos", Is(Hundreds(200))), ("trescientos", Is(Hundreds(300))), ("cuatrocientos", Is(Hundreds(400))),
    ("quinientos", Is(Hundreds(500))), ("seiscientos", Is(Hundreds(600))), ("setecientos", Is(Hundreds(700))),
    ("ochocientos", Is(Hundreds(800))), ("novecientos", Is(Hundreds(900))),
    ("doscientas", Is(Hundreds(200))), ("trescientas", Is(Hundreds(300))), ("cuatrocientas", Is(Hundreds(400))),
    ("quinientas", Is(Hundreds(500))), ("seiscientas", Is(Hundreds(600))), ("setecientas", Is(Hundreds(700))),
    ("ochocientas", Is(Hundreds(800))), ("novecientas", Is(Hundreds(900))),
    ("mil", Is(Power(1000))),
    ("millon", Is(Power(1_000_000))), ("millones", Is(Power(1_000_000))), ("y", Is(And)), ("doble", Is(Repeat(2))), ("triple", Is(Repeat(3))), ("veces", Is(Times)),
    ("un", Like(1)), ("una", Like(1)),
    ("eh", Hesitation), ("em", Hesitation), ("este", Hesitation), ("mm", Hesitation), ("ah", Hesitation), ("el", Hesitation),
    ("es", Filler), ("mi", Filler), ("numero", Filler), ("codigo", Filler), ("pin", Filler), ("la", Filler), ("clave", Filler),
    ("de", Filler), ("telefono", Filler), ("pedido", Filler), ("cliente", Filler), ("cuenta", Filler), ("extension", Filler),
    ("por", Filler), ("favor", Filler), ("si", Filler), ("pues", Filler), ("bueno", Filler), ("hola", Filler), ("gracias", Filler),
];
