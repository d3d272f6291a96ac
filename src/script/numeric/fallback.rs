//! text2num, for numbers of words that our tables do not have.

use text2num::replace_numbers_in_text;

use super::text::{self, Piece};
use super::words::{Language, Word};

/// Longest of several numbers. What text2num does not take as one ("eine Milliarde") leaves a long one behind another.
const MOST_OF_SEVERAL: usize = 4;

/// What it makes of words may hold nothing but whole numbers and the language's fillers. Where our tables have all the
/// words, their word that these are no number stands.
pub(super) fn digits(said: &str, language: &Language) -> Option<String> {
    let folded = text::fold(said);
    let pieces = text::pieces(&folded)?;
    let is_strange =
        |piece: &Piece<'_>| matches!(piece, Piece::Word(word, _) if !language.has(word));
    let is_grouped =
        |piece: &Piece<'_>| matches!(piece, Piece::Written(digits) if !is_plain(digits));
    if !pieces.iter().any(is_strange) || pieces.iter().any(is_grouped) {
        return None;
    }
    // A point that is there now is an ordinal's or a fraction's.
    let words = said.to_lowercase().replace(['.', ',', ';', ':', '!', '?', '¿', '¡'], " ");
    numbers(&replace_numbers_in_text(&words, &language.fallback?(), 0.0), language)
}

fn numbers(replaced: &str, language: &Language) -> Option<String> {
    let folded = text::fold(replaced);
    let mut numbers = Vec::new();
    for word in folded.split_whitespace() {
        match language.meaning(word) {
            Some(Word::Hesitation | Word::Filler) => {}
            _ if is_plain(word) => numbers.push(word),
            _ => return None,
        }
    }
    let fits = |number: &&str| number.len() <= MOST_OF_SEVERAL;
    (numbers.len() == 1 || numbers.iter().all(fits)).then(|| numbers.concat())
}

fn is_plain(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}
