//! Languages for which our tables have only the digits and fillers. text2num reads all larger numbers.

use super::grammar::NumberTokenKind::{Digit, Repeat};
use super::grammar::unit;
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is, Like};

const fn digits_only(
    code: &'static str,
    words: &'static [(&'static str, WordMeaning)],
    fallback: fn() -> text2num::Language,
) -> NumberLanguage {
    NumberLanguage { code, words, compounds: false, number: unit, fallback: Some(fallback) }
}

pub(super) static ITALIAN: NumberLanguage =
    digits_only("it", ITALIAN_WORDS, text2num::Language::italian);
pub(super) static DUTCH: NumberLanguage = digits_only("nl", DUTCH_WORDS, text2num::Language::dutch);
pub(super) static PORTUGUESE: NumberLanguage =
    digits_only("pt", PORTUGUESE_WORDS, text2num::Language::portugese);
pub(super) static DANISH: NumberLanguage =
    digits_only("da", DANISH_WORDS, text2num::Language::danish);

#[rustfmt::skip]
const ITALIAN_WORDS: &[(&str, WordMeaning)] = &[
    ("zero", Is(Digit(0))), ("uno", Is(Digit(1))), ("due", Is(Digit(2))), ("tre", Is(Digit(3))), ("quattro", Is(Digit(4))),
    ("cinque", Is(Digit(5))), ("sei", Is(Digit(6))), ("sette", Is(Digit(7))), ("otto", Is(Digit(8))), ("nove", Is(Digit(9))),
    ("doppio", Is(Repeat(2))), ("doppia", Is(Repeat(2))), ("triplo", Is(Repeat(3))), ("un", Like(1)), ("una", Like(1)),
    ("ehm", Hesitation), ("eh", Hesitation), ("mm", Hesitation), ("allora", Hesitation),
    ("il", Filler), ("mio", Filler), ("numero", Filler), ("e", Filler), ("e'", Filler), ("codice", Filler), ("la", Filler), ("pin", Filler),
    ("per", Filler), ("favore", Filler), ("grazie", Filler), ("si", Filler),
];

#[rustfmt::skip]
const DUTCH_WORDS: &[(&str, WordMeaning)] = &[
    ("nul", Is(Digit(0))), ("een", Is(Digit(1))), ("twee", Is(Digit(2))), ("drie", Is(Digit(3))), ("vier", Is(Digit(4))),
    ("vijf", Is(Digit(5))), ("zes", Is(Digit(6))), ("zeven", Is(Digit(7))), ("acht", Is(Digit(8))), ("negen", Is(Digit(9))),
    ("dubbel", Is(Repeat(2))), ("dubbele", Is(Repeat(2))), ("driedubbel", Is(Repeat(3))),
    ("eh", Hesitation), ("uh", Hesitation), ("ehm", Hesitation), ("hm", Hesitation),
    ("mijn", Filler), ("nummer", Filler), ("is", Filler), ("het", Filler), ("de", Filler), ("code", Filler), ("pincode", Filler),
    ("alstublieft", Filler), ("graag", Filler), ("ja", Filler), ("dank", Filler), ("u", Filler),
];

#[rustfmt::skip]
const PORTUGUESE_WORDS: &[(&str, WordMeaning)] = &[
    ("zero", Is(Digit(0))), ("um", Is(Digit(1))), ("uma", Is(Digit(1))), ("dois", Is(Digit(2))), ("duas", Is(Digit(2))),
    ("tres", Is(Digit(3))), ("quatro", Is(Digit(4))), ("cinco", Is(Digit(5))), ("seis", Is(Digit(6))), ("sete", Is(Digit(7))),
    ("oito", Is(Digit(8))), ("nove", Is(Digit(9))), ("meia", Is(Digit(6))), ("duplo", Is(Repeat(2))), ("triplo", Is(Repeat(3))),
    ("eh", Hesitation), ("hum", Hesitation), ("hm", Hesitation), ("ah", Hesitation),
    ("meu", Filler), ("o", Filler), ("numero", Filler), ("codigo", Filler), ("senha", Filler), ("por", Filler), ("favor", Filler),
    ("sim", Filler), ("obrigado", Filler), ("obrigada", Filler),
];

#[rustfmt::skip]
const DANISH_WORDS: &[(&str, WordMeaning)] = &[
    ("nul", Is(Digit(0))), ("en", Is(Digit(1))), ("et", Is(Digit(1))), ("to", Is(Digit(2))), ("tre", Is(Digit(3))),
    ("fire", Is(Digit(4))), ("fem", Is(Digit(5))), ("seks", Is(Digit(6))), ("syv", Is(Digit(7))), ("otte", Is(Digit(8))),
    ("ni", Is(Digit(9))), ("dobbelt", Is(Repeat(2))), ("oh", Hesitation), ("eh", Hesitation), ("hm", Hesitation),
    ("mit", Filler), ("nummer", Filler), ("er", Filler), ("det", Filler), ("koden", Filler), ("ja", Filler), ("tak", Filler),
];
