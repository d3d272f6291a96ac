//! What holds for anything that is said.

use dialscript::script::numeric::digits;
use proptest::prelude::*;

const DIGITS: [(&str, [&str; 10]); 10] = [
    ("en", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]),
    ("es", ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]),
    ("fr", ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]),
    ("de", ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]),
    ("hi", ["शून्य", "एक", "दो", "तीन", "चार", "पांच", "छह", "सात", "आठ", "नौ"]),
    ("hi", ["shunya", "ek", "do", "teen", "char", "paanch", "chhe", "saat", "aath", "nau"]),
    ("it", ["zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"]),
    ("nl", ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"]),
    ("pt", ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"]),
    ("da", ["nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni"]),
];

/// Words that grammars and text2num know, in all languages, and what stands between them.
const SCRAPS: &str = "(zero|oh|one|to|twenty|hundred|thousand|million|and|a|double|point|first|um|is|dos|y|mil|cien|\
    doscientos|quatre|vingt|dix|soixante|et|fois|le|virgule|eins|und|zwanzig|hundert|mal|komma|सौ|दो|बार|लाख|डबल|\
    meia|vinte|e|treogtyve|[0-9]{1,4}|[.,\\-+%])";

fn language() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["en", "es", "fr", "de", "hi", "it", "nl", "pt", "da", "xx"])
}

fn is_right(digits: Option<String>) -> bool {
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.is_none_or(|digits| (1..=64).contains(&digits.len()) && is_digits(&digits))
}

proptest! {
    #[test]
    fn any_text_gives_digits_or_nothing(said in "\\PC{0,60}", language in language()) {
        prop_assert!(is_right(digits(&said, language)));
    }

    #[test]
    fn any_utf_8_bytes_give_digits_or_nothing(said in any::<String>(), language in language()) {
        prop_assert!(is_right(digits(&said, language)));
    }

    #[test]
    fn any_number_words_give_digits_or_nothing(
        said in prop::collection::vec(SCRAPS, 0..12),
        between in "( |-|, )",
        language in language(),
    ) {
        prop_assert!(is_right(digits(&said.join(&between), language)));
    }

    #[test]
    fn digits_spoken_one_by_one_are_read_back(
        wanted in "[0-9]{1,64}",
        (language, words) in prop::sample::select(DIGITS.to_vec()),
        between in "( |, |  |-|\\. )",
    ) {
        // French says 17, 18, 19 and 80 in words of digits: none of them is among single digits.
        let said: Vec<_> = wanted.bytes().map(|digit| words[usize::from(digit - b'0')]).collect();
        prop_assert_eq!(digits(&said.join(&between), language), Some(wanted));
    }

    #[test]
    fn a_word_of_no_language_gives_no_number(wanted in "[0-9]{1,8}", language in language()) {
        prop_assert_eq!(digits(&format!("{wanted} xyzzy"), language), None);
        prop_assert_eq!(digits(&format!("xyzzy {wanted}"), language), None);
    }
}

#[test]
fn a_number_above_all_bounds_gives_no_digits() {
    for said in ["fifty hundred million", "ninety nine hundred million and one"] {
        assert_eq!(digits(said, "en"), None, "{said}");
    }
    assert_eq!(digits("forty two hundred million", "en").as_deref(), Some("4200000000"));
}
