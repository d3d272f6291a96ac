//! Digits that a recognizer wrote as digits.

use crate::script::numeric::check;

const WRITTEN: &[(&str, &str)] = &[
    ("4711", "4711"),
    ("4 7 1 1", "4711"),
    ("4, 7, 1, 1.", "4711"),
    ("47-11", "4711"),
    ("47 - 11", "4711"),
    ("4-7-1-1", "4711"),
    ("4.7.1.1", "4711"),
    ("4,711", "4711"),
    ("4.711", "4711"),
    ("1,234,567", "1234567"),
    ("01.23.45.67.89", "0123456789"),
    ("(555) 010-0100", "5550100100"),
    ("10:30", "1030"),
    ("#4711", "4711"),
    ("007", "007"),
    ("\"4711\"", "4711"),
    ("٤٧١١", "4711"),
    ("۴۷۱۱", "4711"),
    ("४७११", "4711"),
    ("４７１１", "4711"),
    ("3.5", "-"),
    ("47,11", "-"),
    ("-5", "-"),
    ("4 -7", "-"),
    ("−5", "-"),
    ("+49 30", "-"),
    ("5%", "-"),
    ("$5", "-"),
    ("1/2", "-"),
    ("4th", "-"),
    ("4g", "-"),
    ("a4", "-"),
    ("4711!?", "4711"),
    ("½", "-"),
    ("²", "-"),
    ("Ⅳ", "-"),
    ("四", "-"),
    ("4_7", "-"),
];

#[test]
fn written_digits_are_read_in_every_language_and_without_one() {
    for language in ["en", "es", "fr", "de", "hi", "it", "nl", "pt", "da", "ja", ""] {
        check(language, WRITTEN);
    }
}

#[test]
fn without_a_grammar_number_words_are_not_read() {
    check("ja", &[("seven", "-"), ("sieben 7", "-"), ("7", "7")]);
}

#[test]
fn the_lengths_of_input_and_output_are_bounded() {
    let of = |count: usize| "7 ".repeat(count);
    assert_eq!(crate::script::numeric::digits(&of(64), "en"), Some("7".repeat(64)));
    assert_eq!(crate::script::numeric::digits(&of(65), "en"), None);
    assert_eq!(crate::script::numeric::digits(&"7".repeat(100_000), "en"), None);
    let um = "um ".repeat(700);
    assert_eq!(crate::script::numeric::digits(&format!("{um}7"), "en"), None);
}
