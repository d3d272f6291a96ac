//! Spoken numbers: any words, in any language, yield either no digits or 1 to 64 digits and nothing else.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none numeric`. The first byte of the input selects the language.
#![no_main]

use dialscript::script::numeric::digits;
use libfuzzer_sys::fuzz_target;

const LANGUAGES: [&str; 9] = ["en", "es", "fr", "de", "hi", "it", "nl", "pt", "da"];

fuzz_target!(|input: &[u8]| {
    let Some((language, words)) = input.split_first() else { return };
    let language = LANGUAGES[usize::from(*language) % LANGUAGES.len()];
    if let Some(digits) = digits(&String::from_utf8_lossy(words), language) {
        assert!((1..=64).contains(&digits.len()), "{} digits", digits.len());
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{digits:?}");
    }
});
