//! Hindi: a word for each number below 100, in Devanagari or Latin letters, and the English digits that many callers
//! use.

use nom::Parser;
use nom::branch::alt;

use super::grammar::NumberTokenKind::{Digit, Power, Repeat, Times, Whole};
use super::grammar::{NumberResult, NumberTokens, scaled, unit, whole};
use super::words::NumberLanguage;
use super::words::WordMeaning::{self, Filler, Hesitation, Is};

pub(super) static HINDI: NumberLanguage =
    NumberLanguage { code: "hi", words: WORDS, compounds: false, number, fallback: None };

/// Up to 9,999,999: 99 lakh (9,900,000) and a number below one lakh.
fn number<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    let lakh = scaled(100_000, below_hundred, below_lakh);
    alt((lakh, below_lakh)).parse(tokens)
}

fn below_lakh<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(1000, below_hundred, below_thousand), below_thousand)).parse(tokens)
}

fn below_thousand<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((scaled(100, below_hundred, below_hundred), below_hundred)).parse(tokens)
}

fn below_hundred<'t, 'a>(tokens: NumberTokens<'t, 'a>) -> NumberResult<'t, 'a, u32> {
    alt((whole, unit)).parse(tokens)
}

#[rustfmt::skip]
const WORDS: &[(&str, WordMeaning)] = &[
    ("शून्य", Is(Digit(0))), ("सिफर", Is(Digit(0))), ("जीरो", Is(Digit(0))), ("shunya", Is(Digit(0))),
    ("shoonya", Is(Digit(0))), ("sunya", Is(Digit(0))), ("sifar", Is(Digit(0))), ("zero", Is(Digit(0))),
    ("jeero", Is(Digit(0))),
    ("एक", Is(Digit(1))), ("वन", Is(Digit(1))), ("ek", Is(Digit(1))), ("aik", Is(Digit(1))), ("one", Is(Digit(1))),
    ("दो", Is(Digit(2))), ("टू", Is(Digit(2))), ("do", Is(Digit(2))), ("two", Is(Digit(2))),
    ("तीन", Is(Digit(3))), ("थ्री", Is(Digit(3))), ("teen", Is(Digit(3))), ("tin", Is(Digit(3))),
    ("three", Is(Digit(3))),
    ("चार", Is(Digit(4))), ("फोर", Is(Digit(4))), ("char", Is(Digit(4))), ("chaar", Is(Digit(4))),
    ("four", Is(Digit(4))),
    ("पांच", Is(Digit(5))), ("पाच", Is(Digit(5))), ("फाइव", Is(Digit(5))), ("paanch", Is(Digit(5))),
    ("panch", Is(Digit(5))), ("five", Is(Digit(5))),
    ("छह", Is(Digit(6))), ("छ", Is(Digit(6))), ("छे", Is(Digit(6))), ("छै", Is(Digit(6))), ("सिक्स", Is(Digit(6))),
    ("chhah", Is(Digit(6))), ("chhe", Is(Digit(6))), ("chah", Is(Digit(6))), ("chhai", Is(Digit(6))),
    ("che", Is(Digit(6))), ("six", Is(Digit(6))),
    ("सात", Is(Digit(7))), ("सेवन", Is(Digit(7))), ("saat", Is(Digit(7))), ("sat", Is(Digit(7))),
    ("seven", Is(Digit(7))),
    ("आठ", Is(Digit(8))), ("एट", Is(Digit(8))), ("aath", Is(Digit(8))), ("aat", Is(Digit(8))), ("ath", Is(Digit(8))),
    ("eight", Is(Digit(8))),
    ("नौ", Is(Digit(9))), ("नाइन", Is(Digit(9))), ("nau", Is(Digit(9))), ("nine", Is(Digit(9))),
    ("दस", Is(Whole(10))), ("ग्यारह", Is(Whole(11))), ("बारह", Is(Whole(12))), ("तेरह", Is(Whole(13))),
    ("चौदह", Is(Whole(14))), ("पंद्रह", Is(Whole(15))), ("पन्द्रह", Is(Whole(15))), ("सोलह", Is(Whole(16))),
    ("सत्रह", Is(Whole(17))), ("अठारह", Is(Whole(18))), ("अट्ठारह", Is(Whole(18))), ("उन्नीस", Is(Whole(19))),
    ("बीस", Is(Whole(20))), ("इक्कीस", Is(Whole(21))), ("बाईस", Is(Whole(22))), ("बाइस", Is(Whole(22))),
    ("तेईस", Is(Whole(23))), ("तेइस", Is(Whole(23))), ("चौबीस", Is(Whole(24))), ("पच्चीस", Is(Whole(25))),
    ("छब्बीस", Is(Whole(26))), ("सत्ताईस", Is(Whole(27))), ("सत्ताइस", Is(Whole(27))), ("अट्ठाईस", Is(Whole(28))),
    ("अट्ठाइस", Is(Whole(28))), ("अठाईस", Is(Whole(28))), ("अठाइस", Is(Whole(28))), ("उनतीस", Is(Whole(29))),
    ("उन्तीस", Is(Whole(29))),
    ("तीस", Is(Whole(30))), ("इकतीस", Is(Whole(31))), ("इकत्तीस", Is(Whole(31))), ("बत्तीस", Is(Whole(32))),
    ("तैंतीस", Is(Whole(33))), ("तेंतीस", Is(Whole(33))), ("चौंतीस", Is(Whole(34))), ("पैंतीस", Is(Whole(35))),
    ("छत्तीस", Is(Whole(36))), ("सैंतीस", Is(Whole(37))), ("अडतीस", Is(Whole(38))), ("उनतालीस", Is(Whole(39))),
    ("उन्तालीस", Is(Whole(39))),
    ("चालीस", Is(Whole(40))), ("इकतालीस", Is(Whole(41))), ("बयालीस", Is(Whole(42))), ("तैंतालीस", Is(Whole(43))),
    ("चौवालीस", Is(Whole(44))), ("चवालीस", Is(Whole(44))), ("पैंतालीस", Is(Whole(45))), ("छियालीस", Is(Whole(46))),
    ("सैंतालीस", Is(Whole(47))), ("अडतालीस", Is(Whole(48))), ("उनचास", Is(Whole(49))), ("उन्चास", Is(Whole(49))),
    ("पचास", Is(Whole(50))), ("इक्यावन", Is(Whole(51))), ("बावन", Is(Whole(52))), ("तिरपन", Is(Whole(53))),
    ("तिरेपन", Is(Whole(53))), ("चौवन", Is(Whole(54))), ("पचपन", Is(Whole(55))), ("छप्पन", Is(Whole(56))),
    ("सत्तावन", Is(Whole(57))), ("अट्ठावन", Is(Whole(58))), ("अठावन", Is(Whole(58))), ("उनसठ", Is(Whole(59))),
    ("साठ", Is(Whole(60))), ("इकसठ", Is(Whole(61))), ("बासठ", Is(Whole(62))), ("तिरसठ", Is(Whole(63))),
    ("तिरेसठ", Is(Whole(63))), ("चौंसठ", Is(Whole(64))), ("चौसठ", Is(Whole(64))), ("पैंसठ", Is(Whole(65))),
    ("छियासठ", Is(Whole(66))), ("सडसठ", Is(Whole(67))), ("अडसठ", Is(Whole(68))), ("उनहत्तर", Is(Whole(69))),
    ("सत्तर", Is(Whole(70))), ("इकहत्तर", Is(Whole(71))), ("बहत्तर", Is(Whole(72))), ("तिहत्तर", Is(Whole(73))),
    ("चौहत्तर", Is(Whole(74))), ("पचहत्तर", Is(Whole(75))), ("छिहत्तर", Is(Whole(76))), ("सतहत्तर", Is(Whole(77))),
    ("अठहत्तर", Is(Whole(78))), ("उन्यासी", Is(Whole(79))), ("उनासी", Is(Whole(79))),
    ("अस्सी", Is(Whole(80))), ("इक्यासी", Is(Whole(81))), ("बयासी", Is(Whole(82))), ("तिरासी", Is(Whole(83))),
    ("चौरासी", Is(Whole(84))), ("पचासी", Is(Whole(85))), ("छियासी", Is(Whole(86))), ("सत्तासी", Is(Whole(87))),
    ("अट्ठासी", Is(Whole(88))), ("अठासी", Is(Whole(88))), ("नवासी", Is(Whole(89))),
    ("नब्बे", Is(Whole(90))), ("इक्यानवे", Is(Whole(91))), ("इक्यानबे", Is(Whole(91))), ("बानवे", Is(Whole(92))),
    ("बानबे", Is(Whole(92))), ("तिरानवे", Is(Whole(93))), ("तिरानबे", Is(Whole(93))), ("चौरानवे", Is(Whole(94))),
    ("चौरानबे", Is(Whole(94))), ("पचानवे", Is(Whole(95))), ("पंचानवे", Is(Whole(95))), ("पचानबे", Is(Whole(95))),
    ("छियानवे", Is(Whole(96))), ("छियानबे", Is(Whole(96))), ("सत्तानवे", Is(Whole(97))), ("सत्तानबे", Is(Whole(97))),
    ("अट्ठानवे", Is(Whole(98))), ("अठानवे", Is(Whole(98))), ("अट्ठानबे", Is(Whole(98))), ("निन्यानवे", Is(Whole(99))),
    ("निन्यानबे", Is(Whole(99))),
    ("das", Is(Whole(10))), ("dus", Is(Whole(10))), ("gyarah", Is(Whole(11))), ("barah", Is(Whole(12))),
    ("baarah", Is(Whole(12))), ("terah", Is(Whole(13))), ("chaudah", Is(Whole(14))), ("pandrah", Is(Whole(15))),
    ("solah", Is(Whole(16))), ("satrah", Is(Whole(17))), ("atharah", Is(Whole(18))), ("unnis", Is(Whole(19))),
    ("unnees", Is(Whole(19))), ("bees", Is(Whole(20))), ("bis", Is(Whole(20))), ("ikkis", Is(Whole(21))),
    ("ikkees", Is(Whole(21))), ("bais", Is(Whole(22))), ("baees", Is(Whole(22))), ("teis", Is(Whole(23))),
    ("teees", Is(Whole(23))), ("chaubis", Is(Whole(24))), ("chaubees", Is(Whole(24))), ("pachchis", Is(Whole(25))),
    ("pachees", Is(Whole(25))), ("pachis", Is(Whole(25))), ("tees", Is(Whole(30))), ("chalis", Is(Whole(40))),
    ("chaalis", Is(Whole(40))), ("pachas", Is(Whole(50))), ("pachaas", Is(Whole(50))), ("saath", Is(Whole(60))),
    ("sattar", Is(Whole(70))), ("assi", Is(Whole(80))), ("nabbe", Is(Whole(90))),
    ("ten", Is(Whole(10))), ("eleven", Is(Whole(11))), ("twelve", Is(Whole(12))),
    ("सौ", Is(Power(100))), ("sau", Is(Power(100))), ("hundred", Is(Power(100))), ("हजार", Is(Power(1000))),
    ("hazar", Is(Power(1000))), ("hazaar", Is(Power(1000))), ("hajar", Is(Power(1000))),
    ("thousand", Is(Power(1000))), ("लाख", Is(Power(100_000))), ("lakh", Is(Power(100_000))),
    ("laakh", Is(Power(100_000))),
    ("डबल", Is(Repeat(2))), ("double", Is(Repeat(2))), ("ट्रिपल", Is(Repeat(3))), ("triple", Is(Repeat(3))),
    ("बार", Is(Times)), ("baar", Is(Times)),
    ("उम", Hesitation), ("उम्म", Hesitation), ("अम", Hesitation), ("हम्म", Hesitation), ("अं", Hesitation),
    ("um", Hesitation), ("uh", Hesitation), ("hmm", Hesitation),
    ("मेरा", Filler), ("मेरी", Filler), ("मेरे", Filler), ("नंबर", Filler), ("नम्बर", Filler), ("है", Filler),
    ("हैं", Filler), ("यह", Filler), ("ये", Filler), ("जी", Filler), ("हां", Filler), ("कृपया", Filler),
    ("का", Filler), ("की", Filler), ("पिन", Filler), ("कोड", Filler), ("फोन", Filler), ("नमस्ते", Filler),
    ("धन्यवाद", Filler), ("mera", Filler), ("meri", Filler), ("number", Filler), ("hai", Filler), ("hain", Filler),
    ("yeh", Filler), ("ye", Filler), ("ji", Filler), ("haan", Filler), ("kripya", Filler), ("ka", Filler),
    ("ki", Filler), ("pin", Filler), ("code", Filler), ("phone", Filler), ("namaste", Filler),
];
