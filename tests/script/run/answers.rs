//! Questions, requests, and what their answers come to.

use dialscript::script::request::CacheStatus;

use super::call::{ORDER, ScriptCall};

#[tokio::test]
async fn a_call_goes_from_the_prompt_to_the_destination_of_the_matching_branch() {
    let answer = r#"{"data": {"code": 200, "status": "shipped"}}"#;
    let ended = ScriptCall::of(ORDER).enters(["4711"]).answers_json(answer).runs().await;
    ended.in_order(&[
        "pick up",
        "play number",
        "ask",
        "request http://shop.example/orders?caller=%2B49%2030%2F1&id=4711&a=a%20b&n=1",
        "set ORDER_STATUS=shipped",
        "play found",
        "DIALSCRIPT_SCRIPT=main",
        "DIALSCRIPT_INPUT=4711",
        "DIALSCRIPT_CODE=200",
        "DIALSCRIPT_HTTP_STATUS=200",
        "DIALSCRIPT_OUTCOME=matched",
    ]);
    assert!(ended.exit().starts_with("Goto(Destination { extension: \"9100\""), "{}", ended.exit());
    assert_eq!(ended.report.exit, "goto 9100@shipping");
    assert_eq!(ended.report.digit_count, 4);
}

#[tokio::test]
async fn after_silence_the_question_repeats_as_often_as_repeat_says() {
    let ended = ScriptCall::of(ORDER).runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.count("play number"), 3);
    ended.in_order(&["play bye", "DIALSCRIPT_OUTCOME=no_input", "Hangup(None)"]);
}

#[tokio::test]
async fn digits_that_fail_the_pattern_repeat_the_question_and_end_as_invalid_input() {
    let ended = ScriptCall::of(ORDER).enters(["0711", "0712", "0713", "0714"]).runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.variable("INPUT"), "0713");
    assert!(ended.exit().contains("invalid"), "{}", ended.exit());
}

