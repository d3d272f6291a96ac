//! `[limit]`: how often a script may begin in one call.

use super::call::{Outcome, ScriptCall};

/// Asks for an account number, at most three times.
const ACCOUNT: &str = r#"
    [prompt]
    play = "switch:account"
    repeat = 1
    [keypress]
    length = 2
    [limit]
    tries = 3
    [otherwise]
    then = "script pin"
    [no_input]
    [invalid_input]
    play = "switch:enough"
    set = { LAST_PIN = "{pin.keypress}", ANSWER = "{$state}", OWN = "{keypress}" }
    then = "hangup"
"#;

/// Asks for its PIN. After a wrong one, the account number is asked for again.
const PIN: &str = r#"
    [prompt]
    play = "switch:pin"
    [keypress]
    length = 4
    [trigger]
    url = "http://bank.example/?account={main.keypress}&pin={keypress}"
    [response]
    key = "state"
    [[branch]]
    when = "wrong"
    play = "switch:wrong"
    then = "script main"
    [no_input]
    [no_response]
"#;

fn bank<const N: usize>(enters: [&'static str; N], wrong: usize) -> ScriptCall {
    let call = ScriptCall::of(ACCOUNT).and("pin", PIN).enters(enters);
    (0..wrong).fold(call, |call, _| call.answers_json(r#"{"state": "wrong"}"#))
}

fn keeps_keys(ended: &Outcome) -> usize {
    ended.count("keep keys")
}

#[tokio::test]
async fn a_script_that_would_begin_too_often_takes_invalid_input_with_its_last_input() {
    let ended = bank(["11", "1111", "22", "2222", "33", "3333"], 3).runs().await;
    assert_eq!(ended.count("ask"), 6);
    assert_eq!(ended.count("play account"), 3);
    ended.in_order(&[
        "play pin",
        "play wrong",
        "set LAST_PIN=3333",
        "set ANSWER=wrong",
        "set OWN=33",
        "play enough",
    ]);
    assert_eq!(ended.exit(), "Hangup(None)");
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.variable("SCRIPT"), "main");
    assert_eq!(ended.variable("INPUT"), "33");
    assert_eq!(ended.variable("HTTP_STATUS"), "");
    let reason = ended.report.reason.as_deref();
    assert_eq!(reason, Some("main has reached its [limit] (tries = 3)"));
    // After the last try, keys during "wrong" are for no question.
    assert_eq!(keeps_keys(&ended), 2);
}

#[tokio::test]
async fn a_call_that_stays_within_the_limit_does_not_notice_it() {
    let call = bank(["11", "1111", "22", "2222", "33", "3333"], 2);
    let ended = call.answers_json(r#"{"state": "right"}"#).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn repeated_questions_are_not_counted() {
    let account = ACCOUNT.replace("length = 2", "length = 2\nmin_length = 2").leak();
    let call = ScriptCall::of(account).and("pin", PIN);
    let call = call.enters(["1", "11", "1111", "", "22", "2222", "3", "33", "3333"]);
    let call = (0..2).fold(call, |call, _| call.answers_json(r#"{"state": "wrong"}"#));
    let ended = call.answers_json(r#"{"state": "right"}"#).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.count("play account"), 6);
}

#[tokio::test]
async fn each_script_counts_for_itself_and_a_script_without_a_question_can_have_a_limit() {
    let main = r#"
        [limit]
        tries = 1
        [otherwise]
        then = "script ask"
        [invalid_input]
        set = { MAIN = "over" }
    "#;
    let ask = r#"
        [trigger]
        url = "http://shop.example/"
        [limit]
        tries = 2
        [[branch]]
        when = "ready"
        then = "script main"
        [[branch]]
        when = "wait"
        then = "script ask"
        [invalid_input]
        set = { ASK = "over" }
        then = "script main"
        [no_response]
    "#;
    let call = ScriptCall::of(main).and("ask", ask);
    let call = call.answers(200, "text/plain", "wait").answers(200, "text/plain", "wait");
    let ended = call.runs().await;
    assert_eq!(ended.count("request"), 2);
    ended.in_order(&["set ASK=over", "MAIN=over"]);
}

#[tokio::test]
async fn the_outcome_at_the_limit_can_fail_as_any_other() {
    let main = "[limit]\ntries = 1\n[otherwise]\nthen = 'script next'\n\
                [invalid_input]\nthen = 'goto {caller}'\n";
    let ended = ScriptCall::of(main).and("next", "[otherwise]\nthen = 'script main'\n");
    let ended = ended.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    let reason = ended.report.reason.unwrap();
    assert!(!reason.contains("[limit]"), "{reason}");
}
