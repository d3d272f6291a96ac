//! Uses text2num for number words that our tables do not have.

use text2num::replace_numbers_in_text;

use super::text::{self, TextPiece};
use super::words::{NumberLanguage, WordMeaning};

/// Maximum digits of each number if there are several. If text2num splits one large number ("eine Milliarde"), a part
/// of it has more digits than this.
const MAX_DIGITS_PER_NUMBER: usize = 4;

/// The digits that text2num finds. The result is rejected unless it consists of whole numbers and fillers of the
/// language. If our tables have all the words, text2num is not used: the utterance is not a number.
pub(super) fn digits(speech: &str, language: &NumberLanguage) -> Option<String> {
    let folded = text::fold(speech);
    let pieces = text::pieces(&folded)?;
    let is_unknown_word = |piece: &TextPiece<'_>| matches!(piece, TextPiece::Word(word, _) if !language.knows_word(word));
    let is_grouped = |piece: &TextPiece<'_>| matches!(piece, TextPiece::Written(digits) if !is_all_digits(digits));
    if !pieces.iter().any(is_unknown_word) || pieces.iter().any(is_grouped) {
        return None;
    }
    // Without punctuation in its input, a point in the output of text2num belongs to an ordinal or a fraction.
    let words = speech.to_lowercase().replace(['.', ',', ';', ':', '!', '?', '¿', '¡'], " ");
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