#[tokio::test]
async fn again_counts_against_repeat_and_ends_as_invalid_input() {
    let unknown = r#"{"data": {"code": "404"}}"#;
    let call = ScriptCall::of(ORDER).enters(["4711", "4712", "4713", "4714"]);
    let call = call.answers_json(unknown).answers_json(unknown).answers_json(unknown);
    let ended = call.runs().await;
    assert_eq!(ended.count("request"), 3);
    assert_eq!(ended.count("keep keys"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
}

#[tokio::test]
async fn an_answer_that_no_branch_matches_takes_otherwise() {
    let ended = ScriptCall::of(ORDER).enters(["4711"]).answers_json(r#"{"data": {"code": 7}}"#);
    let ended = ended.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.variable("CODE"), "7");
    assert_eq!(ended.exit(), "Continue");
}

#[tokio::test]
async fn the_code_and_the_input_have_no_control_characters() {
    let answer = r#"{"data": {"code": "\u001b[2J\u0007x\u009b1\u202ey"}}"#;
    let ended = ScriptCall::of(ORDER).enters(["4711"]).answers_json(answer).runs().await;
    assert_eq!(ended.variable("CODE"), " [2J x 1 y");
    let script = "[prompt]\nsay = 'Yes?'\n[speech]\nlanguage = 'en'\n[otherwise]\n[no_input]\n";
    let ended = ScriptCall::of(script).says(["yes\u{1b}[2J"]).runs().await;
    assert_eq!(ended.variable("INPUT"), "yes [2J");
}

#[tokio::test]
async fn a_request_without_an_answer_is_no_response_with_a_reason() {
    let ended = ScriptCall::of(ORDER).enters(["4711"]).does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert_eq!(ended.report.exit, "goto 4711@agents,help");
    assert_eq!(ended.report.reason.as_deref(), Some("no answer within 5s"));
}

#[tokio::test]
async fn variables_of_an_earlier_answer_are_cleared_before_a_later_request() {
    let call =
        ScriptCall::of(ORDER).enters(["4711", "4712"]).answers_json(r#"{"data": {"code": 404}}"#);
    let ended = call.does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert_eq!(ended.variable("CODE"), "");
    assert_eq!(ended.variable("HTTP_STATUS"), "");
}

#[tokio::test]
async fn an_error_answer_without_the_key_is_no_response_unless_a_branch_matches_its_status() {
    let not_there =
        ScriptCall::of(ORDER).enters(["4711"]).answers(404, "text/plain", "no").runs().await;
    assert_eq!(not_there.variable("OUTCOME"), "no_response");
    assert_eq!(not_there.variable("HTTP_STATUS"), "404");
    let broken =
        ScriptCall::of(ORDER).enters(["4711"]).answers(503, "text/html", "<html>").runs().await;
    assert_eq!(broken.variable("OUTCOME"), "matched");
    assert_eq!(broken.exit(), "Hangup(Some(HangupCause(17)))");
}

#[tokio::test]
async fn an_error_answer_with_the_key_is_matched_like_any_answer() {
    let body = r#"{"data": {"code": "404"}}"#;
    let found = r#"{"data": {"code": "200"}}"#;
    let call =
        ScriptCall::of(ORDER).enters(["4711", "4712"]).answers(404, "application/json", body);
    let ended = call.answers_json(found).runs().await;
    assert_eq!(ended.count("request"), 2);
    assert_eq!(ended.variable("OUTCOME"), "matched");
}

#[tokio::test]
async fn html_is_refused_with_a_reason() {
    let call = ScriptCall::of(ORDER).enters(["4711"]);
    let ended = call.answers(200, "text/html", "<html><body>200</body></html>").runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert!(ended.report.reason.unwrap().contains("HTML"));
}

#[tokio::test]
async fn an_answer_from_the_cache_is_reported_to_the_dialplan() {
    let mut call =
        ScriptCall::of(ORDER).enters(["4711"]).answers_json(r#"{"data": {"code": "200"}}"#);
    call.triggers.cache = CacheStatus::Hit;
    assert_eq!(call.runs().await.variable("CACHE"), "hit");
}

#[tokio::test]
async fn the_reason_of_no_response_is_cleared_by_a_later_no_input() {
    let script = r#"
        [prompt]
        repeat = 1
        [keypress]
        length = 1
        [trigger]
        url = "http://shop.example/"
        [no_response]
        then = "again"
        [no_input]
    "#;
    let ended = ScriptCall::of(script).enters(["1"]).does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn the_reason_says_why_the_response_key_was_not_found_whatever_the_outcome_is() {
    let rows = [
        (200, "text/plain", "OK", "otherwise", "read as text; no data.code in it"),
        (200, "application/json", "{}", "otherwise", "read as JSON; no data.code in it"),
        (
            404,
            "text/plain",
            "no",
            "no_response",
            "HTTP status 404; read as text; no data.code in it",
        ),
        (404, "text/plain", "", "no_response", "HTTP status 404"),
    ];
    for (status, content_type, body, outcome, reason) in rows {
        let call = ScriptCall::of(ORDER).enters(["4711"]).answers(status, content_type, body);
        let ended = call.runs().await;
        assert_eq!(ended.variable("OUTCOME"), outcome);
        assert_eq!(ended.report.reason.as_deref(), Some(reason));
    }
    let found = ScriptCall::of(ORDER).enters(["4711"]).answers_json(r#"{"data": {"code": "200"}}"#);
    assert_eq!(found.runs().await.report.reason, None);
}

#[tokio::test]
async fn the_reason_holds_the_first_words_of_a_message_of_php_unless_they_are_sensitive() {
    let script = r#"
        [keypress]
        length = 4
        sensitive = true
        [trigger]
        url = "http://shop.example/{keypress}"
        [otherwise]
        [no_input]
        [no_response]
    "#;
    let level = "<br />\n<b>Warning</b>:";
    let place = "in <b>/www/a.php</b> on line <b>3</b><br />\n{\"data\":{}}";
    let long = format!("{level} a\u{7} \u{1b}[2J{} 4711 {place}", "b".repeat(200));
    let rows = [
        (format!("{level}  Undefined variable $x {place}"), ": Warning: Undefined variable $x"),
        (format!("{level}  Undefined array key \"4711\" {place}"), ""),
        (long, ""),
    ];
    for (body, words) in rows {
        let call = ScriptCall::of(script).enters(["4711"]).answers(200, "text/html", body.leak());
        let ended = call.runs().await;
        assert_eq!(ended.variable("OUTCOME"), "no_response");
        let reason = ended.report.reason.expect("a reason");
        assert_eq!(
            reason,
            format!("the answer begins with a message of PHP, not with its data{words}")
        );
    }
}
