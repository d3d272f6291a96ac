//! Turns spoken numbers into digits.
//!
//! ```text
//! speech ─▶ text: split into words and written digits ─▶ words: the meaning of each word ─▶ grammar: the numbers ─▶ digits
//!                └─ a word that our tables do not have: fallback (text2num) ────────────────────────────────────────┘
//! ```
//!
//! An utterance is a sequence of numbers, whose digits are joined: "four seven eleven" is `4711`, "nineteen eighty
//! four" is `1984`. If words can be read as one number or as several, they are read as the longest number: "twenty
//! three" is `23`, not `203`; "two thousand five" is `2005`; "one hundred five six" is `1056`. Single digits stay
//! single digits: "nine nine nine" is `999`, "twenty oh five" is `2005`.
//!
//! Details depend on the language. German says units before tens, and Hindi has a word for each number below 100, so
//! "zwanzig drei" is `203`. Recognizers often miss the Spanish "y", so "treinta cuatro" is `34`. In French, "quatre
//! vingt" is `80` and "soixante dix" is `70`, with or without hyphens, but "vingt quatre-vingt" is `2080`.
//!
//! Words that sound like digits ("to", "for", "oh") count as digits if another word certainly belongs to a number. If
//! any other word is left over, the whole utterance is rejected: it is better to ask the caller again than to take a
//! wrong number. Fractions, ordinals and negative numbers are rejected too.
//!
//! text2num alone fails 14 of the 39 tests in `tests/script/numeric` (doubled digits, "oh" for zero, homophones,
//! fillers, limits). So this module has its own grammars, and uses text2num only for words that its tables do not have.

mod english;
mod fallback;
mod french;
mod german;
mod grammar;
mod hindi;
mod others;
mod spanish;
mod text;
mod words;

use words::NumberLanguage;

/// Longer texts are rejected.
const MAX_TEXT_BYTES: usize = 2000;
/// Utterances with more digits are rejected.
const MAX_DIGITS: usize = 64;

/// The languages with tables of words.
static LANGUAGES: [&NumberLanguage; 9] = [
    &english::ENGLISH,
    &spanish::SPANISH,
    &french::FRENCH,
    &german::GERMAN,
    &hindi::HINDI,
    &others::ITALIAN,
    &others::DUTCH,
    &others::PORTUGUESE,
    &others::DANISH,
];

/// The digits of an utterance in a language such as `en` or `de-AT`: 1 to 64 digits, or `None` if the utterance
/// contains more than numbers and fillers. In a language without a table only written digits are understood.
pub fn digits(words: &str, language: &str) -> Option<String> {
    if words.len() > MAX_TEXT_BYTES {
        return None;
    }
    let language = find_language(language);
    let digits = read_digits(words, language).or_else(|| fallback::digits(words, language))?;
    (1..=MAX_DIGITS).contains(&digits.len()).then_some(digits)
}

/// Whether spoken numbers are understood in the language.
pub fn supports(language: &str) -> bool {
    find_language(language).code != words::WRITTEN_DIGITS.code
}

fn find_language(language: &str) -> &'static NumberLanguage {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let language = LANGUAGES.iter().find(|known| known.code.eq_ignore_ascii_case(primary));
    language.copied().unwrap_or(&words::WRITTEN_DIGITS)
}

fn read_digits(words: &str, language: &NumberLanguage) -> Option<String> {
    let text = text::fold(words);
    let pieces = text::pieces(&text)?;
    let tokens = words::tokens(&pieces, language)?;
    grammar::parse_numbers(&tokens, language.number)
}
