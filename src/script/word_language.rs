//! The language in which dates, times, amounts and ordinals are put into words. What CLDR knows comes from there.

use icu::decimal::input::Decimal;
use icu::experimental::dimension::provider::currency::extended::CurrencyExtendedDataV1;
use icu::experimental::provider::Baked;
use icu::locale::Locale;
use icu::plurals::{PluralOperands, PluralRuleType, PluralRules};
use icu_provider::marker::DataMarkerExt;
use icu_provider::{DataIdentifierBorrowed, DataMarkerAttributes, DataProvider, DataRequest};

/// A language that CLDR knows.
pub(super) struct WordLanguage {
    pub(super) locale: Locale,
    pub(super) grammar: Grammar,
}

/// The languages for which CLDR's forms, made for the eye, are changed for the ear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    English,
    French,
    German,
    Hindi,
    Spanish,
    /// CLDR's forms are spoken as they are.
    Other,
}

impl WordLanguage {
    /// The language of a tag such as `en`, `pt-BR` or `de_CH`. `None` if CLDR does not know it.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let locale: Locale = tag.replace('_', "-").parse().ok()?;
        let grammar = match locale.id.language.as_str() {
            "en" => Grammar::English,
            "fr" => Grammar::French,
            "de" => Grammar::German,
            "hi" => Grammar::Hindi,
            "es" => Grammar::Spanish,
            _ => Grammar::Other,
        };
        let language = Self { locale, grammar };
        // For a language that CLDR does not know, formatters use no language at all, without an error.
        language.currency_name("EUR", "1").is_some().then_some(language)
    }

    /// The name of a currency for an amount, such as `euro` for `1` and `euros` for `1.50`. `None` if the language has
    /// no name for it.
    pub(super) fn currency_name(&self, code: &str, amount: &str) -> Option<String> {
        let locale = CurrencyExtendedDataV1::make_locale((&self.locale).into());
        let code = DataMarkerAttributes::try_from_str(code).ok()?;
        let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(code, &locale);
        let request = DataRequest { id, ..DataRequest::default() };
        let names = DataProvider::<CurrencyExtendedDataV1>::load(&Baked, request).ok()?.payload;
        let rules = self.plural_rules(PluralRuleType::Cardinal)?;
        let amount: Decimal = amount.parse().ok()?;
        Some(names.get().get(PluralOperands::from(&amount), &rules).to_owned())
    }

    pub(super) fn plural_rules(&self, rule_type: PluralRuleType) -> Option<PluralRules> {
        PluralRules::try_new((&self.locale).into(), rule_type.into()).ok()
    }
}
