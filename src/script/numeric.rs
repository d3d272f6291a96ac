//! Spoken numbers as digits.
//!
//! ```text
//! words ─▶ text: folded, cut into words and written digits ─▶ words: what each means ─▶ grammar: one language's numbers
//!                                    └─ where our tables end: fallback (text2num) ─▶ written digits ─┘
//! ```
//!
//! What is said is a row of numbers, and each is written behind the one before: "four seven eleven" is `4711`, "nineteen
//! eighty four" `1984`. Where words could be one number or several, the longest one counts, since that is how they are
//! said: "twenty three" is `23` (not `203`), "one hundred" `100`, "two thousand five" `2005`; "one hundred five six" is
//! `1056`. Digits one by one stay digits: "nine nine nine" is `999`, "twenty oh five" `2005`.
//!
//! Some languages decide more. German and Hindi put units before tens or have a word for each number, so "zwanzig drei"
//! is `203`; Spanish swallows the "y", so "treinta cuatro" is `34`; French "quatre vingt" is `80`, and "soixante dix" `70`,
//! however it is written, but "vingt quatre-vingt" is `2080`.
//!
//! Words that only sound like digits ("to", "for", "oh") count where another word surely is one. What is none of all this
//! makes the whole utterance no number: a caller who is asked again loses less than one who is taken wrongly. So are
//! fractions, ordinals and negative numbers none.

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

/// Longest text that is looked at, in bytes.
const MAX_TEXT_BYTES: usize = 2000;
/// Most digits that come of it.
const MAX_DIGITS: usize = 64;

/// Languages with a grammar.
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

/// The digits that words say, in a language such as `en` or `de-AT`: 1 to 64 of them. `None` where they say anything
/// else. In a language that has no grammar only written digits count.
pub fn digits(words: &str, language: &str) -> Option<String> {
    if words.len() > MAX_TEXT_BYTES {
        return None;
    }
    let language = find_language(language);
    let digits = read_digits(words, language).or_else(|| fallback::digits(words, language))?;
    (1..=MAX_DIGITS).contains(&digits.len()).then_some(digits)
}

/// Whether spoken numbers are understood in a language.
pub fn supports(language: &str) -> bool {
    find_language(language).code != words::WRITTEN_DIGITS.code
}

fn find_language(language: &str) -> &'static NumberLanguage {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let found = LANGUAGES.iter().find(|known| known.code.eq_ignore_ascii_case(primary));
    found.copied().unwrap_or(&words::WRITTEN_DIGITS)
}

fn read_digits(words: &str, language: &NumberLanguage) -> Option<String> {
    let text = text::fold(words);
    let pieces = text::pieces(&text)?;
    let tokens = words::tokens(&pieces, language)?;
    grammar::parse_numbers(&tokens, language.number)
}
