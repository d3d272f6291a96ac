//! `{NAME.$path}` wherever a value can be inserted: escaped, masked, in the background and beyond the limits.

use super::call::ScriptCall;
use super::earlier_answers::SENSITIVE_PIN;

/// Hands every answer to the script `next`.
const FIRST: &str = r#"
    [trigger]
    url = "http://shop.example/first"
    [[branch]]
    when = { present = true }
    then = "script next"
    [no_response]
"#;

#[tokio::test]
async fn the_answer_of_a_named_script_is_escaped_for_its_place() {
    let next = r#"
        [trigger]
        url = "http://shop.example/{main.$v}/x?q={main.$v}"
        body = '{"s": "{main.$v}", "n": {main.$n}, "v": {main.$v}}'
        [otherwise]
        set = { LINE = "{main.$v}" }
        then = "goto {main.$v}"
        [no_response]
    "#;
    let call = ScriptCall::of(FIRST).and("next", next);
    let call = call.answers_json(r#"{"v": "/..?a&b\"\r\n\u001b", "n": 1.50}"#);
    let ended = call.answers_json("{}").runs().await;
    ended.in_order(&[
        "request http://shop.example/%2F..%3Fa%26b%22%0D%0A%1B/x?q=%2F..%3Fa%26b%22%0D%0A%1B",
        r#"body {"s": "/..?a&b\"\r\n\u001b", "n": 1.50, "v": "/..?a&b\"\r\n\u001b"}"#,
        "set LINE=/..?a&b\"   ",
    ]);
    assert_eq!(ended.variable("OUTCOME"), "error", "no destination has such characters");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_named_script_that_repeats_a_sensitive_input_is_masked_in_every_place() {
    let next = r#"
        [trigger]
        url = "http://bank.example/{main.$token}?t={$token}&u={main.$user}"
        body = '{"t": "{main.$token}", "u": "{main.$user}"}'
        [otherwise]
        then = "script last"
        [no_response]
    "#;
    let last = "[otherwise]\nthen = 'goto {main.$token}'\n";
    let call = ScriptCall::of(SENSITIVE_PIN).and("next", next).and("last", last).enters(["4711"]);
    let call = call.answers_json(r#"{"token": "x-4711-y", "user": "Ann"}"#);
    let ended = call.answers_json("{}").runs().await;
    ended.in_order(&[
        "shown body {\"t\": \"***\", \"u\": \"Ann\"}",
        "shown request http://bank.example/***?t=***&u=Ann",
    ]);
    assert_eq!(ended.report.exit, "goto ***");
    assert!(!format!("{:?}", ended.report).contains("4711"), "{:?}", ended.report);
}

#[tokio::test]
async fn a_background_request_reads_earlier_answers_and_leaves_them_to_the_scripts_that_follow() {
    let next = r#"
        [trigger]
        url = "http://shop.example/tell?id={$id}&named={main.$id}"
        background = true
        [otherwise]
        set = { OWN = "{$id}" }
        then = "script last"
        [hangup]
        url = "http://shop.example/left?id={main.$id}"
    "#;
    let last = r#"
        [prompt]
        play = "switch:bye"
        [otherwise]
        set = { LAST = "{$id}-{main.$id}" }
        [hangup]
        url = "http://shop.example/left?id={$id}&named={main.$id}"
    "#;
    let scripts = || ScriptCall::of(FIRST).and("next", next).and("last", last);
    let ended = scripts().answers_json(r#"{"id": 47}"#).runs().await;
    ended.in_order(&[
        "next tells http://shop.example/tell?id=47&named=47",
        "set OWN=47",
        "LAST=47-47",
    ]);
    let mut leaves = scripts().answers_json(r#"{"id": 47}"#);
    leaves.channel.leaves_while_hearing = Some("bye");
    leaves.runs().await.in_order(&["last tells http://shop.example/left?id=47&named=47"]);
}

#[tokio::test]
async fn the_first_1024_values_that_scripts_read_of_an_answer_are_kept() {
    let set = |n: usize| format!("V{n} = \"{{main.$v[{n}]}}\"");
    let sets: Vec<String> = (0..1025).map(set).collect();
    let next = format!("[otherwise]\nset = {{ {} }}\n", sets.join(", ")).leak();
    let values: Vec<String> = (0..1025).map(|n| n.to_string()).collect();
    let answer = format!("{{\"v\": [{}]}}", values.join(","));
    let ended = ScriptCall::of(FIRST).and("next", next).answers_json(&answer).runs().await;
    ended.in_order(&["V0=0", "V1023=1023", "V1024="]);
    assert_eq!(ended.report.empty_placeholders.to_string(), "{main.$v[1024]}");
}
