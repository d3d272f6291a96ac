//! Decimal numbers of any length, and ranges of them.

use std::cmp::Ordering;

use dialscript::script::decimal::Decimal;
use dialscript::script::matcher::Matcher;
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
}

#[test]
fn decimals_are_compared_by_their_value() {
    let rows = [
        ("1", "1.0", Ordering::Equal),
        ("007", "7", Ordering::Equal),
        ("-0", "0.00", Ordering::Equal),
        ("+5", "5", Ordering::Equal),
        ("9", "10", Ordering::Less),
        ("0.45", "0.5", Ordering::Less),
        ("1.05", "1.5", Ordering::Less),
        ("-10", "-9", Ordering::Less),
        ("-1", "1", Ordering::Less),
        ("-1.5", "-1.25", Ordering::Less),
        ("100000000000000000000", "99999999999999999999", Ordering::Greater),
    ];
    for (one, other, expected) in rows {
        assert_eq!(decimal(one).cmp(&decimal(other)), expected, "{one} and {other}");
        assert_eq!(decimal(other).cmp(&decimal(one)), expected.reverse(), "{other} and {one}");
        assert_eq!(decimal(one) == decimal(other), expected == Ordering::Equal);
    }
}

#[test]
fn text_that_is_no_plain_decimal_is_not_a_number() {
    for text in
        ["", "-", "+", ".", "1.", ".5", "--1", "+-1", "1.2.3", "1e3", " 1", "1 ", "٣", "1_0"]
    {
        assert_eq!(Decimal::parse(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn decimals_order_like_integers(one: i64, other: i64) {
        let ordered = decimal(&one.to_string()).cmp(&decimal(&other.to_string()));
        prop_assert_eq!(ordered, one.cmp(&other));
    }

    #[test]
    fn decimals_order_like_thousandths(one in -9999_i32..9999, other in -9999_i32..9999) {
        let text = |n: i32| format!("{:.3}", f64::from(n) / 1000.0);
        prop_assert_eq!(decimal(&text(one)).cmp(&decimal(&text(other))), one.cmp(&other));
    }
}

#[test]
fn ranges_compare_numbers_with_exponents_exactly_and_at_no_cost() {
    let rows = [
        ("100", "1E+2", "100", true),
        ("3000000", "3.0E6", "3000000", true),
        ("0.0125", "125e-4", "0.0125", true),
        ("-0.5", "-5E-1", "-0.5", true),
        ("0", "0E999999999", "0", true),
        ("1", "1e-999999999", "2", false),
        ("0", "1e-999999999", "1", true),
        ("0", "1E999999999", "9E999999998", false),
        ("0", "1E999999999", "1E999999999", true),
        ("0", "-1E99999999999999999999999999", "1", false),
        ("99.99", "9.999E1", "99.99", true),
        ("100", "99.999E0", "100", false),
        ("100", "1E", "100", false),
        ("100", "1E+", "100", false),
        ("100", "1E2.0", "100", false),
        ("100", "1E 2", "100", false),
        ("100", "E2", "100", false),
    ];
    for (min, text, max, expected) in rows {
        let [min, max] =
            [min, max].map(|number| Some(Decimal::parse_with_exponent(number).expect("a number")));
        let matcher = Matcher::Range(min, max);
        assert_eq!(matcher.matches_text(text), expected, "{matcher:?} on {text}");
    }
}
