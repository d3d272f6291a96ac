//! How keys become digits.

use std::time::Duration;

use dialscript::channel::digits::{DigitCollector, TypeAheadBuffer};
use dialscript::channel::{DigitOptions, DigitsEnd, KeySet};
use proptest::prelude::*;
use tokio::time::Instant;

fn ask() -> DigitOptions {
    DigitOptions {
        keys: KeySet::DIGITS,
        max_digits: 4,
        first_digit_timeout: Duration::from_secs(20),
        inter_digit_timeout: Duration::from_secs(5),
        terminator: Some('#'),
        clear: None,
        barge_in: true,
    }
}

/// Takes keys with their seconds after the end of the prompt. Returns the digits, what ended them, and the deadline.
fn collect(
    ask: &DigitOptions,
    keys: &[(u64, char)],
) -> (String, Option<DigitsEnd>, Option<Duration>) {
    let start = Instant::now();
    let mut collector = DigitCollector::new(ask, start);
    let mut now = start;
    for &(second, key) in keys {
        now = start + Duration::from_secs(second);
        if collector.remaining_time(now).is_none() {
            break;
        }
        collector.push_key(key, now);
    }
    let ended = collector.is_complete();
    let patience = collector.remaining_time(now);
    let heard = collector.into_digits();
    (heard.digits, ended.then_some(heard.end), patience)
}

#[test]
fn without_a_key_the_first_digit_timeout_applies() {
    assert_eq!(collect(&ask(), &[]).2, Some(Duration::from_secs(20)));
}

#[test]
fn after_the_first_digit_only_the_inter_digit_timeout_applies() {
    assert_eq!(collect(&ask(), &[(19, '1')]).2, Some(Duration::from_secs(5)));
    assert_eq!(collect(&ask(), &[(19, '1'), (24, '2')]).0, "1", "at the edge it is over");
    assert_eq!(collect(&ask(), &[(1, '1'), (5, '2'), (9, '3')]).0, "123");
}

#[test]
fn input_of_full_length_is_accepted_at_once() {
    let (digits, ended, patience) = collect(&ask(), &[(0, '4'), (0, '7'), (0, '1'), (0, '1')]);
    assert_eq!((digits.as_str(), ended, patience), ("4711", Some(DigitsEnd::MaxDigits), None));
}

#[test]
fn the_terminator_ends_the_input_and_is_not_part_of_it() {
    let (digits, ended, _) = collect(&ask(), &[(0, '4'), (1, '#')]);
    assert_eq!((digits.as_str(), ended), ("4", Some(DigitsEnd::Terminator)));
    let (digits, ended, _) = collect(&ask(), &[(0, '#')]);
    assert_eq!(
        (digits.as_str(), ended),
        ("", Some(DigitsEnd::Terminator)),
        "a lone one is no input"
    );
}

#[test]
fn other_keys_are_ignored_and_extend_no_timeout() {
    let (digits, ended, patience) = collect(&ask(), &[(1, '1'), (3, '*'), (4, 'A')]);
    assert_eq!((digits.as_str(), ended), ("1", None));
    assert_eq!(patience, Some(Duration::from_secs(2)));
}

#[test]
fn timeouts_start_at_the_end_of_a_prompt_without_barge_in() {
    let ask = DigitOptions { barge_in: false, ..ask() };
    let start = Instant::now();
    let mut collector = DigitCollector::new(&ask, start);
    collector.push_key('1', start + Duration::from_secs(1));
    assert!(!collector.ends_prompt() && !collector.allows_barge_in());
    let prompt_ends = start + Duration::from_secs(9);
    collector.prompt_finished(prompt_ends);
    assert_eq!(collector.remaining_time(prompt_ends), Some(Duration::from_secs(5)));
}

#[test]
fn type_ahead_passes_keys_and_terminator_to_a_later_question() {
    let ask = ask();
    let now = Instant::now();
    let mut collector = DigitCollector::new(&ask, now);
    "12#3".chars().for_each(|key| collector.push_key(key, now));
    assert_eq!(collector.into_keys(), "12#");
}

