//! Splits a text into words and written digits.

use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::character::complete::{digit1, one_of, satisfy};
use nom::combinator::{map, not, recognize, verify};
use nom::multi::many0;
use nom::sequence::{pair, terminated};
use nom::{IResult, Parser};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextPiece<'a> {
    /// A word, and whether a hyphen joins it to the piece before.
    Word(&'a str, bool),
    /// Digits, perhaps with points or commas that group them.
    Written(&'a str),
}

/// Normalizes a text: lower case, no accents, ASCII digits, and one kind of apostrophe and hyphen.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .flat_map(|c| replacement(c).chars().chain(kept_character(c)))
        .collect()
}

/// The text that replaces a character; empty if [`kept_character`] decides what happens to it.
fn replacement(c: char) -> &'static str {
    match c {
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
        // Devanagari: letters with a dot below, and the chandrabindu, which is written like the anusvara.
        '\u{95b}' => "ज",
        '\u{95c}' => "ड",
        '\u{95d}' => "ढ",
        '\u{95e}' => "फ",
        '\u{901}' => "\u{902}",
        _ => "",
    }
}

/// A character that has no [`replacement`]: dropped, turned into an ASCII digit, or kept.
fn kept_character(c: char) -> Option<char> {
    match c {
        // Combining accents, the nukta and visarga of Devanagari, and zero-width joiners.
        '\u{300}'..='\u{36f}' | '\u{93c}' | '\u{903}' | '\u{200c}' | '\u{200d}' => None,
        '\u{660}'..='\u{669}' => ascii_digit(c, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => ascii_digit(c, '\u{6f0}'),
        '\u{966}'..='\u{96f}' => ascii_digit(c, '\u{966}'),
        '\u{ff10}'..='\u{ff19}' => ascii_digit(c, '\u{ff10}'),
        c if replacement(c).is_empty() => Some(c),
        _ => None,
    }
}

fn ascii_digit(digit: char, zero: char) -> Option<char> {
    char::from_digit(u32::from(digit) - u32::from(zero), 10)
}

/// The pieces of a folded text; `None` if it contains anything that can't be part of a whole number that is not
/// negative.
pub(super) fn pieces(text: &str) -> Option<Vec<TextPiece<'_>>> {
    let mut pieces = Vec::new();
    let (mut separators, mut rest) = split_separators(text);
    while !rest.is_empty() {
        if is_negative(separators, rest, pieces.is_empty()) {
            return None;
        }
        let (remaining, piece) = piece(rest).ok()?;
        pieces.push(match piece {
            TextPiece::Word(word, _) => TextPiece::Word(word, separators == "-"),
            written => written,
        });
        (separators, rest) = split_separators(remaining);
    }
    Some(pieces)
}

fn piece(text: &str) -> IResult<&str, TextPiece<'_>> {
    alt((map(word, |word| TextPiece::Word(word, false)), map(written, TextPiece::Written)))
        .parse(text)
}

fn word(text: &str) -> IResult<&str, &str> {
    let letters = (satisfy(is_letter), take_while(|c| is_letter(c) || c == '\''));
    terminated(recognize(letters), not(digit1)).parse(text)
}

/// Letters, and the vowel signs and the virama of Devanagari, which Unicode does not count as letters.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{900}'..='\u{963}')
}

/// Digits, perhaps grouped by points or commas. Decimal fractions are not accepted.
fn written(text: &str) -> IResult<&str, &str> {
    let groups = recognize(pair(digit1, many0(pair(one_of(".,"), digit1))));
    terminated(verify(groups, |written: &str| is_grouped(written)), not(satisfy(is_letter)))
        .parse(text)
}

/// Whether points and commas group digits. A single one does if three digits follow it; several always do.
fn is_grouped(written: &str) -> bool {
    let mut groups = written.split(['.', ',']);
    match (groups.next(), groups.next(), groups.next()) {
        (_, Some(last), None) => last.len() == 3,
        _ => true,
    }
}

/// Splits off the separators at the start of a text.
fn split_separators(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_separator(c)).unwrap_or(text.len()))
}

/// Whether `rest` starts with a negative number: `separators` end with a minus sign that follows a space or starts the
/// text.
fn is_negative(separators: &str, rest: &str, is_first: bool) -> bool {
    let before_minus = separators.strip_suffix(['-', '–', '−']);
    let is_minus = |before: &str| match before.chars().last() {
        Some(last) => last.is_whitespace(),
        None => is_first,
    };
    rest.starts_with(|c: char| c.is_ascii_digit()) && before_minus.is_some_and(is_minus)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || ",.;:!?-–—−…()\"'“”„«»¿¡।#".contains(c)
}
