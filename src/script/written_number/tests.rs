//! No text becomes a number with other digits.

use proptest::prelude::*;

use super::WrittenNumber;
use crate::script::number_signs::NumberSigns;

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// All digits of the number, as they were written.
fn digits_read(number: &WrittenNumber) -> String {
    format!("{}{}", number.value.whole, number.written_fraction)
}

proptest! {
    #[test]
    fn a_number_that_is_read_has_all_digits_of_its_text_in_their_order(
        text in "[ €$%+-]{0,2}[0-9]{1,4}([.,' ][0-9]{1,4}){0,3}[ €%-]{0,2}",
        language in "(en|de|fr|hi|xx)",
        is_json in any::<bool>(),
    ) {
        let signs = NumberSigns::of_language(&language);
        if let Ok(number) = WrittenNumber::read(&text, is_json, signs.as_ref()) {
            let (read, written) = (digits_read(&number), digits_of(&text));
            prop_assert_eq!(read.trim_start_matches('0'), written.trim_start_matches('0'));
            let again = number.for_engine('.');
            let spoken = WrittenNumber::read(&again, true, signs.as_ref());
            prop_assert_eq!(spoken.map(|spoken| spoken.value), Ok(number.value), "{}", again);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        let signs = NumberSigns::of_language("en");
        let _ = WrittenNumber::read(&text, false, signs.as_ref());
        let _ = WrittenNumber::read(&format!("1{text}E{text}2"), true, None);
    }
}