#[test]
fn the_keys_of_the_question_its_terminator_and_its_clear_key_are_accepted() {
    let accepted = |ask: &DigitOptions| {
        DigitCollector::new(ask, Instant::now()).accepted_keys().keys().collect::<String>()
    };
    assert_eq!(accepted(&ask()), "0123456789#");
    assert_eq!(accepted(&DigitOptions { terminator: Some('*'), ..ask() }), "0123456789*");
    assert_eq!(accepted(&DigitOptions { terminator: None, ..ask() }), "0123456789");
    assert_eq!(accepted(&DigitOptions { clear: Some('*'), ..ask() }), "0123456789*#");
    let keys = "A1".chars().collect();
    assert_eq!(accepted(&DigitOptions { keys, ..ask() }), "1#A");
}

#[test]
fn keys_that_are_no_input_are_ignored_and_those_that_are_count() {
    let ask = DigitOptions { keys: "13*A".chars().collect(), ..ask() };
    let (digits, ended, _) = collect(&ask, &[(0, '1'), (1, '2'), (2, '*'), (3, 'A'), (4, '3')]);
    assert_eq!((&*digits, ended), ("1*A3", Some(DigitsEnd::MaxDigits)));
}

#[test]
fn a_key_set_is_shown_as_it_is_written_in_a_script() {
    for (keys, shown) in [
        ("0123456789", "0-9"),
        ("9*#012345678", "0-9*#"),
        ("12AB*", "12*AB"),
        ("123579ABCD", "1-3579A-D"),
        ("eE x", ""),
    ] {
        assert_eq!(keys.chars().collect::<KeySet>().to_string(), shown);
    }
    assert_eq!(KeySet::ALL.to_string(), "0-9*#A-D");
}

fn clearable() -> DigitOptions {
    DigitOptions { clear: Some('*'), ..ask() }
}

#[test]
fn the_clear_key_drops_the_input_and_the_first_digit_timeout_starts_again() {
    let (digits, ended, patience) = collect(&clearable(), &[(1, '4'), (2, '7'), (3, '*')]);
    assert_eq!((&*digits, ended, patience), ("", None, Some(Duration::from_secs(20))));
    let keys = [(1, '4'), (2, '*'), (20, '7'), (21, '*'), (22, '1'), (23, '#')];
    let (digits, ended, _) = collect(&clearable(), &keys);
    assert_eq!((&*digits, ended), ("1", Some(DigitsEnd::Terminator)));
}

#[test]
fn the_clear_key_comes_too_late_once_the_input_is_complete() {
    let (digits, ended, _) =
        collect(&clearable(), &[(0, '1'), (0, '2'), (0, '3'), (0, '4'), (0, '*')]);
    assert_eq!((&*digits, ended), ("1234", Some(DigitsEnd::MaxDigits)));
}

#[test]
fn the_clear_key_alone_ends_a_prompt_with_barge_in() {
    let (now, ask) = (Instant::now(), clearable());
    let mut collector = DigitCollector::new(&ask, now);
    collector.push_key('*', now);
    assert!(collector.ends_prompt() && !collector.is_complete());
    let ask = DigitOptions { barge_in: false, ..clearable() };
    let mut collector = DigitCollector::new(&ask, now);
    collector.push_key('*', now);
    assert!(!collector.ends_prompt());
}

#[test]
fn type_ahead_for_a_known_question_keeps_what_follows_the_clear_key() {
    let (now, mut buffer, ask) = (Instant::now(), TypeAheadBuffer::default(), clearable());
    let mut collector = buffer.start_collector(&ask);
    "12*3".chars().for_each(|key| collector.push_key(key, now));
    buffer.store(collector);
    assert_eq!(buffer.start_collector(&ask).into_keys(), "*3");
    let mut collector = buffer.start_collector(&ask);
    collector.push_key('*', now);
    buffer.store(collector);
    assert!(buffer.start_collector(&ask).ends_prompt(), "the clear key ends the next prompt, too");
}

