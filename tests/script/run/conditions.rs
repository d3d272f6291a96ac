//! Conditions of branches: what their placeholders read, and what is logged of them.

use super::call::ScriptCall;
use crate::support::log::record;

/// Compares the PIN that the caller enters with the one that the web application has.
const PIN: &str = r#"
    [keypress]
    length = 4
    sensitive = true
    [trigger]
    url = "http://shop.example/pin"
    [response]
    key = "code"
    [[branch]]
    when = "locked"
    [[branch]]
    when = { present = true }
    and = [{ key = "level", min = 2 }, { of = "{caller}", present = true }]
    then = "goto high@x"
    [[branch]]
    when = "ok"
    and = { key = "pin", is = "{keypress}" }
    then = "goto right@x"
    [otherwise]
    then = "goto wrong@x"
    [no_input]
    [no_response]
"#;

#[tokio::test]
async fn the_log_names_the_condition_that_each_branch_lost_by_and_masks_what_is_sensitive() {
    let (lines, _guard) = record("dialscript=debug");
    let answer = r#"{"code": "ok", "level": 1, "pin": "4711"}"#;
    let ended = ScriptCall::of(PIN).enters(["4711"]).answers_json(answer).runs().await;
    assert_eq!(ended.report.exit, "goto right@x");
    let log = lines.text();
    let branches: Vec<_> = log.lines().filter(|line| line.contains("number=")).collect();
    let expected = [
        r#"no match number=1 why="wants \"locked\"; the value is \"ok\"""#,
        r#"no match number=2 why="wants a number of at least 2 for level; level is \"1\"""#,
        r#"branch number=3 why="is \"ok\" and pin: ***""#,
    ];
    assert_eq!(branches.len(), expected.len(), "{log}");
    for (line, expected) in branches.iter().zip(expected) {
        assert!(line.contains(expected), "{line}");
    }
    assert!(!log.contains("4711"), "{log}");
}

#[tokio::test]
async fn a_wrong_pin_is_not_in_the_log() {
    let (lines, _guard) = record("dialscript=debug");
    let answer = r#"{"code": "ok", "level": 1, "pin": "4711"}"#;
    let ended = ScriptCall::of(PIN).enters(["0815"]).answers_json(answer).runs().await;
    assert_eq!(ended.report.exit, "goto wrong@x");
    let log = lines.text();
    assert!(log.contains(r#"number=3 why="pin: ***""#) && !log.contains("0815"), "{log}");
}

#[tokio::test]
async fn placeholders_in_conditions_read_the_answer_that_is_judged() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [response]
        key = "code"
        [[branch]]
        when = { is = "{$echo}" }
        and = [{ key = "other", is = "{answer}" }, { of = "{main.$echo}-{main.answer}", is = "7-7" }]
        then = "goto same@x"
        [otherwise]
        then = "goto differs@x"
        [no_response]
    "#;
    for (answer, exit) in [
        (r#"{"code": 7, "echo": "7", "other": 7}"#, "goto same@x"),
        (r#"{"code": 7, "echo": "8", "other": 7}"#, "goto differs@x"),
        (r#"{"code": 7, "echo": "7", "other": 8}"#, "goto differs@x"),
    ] {
        let ended = ScriptCall::of(script).answers_json(answer).runs().await;
        assert_eq!(ended.report.exit, exit, "{answer}");
    }
}

#[tokio::test]
async fn missing_values_are_not_equal_and_no_mistake_of_the_script() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [response]
        key = "code"
        [[branch]]
        when = { of = "{arg.pin}", is = "{arg.stored}" }
        then = "goto equal@x"
        [[branch]]
        when = { key = "pin", is = ["{arg.pin}", "none"] }
        then = "goto stored@x"
        [otherwise]
        then = "goto differs@x"
        [no_response]
    "#;
    for (answer, exit) in [
        (r#"{"code": 1, "pin": ""}"#, "goto differs@x"),
        (r#"{"code": 1, "pin": "none"}"#, "goto stored@x"),
    ] {
        let ended = ScriptCall::of(script).answers_json(answer).runs().await;
        assert_eq!(ended.report.exit, exit, "{answer}");
        assert!(ended.report.empty_placeholders.is_empty(), "{}", ended.report.empty_placeholders);
    }
}
