//! The decimal digits of other scripts, such as `٣`.

/// The zero of each script. The digits from 1 to 9 follow it (Unicode's category Nd).
const ZEROS: [u32; 20] = [
    0x0660, // Arabic
    0x06f0, // Persian, Urdu
    0x07c0, // N'Ko
    0x0966, // Devanagari
    0x09e6, // Bengali
    0x0a66, // Gurmukhi
    0x0ae6, // Gujarati
    0x0b66, // Odia
    0x0be6, // Tamil
    0x0c66, // Telugu
    0x0ce6, // Kannada
    0x0d66, // Malayalam
    0x0e50, // Thai
    0x0ed0, // Lao
    0x0f20, // Tibetan
    0x1040, // Burmese
    0x17e0, // Khmer
    0x1810, // Mongolian
    0x1c50, // Santali
    0xff10, // Full width
];

/// The text with its decimal digits as `0` to `9`.
pub(crate) fn ascii_digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| ascii_digit(c).unwrap_or(c))
}

fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    ZEROS.into_iter().find_map(|zero| char::from_digit(code.checked_sub(zero)?, 10))
}
