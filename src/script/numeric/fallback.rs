//! text2num, for numbers of words that our tables do not have.

use text2num::replace_numbers_in_text;

use super::text::{self, TextPiece};
use super::words::{NumberLanguage, WordMeaning};

/// Longest of several numbers. What text2num does not take as one ("eine Milliarde") leaves a long one behind another.
const MAX_DIGITS_PER_NUMBER: usize = 4;

/// What it makes of words may hold nothing but whole numbers and the language's fillers. Where our tables have all the
/// words, their word that these are no number stands.
pub(super) fn digits(said: &str, language: &NumberLanguage) -> Option<String> {
    let folded = text::fold(said);
    let pieces = text::pieces(&folded)?;
    let is_strange = |piece: &TextPiece<'_>| matches!(piece, TextPiece::Word(word, _) if !language.knows_word(word));
    let is_grouped = |piece: &TextPiece<'_>| matches!(piece, TextPiece::Written(digits) if !is_all_digits(digits));
    if !pieces.iter().any(is_strange) || pieces.iter().any(is_grouped) {
        return None;
    }
    // A point that is there now is an ordinal's or a fraction's.
    let words = said.to_lowercase().replace(['.', ',', ';', ':', '!', '?', '¿', '¡'], " ");
    whole_numbers(&replace_numbers_in_text(&words, &language.fallback?(), 0.0), language)
}

fn whole_numbers(replaced: &str, language: &NumberLanguage) -> Option<String> {
    let folded = text::fold(replaced);
    let mut numbers = Vec::new();
    for word in folded.split_whitespace() {
        match language.meaning(word) {
            Some(WordMeaning::Hesitation | WordMeaning::Filler) => {}
            _ if is_all_digits(word) => numbers.push(word),
            _ => return None,
        }
    }
    let fits = |number: &&str| number.len() <= MAX_DIGITS_PER_NUMBER;
    (numbers.len() == 1 || numbers.iter().all(fits)).then(|| numbers.concat())
}

fn is_all_digits(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}
