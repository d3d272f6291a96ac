//! The decimal and thousands separators of a language.

use num_format::Locale;

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
        let mut subtags = tag.split(['-', '_']);
        let language = match subtags.next()?.to_ascii_lowercase() {
            norwegian if norwegian == "no" => "nb".to_owned(),
            language => language,
        };
        let region = subtags.find(|subtag| subtag.len() == 2).map(str::to_ascii_uppercase);
        let general = Locale::from_name(&language).ok();
        let regional = region.and_then(|r| Locale::from_name(format!("{language}-{r}")).ok());
        let locale = regional.or(general)?;
        let thousands = |locale: Locale| locale.separator().chars().next();
        Some(Self {
            decimal: locale.decimal().chars().next()?,
            thousands: [thousands(locale), general.and_then(thousands)],
        })
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
