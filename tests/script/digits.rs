//! The rules by which keys become digits.

use std::time::Duration;

use dialscript::channel::digits::{Collector, TypeAhead};
use dialscript::channel::{Ask, Ended};
use tokio::time::Instant;

fn ask() -> Ask {
    Ask {
        most: 4,
        first_digit: Duration::from_secs(20),
        gap: Duration::from_secs(5),
        terminator: Some('#'),
        barge_in: true,
    }
}

/// Keys at their seconds after the end of the prompt; the digits, what ended them, and when silence would have.
fn collect(ask: &Ask, keys: &[(u64, char)]) -> (String, Option<Ended>, Option<Duration>) {
    let start = Instant::now();
    let mut collector = Collector::new(ask, start);
    let mut now = start;
    for &(second, key) in keys {
        now = start + Duration::from_secs(second);
        if collector.patience(now).is_none() {
            break;
        }
        collector.key(key, now);
    }
    let ended = collector.is_complete();
    let patience = collector.patience(now);
    let heard = collector.heard();
    (heard.digits, ended.then_some(heard.ended), patience)
}

#[test]
fn a_silent_caller_has_the_time_for_the_first_digit() {
    assert_eq!(collect(&ask(), &[]).2, Some(Duration::from_secs(20)));
}

#[test]
fn once_a_digit_has_come_only_the_gap_counts() {
    assert_eq!(collect(&ask(), &[(19, '1')]).2, Some(Duration::from_secs(5)));
    assert_eq!(collect(&ask(), &[(19, '1'), (24, '2')]).0, "1", "at the edge it is over");
    assert_eq!(collect(&ask(), &[(1, '1'), (5, '2'), (9, '3')]).0, "123");
}

#[test]
fn the_length_is_accepted_at_once() {
    let (digits, ended, patience) = collect(&ask(), &[(0, '4'), (0, '7'), (0, '1'), (0, '1')]);
    assert_eq!((digits.as_str(), ended, patience), ("4711", Some(Ended::Full), None));
}

#[test]
fn the_terminator_ends_and_is_no_part() {
    let (digits, ended, _) = collect(&ask(), &[(0, '4'), (1, '#')]);
    assert_eq!((digits.as_str(), ended), ("4", Some(Ended::Terminator)));
    let (digits, ended, _) = collect(&ask(), &[(0, '#')]);
    assert_eq!((digits.as_str(), ended), ("", Some(Ended::Terminator)), "a lone one is no input");
}

#[test]
fn other_keys_are_ignored_and_lengthen_nothing() {
    let (digits, ended, patience) = collect(&ask(), &[(1, '1'), (3, '*'), (4, 'A')]);
    assert_eq!((digits.as_str(), ended), ("1", None));
    assert_eq!(patience, Some(Duration::from_secs(2)));
}

#[test]
fn silence_counts_from_the_end_of_a_prompt_that_no_key_ended() {
    let ask = Ask { barge_in: false, ..ask() };
    let start = Instant::now();
    let mut collector = Collector::new(&ask, start);
    collector.key('1', start + Duration::from_secs(1));
    assert!(!collector.ends_prompt() && !collector.barges_in());
    let prompt_ends = start + Duration::from_secs(9);
    collector.prompt_over(prompt_ends);
    assert_eq!(collector.patience(prompt_ends), Some(Duration::from_secs(5)));
}

#[test]
fn keys_go_on_to_a_later_question_with_their_terminator() {
    let ask = ask();
    let now = Instant::now();
    let mut collector = Collector::new(&ask, now);
    "12#3".chars().for_each(|key| collector.key(key, now));
    assert_eq!(collector.into_keys(), "12#");
}

#[test]
fn the_keys_that_mean_something_are_the_digits_and_the_terminator() {
    let now = Instant::now();
    assert_eq!(Collector::new(&ask(), now).keys(), "0123456789#");
    let star = Ask { terminator: Some('*'), ..ask() };
    assert_eq!(Collector::new(&star, now).keys(), "0123456789*");
    let none = Ask { terminator: None, ..ask() };
    assert_eq!(Collector::new(&none, now).keys(), "0123456789");
}

#[test]
fn all_keys_are_held_for_a_question_that_is_not_known_yet_and_end_nothing() {
    let (now, mut kept) = (Instant::now(), TypeAhead::default());
    let mut held = kept.hold();
    assert_eq!(held.keys(), "0123456789*#ABCD");
    "*1A2".chars().for_each(|key| held.key(key, now));
    assert!(!held.ends_prompt() && !held.is_complete());
    kept.keep(held);
    let mut held = kept.hold();
    "3#4".chars().for_each(|key| held.key(key, now));
    kept.keep(held);
    let ask = ask();
    let heard = kept.begin(&ask).heard();
    assert_eq!((&*heard.digits, heard.ended), ("123", Ended::Terminator));
    assert_eq!(kept.begin(&ask).heard().digits, "", "they are used up");
}

#[test]
fn no_more_keys_are_held_than_the_longest_input_has() {
    let (now, mut kept) = (Instant::now(), TypeAhead::default());
    let mut held = kept.hold();
    (0..100).for_each(|_| held.key('1', now));
    kept.keep(held);
    let ask = Ask { most: 100, ..ask() };
    assert_eq!(kept.begin(&ask).heard().digits.len(), 33);
}
