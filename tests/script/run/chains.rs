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

#[tokio::test(start_paused = true)]
async fn a_chain_of_scripts_keeps_inputs_and_shows_no_sensitive_input() {
    let call = ScriptCall::of(MENU).and("pin", PIN).enters(["9", "2", "4711"]);
    let ended = call.answers_json(r#"{"to": "vault"}"#).runs().await;
    ended.in_order(&["ask", "ask", "ask", "request http://bank.example/2?pin=4711"]);
    assert_eq!(ended.variable("SCRIPT"), "pin");
    assert_eq!(ended.variable("INPUT"), "");
    assert_eq!(ended.report.exit, "goto ***@vault");
    assert!(!format!("{:?}", ended.report).contains("4711"));
}

#[tokio::test(start_paused = true)]
async fn a_sensitive_input_that_an_answer_repeats_is_masked_in_the_report() {
    let call = ScriptCall::of(MENU).and("pin", PIN).enters(["2", "4711"]);
    let ended = call.answers_json(r#"{"to": "x4711"}"#).runs().await;
    assert_eq!(ended.variable("CODE"), "x4711");
    assert!(!format!("{:?}", ended.report).contains("4711"), "{:?}", ended.report);
}

const PLAIN_MENU: &str = r#"
    [prompt]
    play = "switch:menu"
    repeat = 2
    [keypress]
    length = 1
    [[branch]]
    when = "1"
    then = "goto 1@sales"
    [no_input]
    play = "switch:bye"
    then = "hangup"
"#;

#[tokio::test]
async fn a_menu_key_that_no_branch_names_is_asked_again() {
    let ended = ScriptCall::of(PLAIN_MENU).enters(["9", "1"]).runs().await;
    ended.in_order(&["play menu", "ask", "play menu", "ask", "DIALSCRIPT_OUTCOME=matched"]);
    assert_eq!(ended.report.exit, "goto 1@sales");
}

#[tokio::test]
async fn a_menu_whose_keys_no_branch_names_ends_as_invalid_input_after_the_last_repeat() {
    let keys = ["9", "8", "7", "1"];
    let ended = ScriptCall::of(PLAIN_MENU).enters(keys).runs().await;
    assert_eq!(ended.count("ask"), 3);
    ended.in_order(&[
        "play bye",
        "DIALSCRIPT_INPUT=7",
        "DIALSCRIPT_OUTCOME=invalid_input",
        "Hangup(None)",
    ]);
    let invalid = "[invalid_input]\nthen = 'goto 0@operator'\n";
    let with_table = format!("{PLAIN_MENU}{invalid}").leak();
    let ended = ScriptCall::of(with_table).enters(keys).runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.report.exit, "goto 0@operator");
}

#[tokio::test]
async fn in_a_menu_with_otherwise_a_key_that_no_branch_names_takes_it_at_once() {
    let with_otherwise = format!("{PLAIN_MENU}[otherwise]\nthen = 'goto 0@operator'\n").leak();
    let ended = ScriptCall::of(with_otherwise).enters(["9"]).runs().await;
    assert_eq!(ended.count("ask"), 1);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.report.exit, "goto 0@operator");
}

#[tokio::test]
async fn a_word_that_no_branch_of_a_menu_names_is_asked_again() {
    let menu = r#"
        [prompt]
        play = "switch:menu"
        repeat = 1
        [speech]
        language = "en"
        [[branch]]
        when = "sales"
        then = "goto 1@sales"
        [no_input]
    "#;
    let ended = ScriptCall::of(menu).says(["support", "sales"]).runs().await;
    assert_eq!(ended.count("play menu"), 2);
    assert_eq!(ended.report.exit, "goto 1@sales");
}

#[tokio::test]
async fn words_that_no_branch_of_a_menu_names_and_again_use_up_the_same_repeats() {
    let menu = r#"
        [prompt]
        play = "switch:menu"
        repeat = 2
        [speech]
        language = "en"
        [keypress]
        length = 1
        [[branch]]
        when = "hours"
        play = "switch:hours"
        then = "again"
        [no_input]
        then = "goto 0@operator"
    "#;
    let ended = ScriptCall::of(menu).says(["support", "hours", "billing", "hours"]).runs().await;
    ended.in_order(&[
        "play menu",
        "play menu",
        "play hours",
        "play menu",
        "DIALSCRIPT_INPUT=billing",
    ]);
    assert_eq!(ended.count("play menu"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.report.exit, "goto 0@operator", "[no_input] stands in for [invalid_input]");
    let again = ["hours"; 4];
    let ended = ScriptCall::of(menu).says(again).runs().await;
    assert_eq!(ended.count("play hours"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.report.exit, "goto 0@operator");
}

#[tokio::test]
async fn a_chain_of_scripts_that_loops_is_ended() {
    let circle = "[prompt]\nplay = 'switch:a'\n[otherwise]\nthen = 'script main'\n";
    let ended = ScriptCall::of(circle).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.count("play a"), 50);
}

#[tokio::test]
async fn a_sensitive_input_is_masked_in_another_spelling_too_but_not_if_it_is_only_a_part() {
    const GIVEN: &str = r#"
        [keypress]
        length = 5
        sensitive = true
        [trigger]
        url = "http://bank.example/?pin={keypress}"
        [response]
        key = "to"
        [[branch]]
        when = { present = true }
        then = "goto 1@bank"
        [no_input]
        [no_response]
    "#;
    for (pin, answer, code) in [
        ("04821", r#"4821"#, "***"),
        ("04821", r#""4821""#, "***"),
        ("04821", r#""0 4 8 2 1""#, "***"),
        ("04821", r#""0-4-8-2-1""#, "***"),
        ("04821", r#""+(04) 8.2[1]""#, "***"),
        ("4821", r#""004821""#, "***"),
        ("04821", r#""pin 04821""#, "***"),
        ("04821", r#""pin 4821""#, "pin 4821"),
        ("04821", r#"48210"#, "48210"),
        ("04821", r#""-""#, "-"),
        ("0001", r#"1"#, "***"),
        ("0001", r#""10 of 21""#, "10 of 21"),
        ("0001", r#"11"#, "11"),
        ("0000", r#"0"#, "***"),
        ("0000", r#""""#, ""),
    ] {
        let call = ScriptCall::of(GIVEN).enters([pin]);
        let ended = call.answers_json(&format!(r#"{{"to": {answer}}}"#)).runs().await;
        assert_eq!(ended.report.code, code, "{pin} {answer}");
    }
}

#[tokio::test]
async fn the_variables_of_the_request_are_those_of_the_script_that_ran_last() {
    const FIRST: &str = r#"
        [trigger]
        url = "http://shop.example/"
        [response]
        key = "to"
        [[branch]]
        when = { present = true }
        then = "script last"
        [no_response]
    "#;
    let questions = "[keypress]\nlength = 1\n[otherwise]\n[no_input]\n";
    for (last, outcome, keys) in [
        ("[prompt]\nplay = 'switch:bye'\n", "otherwise", [""]),
        (questions, "otherwise", ["1"]),
        (questions, "no_input", [""]),
    ] {
        let call = ScriptCall::of(FIRST).and("last", last).enters(keys);
        let ended = call.answers_json(r#"{"to": "next"}"#).runs().await;
        let variables = ["SCRIPT", "OUTCOME", "HTTP_STATUS", "CODE", "CACHE"];
        let expected = ["last", outcome, "", "", "off"];
        assert_eq!(variables.map(|name| ended.variable(name)), expected);
        assert_eq!(ended.report.http_status, None);
    }
}
