//! A text as words and written digits.

use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::character::complete::{digit1, one_of, satisfy};
use nom::combinator::{map, not, recognize, verify};
use nom::multi::many0;
use nom::sequence::{pair, terminated};
use nom::{IResult, Parser};

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextPiece<'a> {
    /// A word, and whether a hyphen joins it to the one before.
    Word(&'a str, bool),
    /// Digits; what groups them is still there.
    Written(&'a str),
}

/// In small letters without accents, with one kind of apostrophe and one of digits.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .flat_map(|sign| ascii_letters(sign).chars().chain(kept_character(sign)))
        .collect()
}

/// What a sign stands for; empty where it is nothing by itself, or stays as it is.
fn ascii_letters(sign: char) -> &'static str {
    match sign {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ý' | 'ÿ' => "y",
        'œ' => "oe",
        'æ' => "ae",
        'ß' => "ss",
        '’' | '‘' | 'ʼ' | '`' | '´' => "'",
        '\u{2010}' | '\u{2011}' => "-",
        // Devanagari: letters with a dot, and the two signs of a nasal.
        '\u{95b}' => "ज",
        '\u{95c}' => "ड",
        '\u{95d}' => "ढ",
        '\u{95e}' => "फ",
        '\u{901}' => "\u{902}",
        _ => "",
    }
}

fn kept_character(sign: char) -> Option<char> {
    match sign {
        // Accents by themselves; Devanagari's dot and visarga; joiners.
        '\u{300}'..='\u{36f}' | '\u{93c}' | '\u{903}' | '\u{200c}' | '\u{200d}' => None,
        '\u{660}'..='\u{669}' => ascii_digit(sign, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => ascii_digit(sign, '\u{6f0}'),
        '\u{966}'..='\u{96f}' => ascii_digit(sign, '\u{966}'),
        '\u{ff10}'..='\u{ff19}' => ascii_digit(sign, '\u{ff10}'),
        sign if ascii_letters(sign).is_empty() => Some(sign),
        _ => None,
    }
}

fn ascii_digit(sign: char, zero: char) -> Option<char> {
    char::from_digit(u32::from(sign) - u32::from(zero), 10)
}

/// All pieces of a folded text; `None` where something in it belongs to no number.
pub(super) fn pieces(text: &str) -> Option<Vec<TextPiece<'_>>> {
    let mut pieces = Vec::new();
    let (mut before, mut rest) = split_separators(text);
    while !rest.is_empty() {
        if is_negative(before, rest, pieces.is_empty()) {
            return None;
        }
        let (behind, piece) = piece(rest).ok()?;
        pieces.push(match piece {
            TextPiece::Word(word, _) => TextPiece::Word(word, before == "-"),
            written => written,
        });
        (before, rest) = split_separators(behind);
    }
    Some(pieces)
}

fn piece(text: &str) -> IResult<&str, TextPiece<'_>> {
    alt((map(word, |word| TextPiece::Word(word, false)), map(written, TextPiece::Written)))
        .parse(text)
}

fn word(text: &str) -> IResult<&str, &str> {
    let letters = (satisfy(is_letter), take_while(|sign| is_letter(sign) || sign == '\''));
    terminated(recognize(letters), not(digit1)).parse(text)
}

/// Devanagari's signs for vowels, and for none, are no letters by themselves.
fn is_letter(sign: char) -> bool {
    sign.is_alphabetic() || matches!(sign, '\u{900}'..='\u{963}')
}

/// Digits with points or commas between them, where these group: not those of a decimal fraction.
fn written(text: &str) -> IResult<&str, &str> {
    let groups = recognize(pair(digit1, many0(pair(one_of(".,"), digit1))));
    terminated(verify(groups, |written: &str| is_grouped(written)), not(satisfy(is_letter)))
        .parse(text)
}

/// One point or comma has three digits behind it; where there are several they only divide.
fn is_grouped(written: &str) -> bool {
    let mut groups = written.split(['.', ',']);
    match (groups.next(), groups.next(), groups.next()) {
        (_, Some(last), None) => last.len() == 3,
        _ => true,
    }
}

/// What stands between pieces, or before the first one.
fn split_separators(text: &str) -> (&str, &str) {
    text.split_at(text.find(|sign| !is_punctuation(sign)).unwrap_or(text.len()))
}

/// A number below zero: `before` ends with a sign that nothing stands before.
fn is_negative(before: &str, rest: &str, is_first: bool) -> bool {
    let before = before.strip_suffix(['-', '–', '−']);
    let stands_alone = |before: &str| match before.chars().last() {
        Some(last) => last.is_whitespace(),
        None => is_first,
    };
    rest.starts_with(|sign: char| sign.is_ascii_digit()) && before.is_some_and(stands_alone)
}

fn is_punctuation(sign: char) -> bool {
    sign.is_whitespace() || ",.;:!?-–—−…()\"'“”„«»¿¡।#".contains(sign)
}
