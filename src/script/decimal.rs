//! Decimal numbers with any number of digits, compared exactly.

use std::cmp::Ordering;
use std::fmt;

/// The largest exponent that is compared exactly. No text of an answer has so many digits that a larger one matters.
const MAX_EXPONENT: i64 = 1_000_000_000_000;

/// A decimal number.
#[derive(Debug, Clone)]
pub struct Decimal {
    /// Whether the number is below zero.
    pub negative: bool,
    /// Digits before the decimal point, without leading zeros.
    pub whole: String,
    /// Digits after the decimal point, without trailing zeros.
    pub fraction: String,
    /// The power of ten that the digits are multiplied with. It is never carried out, so a large one costs nothing.
    exponent: i64,
}

impl Decimal {
    /// Parses a number such as `-12.50` or `1.25E+3`. Spaces are not allowed.
    pub fn parse_with_exponent(text: &str) -> Option<Self> {
        let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text);
        };
        let number = Self::parse(digits)?;
        let exponent = parse_exponent(exponent)?;
        Some(Self { exponent: if number.is_zero() { 0 } else { exponent }, ..number })
    }

    /// Parses a number such as `-12.50`. Exponents and spaces are not allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = [whole, fraction].iter().all(|s| s.bytes().all(|b| b.is_ascii_digit()));
        if !all_digits || whole.is_empty() || digits.ends_with('.') {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction, exponent: 0 })
    }

    /// The number with its exponent carried out. `None` if that takes more than `max_digits` digits.
    pub(crate) fn without_exponent(&self, max_digits: usize) -> Option<Self> {
        let digits = format!("{}{}", self.whole, self.fraction);
        let point = length(self.whole.len()) + self.exponent;
        if point.abs() > length(max_digits) {
            return None;
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let (before, after) = (zeros(-point), zeros(point - length(digits.len())));
        let digits = format!("{before}{digits}{after}");
        let (whole, fraction) = digits.split_at_checked(usize::try_from(point).unwrap_or(0))?;
        (digits.len() <= max_digits).then(|| Self {
            negative: self.negative,
            whole: whole.trim_start_matches('0').to_owned(),
            fraction: fraction.trim_end_matches('0').to_owned(),
            exponent: 0,
        })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (false, false) => {
                let order = self.first_digit_power().cmp(&other.first_digit_power());
                order.then_with(|| self.digits().cmp(other.digits()))
            }
            (zero, other_zero) => other_zero.cmp(&zero),
        }
    }

    /// The power of ten of the first digit that is not zero, plus 1.
    fn first_digit_power(&self) -> i64 {
        let zeros = match self.whole.is_empty() {
            true => self.fraction.bytes().take_while(|digit| *digit == b'0').count(),
            false => 0,
        };
        self.exponent + length(self.whole.len()) - length(zeros)
    }

    /// The digits without zeros at the beginning and the end.
    fn digits(&self) -> impl Iterator<Item = u8> {
        let whole = match self.fraction.is_empty() {
            true => self.whole.trim_end_matches('0'),
            false => &self.whole,
        };
        let fraction = match self.whole.is_empty() {
            true => self.fraction.trim_start_matches('0'),
            false => &self.fraction,
        };
        whole.bytes().chain(fraction.bytes())
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Parses the digits of an exponent, with an optional sign. Values beyond [`MAX_EXPONENT`] become that.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent = digits.parse().unwrap_or(MAX_EXPONENT).min(MAX_EXPONENT);
    Some(if text.starts_with('-') { -exponent } else { exponent })
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (negative, other_negative) => other_negative.cmp(&negative),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        write!(f, "{}{whole}", if self.negative { "-" } else { "" })?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        if self.exponent == 0 { Ok(()) } else { write!(f, "E{}", self.exponent) }
    }
}
