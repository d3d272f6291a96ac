//! Dates, amounts and numbers of a hostile web application: whatever the value is, the engine gets a short text without
//! anything that it could take for a command.

use proptest::prelude::*;

use super::spoken_forms::said;
use crate::support::log::record;

const FORMS: [&str; 7] =
    ["date:$v", "time:$v", "datetime:$v", "money:$v", "money:$v EUR", "ordinal:$v", "phone:$v"];

const LANGUAGES: [&str; 9] = ["en", "en-CA", "es", "fr", "de", "hi", "ar", "ja", "xx"];

/// Pieces of the values that are read, and what a hostile application adds to them.
const SCRAPS: &str = "(2026|99999|0000|-|:|T|Z|\\+|[0-9]{1,12}|[.,]|[0-9]{1,3}|EUR|USD|€|\\$|%| |[eE]|\
    \\[Europe/Berlin\\]|\\[|<say>|\\{x\\}|\\||\\\\|\u{202e}|\u{0}|٣|½)";

fn said_by(language: &str, form: &str, value: &str) -> String {
    let voice = format!("language = '{language}'\ntimezone = 'Europe/Berlin'");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(said(&voice, form, &serde_json::to_string(value).unwrap()))
}

/// The value as `{say:}` speaks it.
fn as_text(value: &str) -> String {
    said_by("en", "say:$v", value)
}

fn is_harmless(text: &str) -> bool {
    let is_command = |c: char| "<>[]{}|\\^`".contains(c) || c.is_control();
    !text.contains(is_command) && text.chars().count() <= 500
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_value_becomes_a_short_text_without_commands(
        value in prop_oneof![any::<String>(), prop::collection::vec(SCRAPS, 0..12).prop_map(|v| v.concat())],
        form in prop::sample::select(FORMS.to_vec()),
        language in prop::sample::select(LANGUAGES.to_vec()),
    ) {
        let text = said_by(language, form, &value);
        prop_assert!(is_harmless(&text), "{form} {language} {value:?}: {text:?}");
    }

    #[test]
    fn a_value_without_digits_is_spoken_as_a_text(
        value in "[^0-9\\p{Nd}\\p{No}\\p{Nl}]{0,30}",
        form in prop::sample::select(FORMS.to_vec()),
    ) {
        prop_assert_eq!(said_by("en", form, &value), as_text(&value));
    }

    #[test]
    fn every_date_is_spoken_with_its_day_and_its_year(
        (year, month, day) in (1000..=9999_u32, 1..=12_u32, 1..=28_u32),
        language in prop::sample::select(vec!["en", "es", "fr", "hi", "it"]),
    ) {
        let text = said_by(language, "date:$v", &format!("{year:04}-{month:02}-{day:02}"));
        let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
        let numbers: Vec<u32> = numbers.map(|number| number.parse().unwrap()).collect();
        prop_assert_eq!(numbers, [day, year], "{}", text);
    }

    #[test]
    fn every_amount_is_spoken_with_its_digits(
        (units, cents) in (1..=999_999_999_u64, 1..=99_u64),
        language in prop::sample::select(vec!["en", "es", "fr", "de", "hi"]),
    ) {
        let text = said_by(language, "money:$v INR", &format!("{units}.{cents:02}"));
        let numbers: Vec<u64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
        let said = [units, cents].into_iter().filter(|&n| n != 1 || numbers.contains(&1));
        prop_assert_eq!(said.collect::<Vec<_>>(), numbers, "{}", text);
    }
}

#[tokio::test]
async fn a_value_that_is_spoken_as_text_is_in_the_log_with_the_reason() {
    let (log, guard) = record("dialscript=warn");
    let value = format!("\"soon\\u001b[2J{}\"", "x".repeat(100));
    said("language = 'en'", "date:$v", &value).await;
    drop(guard);
    let log = log.text();
    assert!(log.contains("a value is spoken as text"), "{log}");
    assert!(log.contains("it is not a date"), "{log}");
    assert!(!log.contains('\u{1b}') && !log.contains(&"x".repeat(60)), "{log}");
}

#[tokio::test]
async fn a_sensitive_value_that_is_spoken_as_text_is_masked_in_the_log() {
    let (log, guard) = record("dialscript=trace");
    let script = "[keypress]\nlength = 4\nsensitive = true\n[otherwise]\nsay = '{date:keypress}'\n[no_input]";
    let ended = super::call::ScriptCall::of(script).enters(["4711"]).runs().await;
    drop(guard);
    ended.in_order(&["say sensitive 4711"]);
    let log = log.text();
    assert!(log.contains("a value is spoken as text") && log.contains("***"), "{log}");
    assert!(!log.contains("4711"), "{log}");
}
