//! The names of cents. CLDR has names for currencies only.

use crate::script::word_language::Grammar;

/// The hundredth part of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MinorUnit {
    Cent,
    Centavo,
    Paisa,
    Penny,
    Rappen,
}

impl MinorUnit {
    pub(super) fn of_currency(code: &str) -> Option<Self> {
        match code {
            "AUD" | "CAD" | "EUR" | "HKD" | "NZD" | "SGD" | "USD" | "ZAR" => Some(Self::Cent),
            "ARS" | "BRL" | "COP" | "MXN" | "PHP" => Some(Self::Centavo),
            "INR" | "NPR" | "PKR" => Some(Self::Paisa),
            "GBP" => Some(Self::Penny),
            "CHF" => Some(Self::Rappen),
            _ => None,
        }
    }

    /// The name of one, and of several.
    pub(super) fn names(self, grammar: Grammar, code: &str) -> Option<[&'static str; 2]> {
        Some(match (grammar, self) {
            (Grammar::English, Self::Cent) => ["cent", "cents"],
            (Grammar::English, Self::Centavo) => ["centavo", "centavos"],
            (Grammar::English, Self::Paisa) => ["paisa", "paise"],
            (Grammar::English, Self::Penny) => ["penny", "pence"],
            (Grammar::English, Self::Rappen) => ["centime", "centimes"],
            (Grammar::French, Self::Cent) if code != "EUR" => ["cent", "cents"],
            (Grammar::French, Self::Cent | Self::Rappen) => ["centime", "centimes"],
            (Grammar::French, Self::Centavo) => ["centavo", "centavos"],
            (Grammar::French, Self::Paisa) => ["paisa", "paisas"],
            (Grammar::French, Self::Penny) => ["penny", "pence"],
            (Grammar::German, Self::Cent) => ["Cent", "Cent"],
            (Grammar::German, Self::Centavo) => ["Centavo", "Centavos"],
            (Grammar::German, Self::Paisa) => ["Paisa", "Paise"],
            (Grammar::German, Self::Penny) => ["Penny", "Pence"],
            (Grammar::German, Self::Rappen) => ["Rappen", "Rappen"],
            (Grammar::Hindi, Self::Cent) => ["सेंट", "सेंट"],
            (Grammar::Hindi, Self::Centavo) => ["सेंटावो", "सेंटावो"],
            (Grammar::Hindi, Self::Paisa) => ["पैसा", "पैसे"],
            (Grammar::Hindi, Self::Penny) => ["पेनी", "पेंस"],
            (Grammar::Hindi, Self::Rappen) => ["सेंटीम", "सेंटीम"],
            (Grammar::Spanish, Self::Cent) if code != "EUR" => ["centavo", "centavos"],
            (Grammar::Spanish, Self::Cent | Self::Rappen) => ["céntimo", "céntimos"],
            (Grammar::Spanish, Self::Centavo) => ["centavo", "centavos"],
            (Grammar::Spanish, Self::Paisa) => ["paisa", "paisas"],
            (Grammar::Spanish, Self::Penny) => ["penique", "peniques"],
            (Grammar::Other, _) => return None,
        })
    }
}
