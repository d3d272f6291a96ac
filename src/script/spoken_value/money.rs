//! Amounts of money in words, such as "15 euros and 50 cents".

use super::minor_unit::MinorUnit;
use crate::script::currency::CurrencyCode;
use crate::script::decimal::Decimal;
use crate::script::number_signs::NumberSigns;
use crate::script::word_language::{Grammar, WordLanguage};
use crate::script::written_number::WrittenNumber;

/// Maximum number of digits before the decimal separator. More are hardly an amount.
const MAX_WHOLE_DIGITS: usize = 15;

/// An amount, and its currency.
pub(super) struct WrittenMoney {
    amount: Decimal,
    currency: CurrencyCode,
}

impl WrittenMoney {
    /// Reads `15.50`, `EUR 15.50` or `15,50 €`. A currency in the text counts, before `default`. `None` if the text is
    /// not an amount that can be read for certain, or if no currency is known.
    pub(super) fn read(
        text: &str,
        is_json_number: bool,
        default: Option<CurrencyCode>,
        language: Option<&str>,
    ) -> Option<Self> {
        let signs = language.and_then(NumberSigns::of_language);
        let number = WrittenNumber::read(text, is_json_number, signs.as_ref()).ok()?;
        let currency = match number.unit() {
            "" => default,
            unit => CurrencyCode::of_unit(unit, language),
        };
        let is_amount = number.value.whole.len() <= MAX_WHOLE_DIGITS;
        Some(Self { amount: number.value, currency: currency.filter(|_| is_amount)? })
    }
}

impl WordLanguage {
    /// The amount in words. A currency of which the smaller unit has no name here is spoken with decimals.
    pub(super) fn money_words(&self, money: &WrittenMoney) -> Option<String> {
        let Decimal { negative, whole, fraction, .. } = &money.amount;
        let minus = if *negative { self.minus() } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        let code = money.currency.as_str();
        let minor = MinorUnit::of_currency(code).filter(|_| fraction.len() <= 2);
        let minor = minor.and_then(|unit| unit.names(self.grammar, code));
        let decimals = format!("{fraction:0<2}");
        let words = match minor {
            _ if fraction.is_empty() => self.units(whole, &self.currency_name(code, whole)?),
            None => {
                let name = self.currency_name(code, &format!("{whole}.{decimals}"))?;
                format!("{whole}{}{decimals} {name}", self.decimal_sign())
            }
            Some([one, several]) => {
                let cents = decimals.strip_prefix('0').unwrap_or(&decimals);
                let cents = self.units(cents, if cents == "1" { one } else { several });
                match whole {
                    "0" => cents,
                    whole => {
                        let units = self.units(whole, &self.currency_name(code, whole)?);
                        format!("{units}{} {cents}", self.and())
                    }
                }
            }
        };
        Some(format!("{minus}{words}"))
    }

    fn decimal_sign(&self) -> char {
        let signs = NumberSigns::of_language(&self.locale.id.to_string());
        signs.map_or('.', |signs| signs.engine_decimal())
    }

    /// A number and a name. Some languages say another word than the number for one of something.
    fn units(&self, number: &str, name: &str) -> String {
        let number = match (self.grammar, number) {
            (Grammar::German, "1") if name.ends_with('e') => "eine",
            (Grammar::German, "1") => "ein",
            (Grammar::Spanish, "1") if is_spanish_feminine(name) => "una",
            (Grammar::Spanish, "1") => "un",
            _ => number,
        };
        format!("{number} {name}")
    }

    /// Engines leave out a sign before a number in some languages.
    fn minus(&self) -> &'static str {
        match self.grammar {
            Grammar::English | Grammar::German => "minus ",
            Grammar::French => "moins ",
            Grammar::Spanish => "menos ",
            Grammar::Hindi => "माइनस ",
            Grammar::Other => "-",
        }
    }

    /// What stands between the units and the cents.
    fn and(&self) -> &'static str {
        match self.grammar {
            Grammar::English => " and",
            Grammar::French => " et",
            Grammar::German => " und",
            Grammar::Spanish => " con",
            Grammar::Hindi | Grammar::Other => "",
        }
    }
}

/// Such as `libra esterlina`.
fn is_spanish_feminine(name: &str) -> bool {
    name.split(' ').next().is_some_and(|noun| noun.ends_with('a'))
}
