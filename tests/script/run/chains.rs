//! Several scripts in one call, and what they remember.

use super::call::ScriptCall;

const MENU: &str = r#"
    [prompt]
    play = "switch:menu"
    repeat = 1
    [keypress]
    length = 1
    [[branch]]
    when = "1"
    then = "goto 1@sales"
    [[branch]]
    when = ["2", "3"]
    then = "script pin"
    [otherwise]
    then = "again"
    [no_input]
    then = "hangup"
"#;

const PIN: &str = r#"
    [keypress]
    length = 4
    sensitive = true
    [trigger]
    url = "http://bank.example/{main.keypress}?pin={keypress}"
    [response]
    key = "to"
    [[branch]]
    when = { present = true }
    then = "goto {keypress}@{$to}"
    [no_input]
    [no_response]
"#;

#[tokio::test]
async fn without_a_trigger_branches_compare_the_input() {
    let ended = ScriptCall::of(MENU).and("pin", PIN).enters(["1"]).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "matched");
    assert_eq!(ended.report.exit, "goto 1@sales");
}

#[tokio::test]
async fn a_chain_of_scripts_keeps_inputs_and_shows_no_sensitive_input() {
    let call = ScriptCall::of(MENU).and("pin", PIN).enters(["9", "2", "4711"]);
    let ended = call.answers_json(r#"{"to": "vault"}"#).runs().await;
    ended.in_order(&["ask", "ask", "ask", "request http://bank.example/2?pin=4711"]);
    assert_eq!(ended.variable("SCRIPT"), "pin");
    assert_eq!(ended.variable("INPUT"), "");
    assert_eq!(ended.report.exit, "goto ***@vault");
    assert!(!format!("{:?}", ended.report).contains("4711"));
}

#[tokio::test]
async fn a_sensitive_input_that_an_answer_repeats_is_masked_in_the_report() {
    let call = ScriptCall::of(MENU).and("pin", PIN).enters(["2", "4711"]);
    let ended = call.answers_json(r#"{"to": "x4711"}"#).runs().await;
    assert_eq!(ended.variable("CODE"), "x4711");
    assert!(!format!("{:?}", ended.report).contains("4711"), "{:?}", ended.report);
}

#[tokio::test]
async fn a_chain_of_scripts_that_loops_is_ended() {
    let circle = "[prompt]\nplay = 'switch:a'\n[otherwise]\nthen = 'script main'\n";
    let ended = ScriptCall::of(circle).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.count("play a"), 50);
}
