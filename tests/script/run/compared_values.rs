//! `{answer}` and `{NAME.answer}`: the value that the branches compare.

use super::call::{Outcome, ScriptCall};
use super::earlier_answers::SENSITIVE_PIN;

/// Sets a variable to the compared value, in whatever outcome.
const WITHOUT_KEY: &str = r#"
    [trigger]
    url = "http://shop.example/open"
    [[branch]]
    when = "yes"
    set = { YES = "{answer}" }
    [otherwise]
    set = { OTHER = "{answer}" }
    [no_response]
    set = { NONE = "{answer}" }
"#;

async fn without_key(status: u16, content_type: &str, body: &str) -> Outcome {
    ScriptCall::of(WITHOUT_KEY).answers(status, content_type, body).runs().await
}

#[tokio::test]
async fn with_a_response_key_it_is_the_value_at_the_key_in_every_place_of_the_outcome() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [response]
        key = "data.price"
        [[branch]]
        when = { min = 1 }
        say = "{number:answer} {digits:main.answer}"
        set = { PRICE = "{answer}" }
        then = "goto {answer}@{main.answer}"
        [no_response]
    "#;
    let ended = ScriptCall::of(script).answers_json(r#"{"data": {"price": 12}}"#).runs().await;
    ended.in_order(&["set PRICE=12", "play 12", "play 1", "play 2"]);
    assert_eq!(ended.report.exit, "goto 12@12");
}

#[tokio::test]
async fn without_a_response_key_it_is_the_text_of_the_answer_without_spaces_around_it() {
    without_key(200, "text/plain", " \nyes\r\n").await.in_order(&["YES=yes"]);
    without_key(200, "text/plain", "not today\n").await.in_order(&["OTHER=not today"]);
    without_key(200, "application/json", "\"yes\"").await.in_order(&["YES=yes"]);
    without_key(200, "application/json", "4.50").await.in_order(&["OTHER=4.50"]);
}

#[tokio::test]
async fn without_a_response_key_and_a_text_it_is_the_http_status() {
    without_key(201, "application/json", r#"{"a": 1}"#).await.in_order(&["OTHER=201"]);
    without_key(204, "text/plain", "").await.in_order(&["OTHER=204"]);
}

#[tokio::test]
async fn it_is_empty_where_there_is_nothing_that_a_branch_could_compare() {
    let ended = without_key(200, "application/json", "{").await;
    ended.in_order(&["NONE="]);
    assert_eq!(ended.report.empty_placeholders.to_string(), "{answer}");
    ScriptCall::of(WITHOUT_KEY).does_not_answer().runs().await.in_order(&["NONE="]);
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [response]
        key = "a"
        [otherwise]
        set = { OTHER = "<{answer}>" }
        [no_response]
    "#;
    for body in [r#"{"a": {"b": 1}}"#, r#"{"a": [1]}"#, r#"{"a": null}"#, "{}"] {
        let ended = ScriptCall::of(script).answers_json(body).runs().await;
        ended.in_order(&["OTHER=<>"]);
    }
}

#[tokio::test]
async fn the_scripts_that_follow_read_it_by_the_rules_of_a_path() {
    let first = r#"
        [trigger]
        url = "http://shop.example/first"
        [[branch]]
        when = { present = true }
        then = "script next"
        [no_response]
    "#;
    let next = r#"
        [prompt]
        say = "{say:answer}"
        repeat = 1
        [keypress]
        length = 1
        [trigger]
        url = "http://shop.example/next?q={answer}"
        body = '{"first": {main.answer}, "own": {next.answer}, "text": "{answer}"}'
        [response]
        key = "state"
        [[branch]]
        when = "again"
        set = { NOW = "{answer} {main.answer}" }
        then = "again"
        [[branch]]
        when = "done"
        set = { LAST = "{answer} {main.answer} {next.answer}" }
        then = "script last"
        [no_input]
        [no_response]
    "#;
    let last = r#"
        [otherwise]
        set = { END = "{answer} {main.answer}" }
    "#;
    let call = ScriptCall::of(first).and("next", next).and("last", last).enters(["1", "2"]);
    let call = call.answers(200, "text/plain", "7").answers_json(r#"{"state": "again"}"#);
    let ended = call.answers_json(r#"{"state": "done"}"#).runs().await;
    ended.in_order(&[
        "play 7",
        "request http://shop.example/next?q=7",
        r#"body {"first": 7, "own": "", "text": "7"}"#,
        "set NOW=again 7",
        "play 7",
        "request http://shop.example/next?q=7",
        r#"body {"first": 7, "own": "again", "text": "7"}"#,
        "set LAST=done 7 done",
        "END=done 7",
    ]);
}

#[tokio::test]
async fn a_number_in_json_keeps_its_decimal_point_in_every_language() {
    let script = |key: &str| {
        let script = format!(
            "[voice]\nlanguage = 'de'\n[trigger]\nurl = 'http://shop.example/'\n{key}[otherwise]\n\
             say = '{{number:answer}}'\n[no_response]\n"
        );
        &*script.leak()
    };
    let with_key = ScriptCall::of(script("[response]\nkey = 'sum'\n"));
    let with_key = with_key.answers_json(r#"{"sum": 1.500}"#).runs().await;
    let without = ScriptCall::of(script("")).answers_json("1.500").runs().await;
    for ended in [with_key, without] {
        ended.in_order(&["play 1,5"]);
    }
}

#[tokio::test]
async fn a_value_that_repeats_a_sensitive_input_is_masked() {
    let next = "[otherwise]\nthen = 'goto {answer}@{main.answer}'\n";
    let call = ScriptCall::of(SENSITIVE_PIN).and("next", next).enters(["4711"]);
    let ended = call.answers(200, "text/plain", "x4711").runs().await;
    assert!(ended.exit().contains("x4711"), "{}", ended.exit());
    assert_eq!(ended.report.exit, "goto ***@***");
}

#[tokio::test]
async fn a_text_of_more_than_32_kib_is_not_kept() {
    let text = "a".repeat(32 * 1024);
    without_key(200, "text/plain", &text).await.in_order(&[&format!("OTHER={text}")]);
    let ended = without_key(200, "text/plain", &format!("{text}a")).await;
    ended.in_order(&["OTHER="]);
    assert_eq!(ended.variable("CODE").len(), 32 * 1024 + 1);
}
