//! Ordinals in words. CLDR tells which numbers have which ending in English, but has no endings and no words. Engines
//! read `3.` in German, and most Hindi ordinals, as plain numbers.

use icu::plurals::{PluralCategory, PluralRuleType};

use crate::script::word_language::{Grammar, WordLanguage};

impl WordLanguage {
    /// The ordinal of a whole number, given by its digits. `None` if the language has none here.
    pub(super) fn ordinal_words(&self, digits: &str) -> Option<String> {
        match self.grammar {
            Grammar::English => {
                let rules = self.plural_rules(PluralRuleType::Ordinal)?;
                let number: u64 = digits.parse().ok()?;
                let ending = match rules.category_for(number) {
                    PluralCategory::One => "st",
                    PluralCategory::Two => "nd",
                    PluralCategory::Few => "rd",
                    _ => "th",
                };
                Some(format!("{digits}{ending}"))
            }
            Grammar::French if digits == "1" => Some("1er".to_owned()),
            // Engines read `2e` as a number and a letter.
            Grammar::French => Some(format!("{digits}ème")),
            Grammar::Spanish => Some(format!("{digits}º")),
            Grammar::German => {
                let words = digits.parse().ok().and_then(german);
                Some(words.unwrap_or_else(|| format!("{digits}.")))
            }
            Grammar::Hindi => Some(hindi(digits)),
            Grammar::Other => None,
        }
    }
}

const BELOW_TWENTY: [&str; 20] = [
    "nullte",
    "erste",
    "zweite",
    "dritte",
    "vierte",
    "fünfte",
    "sechste",
    "siebte",
    "achte",
    "neunte",
    "zehnte",
    "elfte",
    "zwölfte",
    "dreizehnte",
    "vierzehnte",
    "fünfzehnte",
    "sechzehnte",
    "siebzehnte",
    "achtzehnte",
    "neunzehnte",
];
const ONES: [&str; 10] = [
    "",
    "einund",
    "zweiund",
    "dreiund",
    "vierund",
    "fünfund",
    "sechsund",
    "siebenund",
    "achtund",
    "neunund",
];
const TENS: [&str; 8] = [
    "zwanzigste",
    "dreißigste",
    "vierzigste",
    "fünfzigste",
    "sechzigste",
    "siebzigste",
    "achtzigste",
    "neunzigste",
];

/// Such as `dritte`, up to 99.
pub(super) fn german(number: u32) -> Option<String> {
    let number = usize::try_from(number).ok()?;
    if let Some(words) = BELOW_TWENTY.get(number) {
        return Some((*words).to_owned());
    }
    let tens = TENS.get(number / 10 - 2)?;
    Some(format!("{}{tens}", ONES[number % 10]))
}

fn hindi(digits: &str) -> String {
    match digits {
        "1" => "पहला".to_owned(),
        "2" => "दूसरा".to_owned(),
        "3" => "तीसरा".to_owned(),
        "4" => "चौथा".to_owned(),
        "6" => "छठा".to_owned(),
        other => format!("{other}वाँ"),
    }
}