#[test]
fn type_ahead_for_a_question_not_yet_known_is_cleared_when_it_is_known() {
    let (now, mut buffer) = (Instant::now(), TypeAheadBuffer::default());
    let mut held = buffer.start_holding();
    "12*34#".chars().for_each(|key| held.push_key(key, now));
    buffer.store(held);
    let ask = clearable();
    let heard = buffer.start_collector(&ask).into_digits();
    assert_eq!((&*heard.digits, heard.end), ("34", DigitsEnd::Terminator));
}

#[test]
fn type_ahead_for_a_question_not_yet_known_keeps_all_keys_and_ends_no_prompt() {
    let (now, mut buffer) = (Instant::now(), TypeAheadBuffer::default());
    let mut held = buffer.start_holding();
    assert_eq!(held.accepted_keys(), KeySet::ALL);
    "*1A2".chars().for_each(|key| held.push_key(key, now));
    assert!(!held.ends_prompt() && !held.is_complete());
    buffer.store(held);
    let mut held = buffer.start_holding();
    "3#4".chars().for_each(|key| held.push_key(key, now));
    buffer.store(held);
    let ask = ask();
    let heard = buffer.start_collector(&ask).into_digits();
    assert_eq!((&*heard.digits, heard.end), ("123", DigitsEnd::Terminator));
    assert_eq!(buffer.start_collector(&ask).into_digits().digits, "", "they are used up");
}

#[test]
fn type_ahead_keeps_no_more_keys_than_the_longest_input_twice() {
    let (now, mut buffer) = (Instant::now(), TypeAheadBuffer::default());
    let mut held = buffer.start_holding();
    (0..100).for_each(|_| held.push_key('1', now));
    buffer.store(held);
    let ask = DigitOptions { max_digits: 100, ..ask() };
    assert_eq!(buffer.start_collector(&ask).into_digits().digits.len(), 66);
}

/// A question with any keys, and a terminator and a clear key that are not among them.
fn any_question() -> impl Strategy<Value = DigitOptions> {
    let special = || prop_oneof![Just(None), Just(Some('*')), Just(Some('#'))];
    ("[0-9A-D*#]{1,12}", 1_usize..6, special(), special(), any::<bool>()).prop_map(
        |(keys, max_digits, terminator, clear, barge_in)| {
            let clear = clear.filter(|_| clear != terminator);
            let is_input = |key: &char| ![terminator, clear].contains(&Some(*key));
            let keys = keys.chars().filter(is_input).collect();
            DigitOptions { keys, max_digits, terminator, clear, barge_in, ..ask() }
        },
    )
}

proptest! {
    #[test]
    fn keys_count_the_same_whether_they_come_before_the_question_or_in_it(
        ask in any_question(),
        keys in "[0-9A-D*#]{0,40}",
        held in 0_usize..40,
        kept in 0_usize..40,
    ) {
        let now = Instant::now();
        let mut expected = DigitCollector::new(&ask, now);
        keys.chars().for_each(|key| expected.push_key(key, now));

        let mut keys = keys.chars();
        let mut buffer = TypeAheadBuffer::default();
        let mut holding = buffer.start_holding();
        keys.by_ref().take(held).for_each(|key| holding.push_key(key, now));
        buffer.store(holding);
        let mut keeping = buffer.start_collector(&ask);
        keys.by_ref().take(kept).for_each(|key| keeping.push_key(key, now));
        buffer.store(keeping);
        let mut collector = buffer.start_collector(&ask);
        keys.for_each(|key| collector.push_key(key, now));

        prop_assert_eq!(collector.ends_prompt(), expected.ends_prompt());
        prop_assert_eq!(collector.remaining_time(now).is_some(), expected.remaining_time(now).is_some());
        prop_assert_eq!(collector.into_digits(), expected.into_digits());
    }
}
