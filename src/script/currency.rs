//! Currencies, by their codes of ISO 4217.

use std::fmt;

use icu::experimental::dimension::provider::currency::extended::CurrencyExtendedDataV1;
use icu::experimental::provider::Baked;
use icu::locale::locale;
use icu_provider::{
    DataIdentifierBorrowed, DataMarkerAttributes, DataProvider, DataRequest, DataRequestMetadata,
};

/// The code of a currency that CLDR knows, such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CurrencyCode([u8; 3]);

impl CurrencyCode {
    /// The currency with this code in capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        let is_code = letters.iter().all(u8::is_ascii_uppercase);
        (is_code && has_english_name(code)).then_some(Self(letters))
    }

    /// The currency of a unit such as `€`, `US$` or `EUR`. A dollar sign alone is the currency of the region of the
    /// language.
    pub(super) fn of_unit(unit: &str, language: Option<&str>) -> Option<Self> {
        let code = match unit {
            "€" => "EUR",
            "£" => "GBP",
            "¥" => "JPY",
            "₹" => "INR",
            "₽" => "RUB",
            "₺" => "TRY",
            "₴" => "UAH",
            "₩" => "KRW",
            "₪" => "ILS",
            "₫" => "VND",
            "₦" => "NGN",
            "₱" => "PHP",
            "฿" => "THB",
            "US$" => "USD",
            "C$" | "CA$" => "CAD",
            "A$" | "AU$" => "AUD",
            "NZ$" => "NZD",
            "HK$" => "HKD",
            "S$" => "SGD",
            "R$" => "BRL",
            "MX$" => "MXN",
            "$" => dollar_of_region(language.unwrap_or_default()),
            code => code,
        };
        Self::parse(code)
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What `$` is in the region of a language such as `en-CA`. Without a region, the dollar of the United States.
fn dollar_of_region(language: &str) -> &'static str {
    let region = language.split(['-', '_']).nth(1).unwrap_or_default();
    match region.to_ascii_uppercase().as_str() {
        "AR" => "ARS",
        "AU" => "AUD",
        "CA" => "CAD",
        "CL" => "CLP",
        "CO" => "COP",
        "HK" => "HKD",
        "MX" => "MXN",
        "NZ" => "NZD",
        "SG" => "SGD",
        _ => "USD",
    }
}

fn has_english_name(code: &str) -> bool {
    let Ok(code) = DataMarkerAttributes::try_from_str(code) else { return false };
    let english = (&locale!("en").id).into();
    let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(code, &english);
    // An unknown code is no fault: in a debug build, ICU would print one to standard error.
    let mut metadata = DataRequestMetadata::default();
    metadata.silent = true;
    let request = DataRequest { id, metadata };
    DataProvider::<CurrencyExtendedDataV1>::load(&Baked, request).is_ok()
}
