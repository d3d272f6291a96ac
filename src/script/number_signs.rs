//! The decimal and thousands separators of a language.

use icu::decimal::DecimalFormatter;
use icu::decimal::input::Decimal;
use icu::decimal::options::DecimalFormatterOptions;

use crate::script::word_language::WordLanguage;

/// The separators in the numbers of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberSigns {
    decimal: char,
    /// The thousands separators of the language in the caller's region, and of the language in general.
    thousands: [Option<char>; 2],
}

impl NumberSigns {
    /// The separators of a language such as `en`, `pt-BR` or `de_CH`, by Unicode's CLDR. `None` if it is not known.
    pub(crate) fn of_language(tag: &str) -> Option<Self> {
        let regional = WordLanguage::of_tag(tag)?;
        let general = WordLanguage::of_tag(regional.locale.id.language.as_str())?;
        let (decimal, thousands) = separators(&regional)?;
        let (_, general_thousands) = separators(&general)?;
        Some(Self { decimal, thousands: [thousands, general_thousands] })
    }

    pub(super) fn is_decimal(&self, separator: char) -> bool {
        separator == self.decimal
    }

    pub(super) fn is_thousands(&self, separator: char) -> bool {
        !self.is_decimal(separator) && self.thousands.contains(&Some(separator))
    }

    /// The decimal separator for a text-to-speech engine. Engines read the digits `0` to `9` with `.` or `,` only.
    pub(super) fn engine_decimal(&self) -> char {
        if self.decimal == ',' { ',' } else { '.' }
    }
}

/// The decimal and the thousands separator, read from a number that has both.
fn separators(language: &WordLanguage) -> Option<(char, Option<char>)> {
    let preferences = (&language.locale).into();
    let formatter = DecimalFormatter::try_new(preferences, DecimalFormatterOptions::default());
    let number: Decimal = "1234567.8".parse().ok()?;
    let number = formatter.ok()?.format(&number).to_string();
    let mut signs = number.chars().filter(|c| !c.is_numeric());
    Some((signs.next_back()?, signs.next()))
}
