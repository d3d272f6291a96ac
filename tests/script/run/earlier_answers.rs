//! What `{$path}` and `{NAME.$path}` read in a chain of scripts, and what is kept of an answer.

use super::call::{Outcome, ScriptCall};

/// Asks for a telephone number, and looks up the customer.
const PHONE: &str = r#"
    [prompt]
    play = "switch:phone"
    repeat = 1
    [keypress]
    length = 3
    [trigger]
    url = "http://shop.example/customers?phone={keypress}"
    [response]
    key = "found"
    [[branch]]
    when = "yes"
    set = { CUSTOMER = "{$customer.name}" }
    then = "script order"
    [[branch]]
    when = "no"
    then = "again"
    [no_input]
    [no_response]
"#;

/// Asks for an order number of that customer.
const ORDER: &str = r#"
    [prompt]
    say = "Hello {$customer.name}"
    repeat = 2
    [keypress]
    length = 4
    [trigger]
    url = "http://shop.example/orders?customer={$customer.id}&order={keypress}&last={order.$number}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    set = { STATUS = "{$status}", OWNER = "{main.$customer.name}", LOST = "{$customer.vip}" }
    say = "{digits:main.$customer.id} {say:$status} {number:order.$sum}"
    then = "goto {$extension}@{main.$customer.context}"
    [[branch]]
    when = "404"
    set = { MISSING = "{$number}" }
    then = "again"
    [no_input]
    set = { LATE = "{$number}" }
    [no_response]
    set = { LEFT = "{$customer.name}{$number}", LAST = "{order.$number}" }
"#;

const ANN: &str = r#"{"found": "yes", "customer": {"id": 47, "name": "Ann", "context": "gold"}}"#;
const FOUND: &str = r#"{"code": 200, "status": "shipped", "extension": "9100", "sum": "7.50"}"#;
const UNKNOWN: &str = r#"{"code": 404, "number": "N-1"}"#;

fn chain() -> ScriptCall {
    ScriptCall::of(PHONE).and("order", ORDER).answers_json(ANN)
}

#[track_caller]
fn assert_empty(ended: &Outcome, wanted: &str) {
    assert_eq!(ended.report.empty_placeholders.to_string(), wanted);
}

#[tokio::test]
async fn prompt_and_trigger_read_the_answer_that_was_last_when_the_script_began_also_after_again() {
    let call = chain().enters(["030", "1111", "2222"]).answers_json(UNKNOWN).answers_json(FOUND);
    let ended = call.runs().await;
    ended.in_order(&[
        "set CUSTOMER=Ann",
        "play Hello",
        "play Ann",
        "request http://shop.example/orders?customer=47&order=1111&last=",
        "set MISSING=N-1",
        "play Hello",
        "play Ann",
        "request http://shop.example/orders?customer=47&order=2222&last=N-1",
    ]);
}

#[tokio::test]
async fn outcomes_read_the_answer_of_their_own_script_and_of_others_by_name() {
    let ended = chain().enters(["030", "1111"]).answers_json(FOUND).runs().await;
    ended.in_order(&[
        "set STATUS=shipped",
        "set OWNER=Ann",
        "set LOST=",
        "play 4",
        "play 7",
        "play shipped",
        "play 7.5",
    ]);
    assert_eq!(ended.report.exit, "goto 9100@gold");
    assert_empty(&ended, "{order.$number}, {$customer.vip}");
}

#[tokio::test]
async fn an_outcome_reads_the_answer_of_the_last_request_and_without_one_the_answer_at_the_start() {
    let silent = chain().enters(["030"]).runs().await;
    silent.in_order(&["LATE="]);
    assert_empty(&silent, "{$number}");
    let after_again = chain().enters(["030", "1111"]).answers_json(UNKNOWN).runs().await;
    after_again.in_order(&["set MISSING=N-1", "LATE=N-1"]);
    let failed = chain().enters(["030", "1111", "2222"]).answers_json(UNKNOWN).does_not_answer();
    failed.runs().await.in_order(&["set MISSING=N-1", "LEFT=Ann", "LAST=N-1"]);
}

#[tokio::test]
async fn a_script_that_begins_again_in_a_chain_reads_the_last_answer_of_the_call() {
    let first = r#"
        [trigger]
        url = "http://shop.example/next?token={$token}&own={main.$token}"
        [response]
        key = "more"
        [[branch]]
        when = "yes"
        then = "script middle"
        [no_response]
    "#;
    let middle = r#"
        [prompt]
        say = "Page {$token}"
        [otherwise]
        then = "script main"
    "#;
    let call = ScriptCall::of(first).and("middle", middle);
    let call = call.answers_json(r#"{"more": "yes", "token": "a1"}"#);
    let ended = call.answers_json(r#"{"more": "no"}"#).runs().await;
    ended.in_order(&[
        "request http://shop.example/next?token=&own=",
        "play Page",
        "play a1",
        "request http://shop.example/next?token=a1&own=a1",
    ]);
    assert_empty(&ended, "{$token}, {main.$token}");
}

#[tokio::test]
async fn an_answer_is_dropped_before_the_sound_of_its_outcome_and_its_values_stay_readable() {
    let ended = chain().enters(["030", "1111"]).answers_json(FOUND).runs().await;
    assert_eq!(ended.count("play"), 7);
    assert_eq!(ended.count("a whole answer is held"), 0);
}

#[tokio::test]
async fn a_value_that_is_too_long_to_keep_is_empty_and_the_log_says_so() {
    let long = format!(
        r#"{{"found": "yes", "customer": {{"name": "{}", "id": 47}}}}"#,
        "x".repeat(40_000)
    );
    let call = ScriptCall::of(PHONE).and("order", ORDER).answers_json(&long);
    let ended = call.enters(["030", "1111"]).answers_json(FOUND).runs().await;
    ended.in_order(&[
        "set CUSTOMER=",
        "request http://shop.example/orders?customer=47&order=1111&last=",
    ]);
    assert!(ended.report.empty_placeholders.to_string().starts_with("{$customer.name}, "));
}

/// A script that asks for a sensitive PIN, and leads to the script `next`.
pub(super) const SENSITIVE_PIN: &str = r#"
    [keypress]
    length = 4
    sensitive = true
    [trigger]
    url = "http://bank.example/?pin={keypress}"
    [[branch]]
    when = { present = true }
    then = "script next"
    [no_input]
    [no_response]
"#;

#[tokio::test]
async fn a_kept_value_that_repeats_a_sensitive_input_is_masked() {
    let next = "[otherwise]\nthen = 'goto {$place}@{main.$place}'\n";
    let call = ScriptCall::of(SENSITIVE_PIN).and("next", next).enters(["4711"]);
    let ended = call.answers_json(r#"{"place": "x4711"}"#).runs().await;
    assert!(ended.exit().contains("x4711"), "{}", ended.exit());
    assert_eq!(ended.report.exit, "goto ***@***");
}

#[tokio::test]
async fn placeholders_without_a_value_are_named_once_in_their_order_and_not_all() {
    let names = (1..=10).map(|n| format!("{{arg.a{n}}}{{arg.a1}}")).collect::<String>();
    let script = format!("[trigger]\nurl = 'http://shop.example/?x={names}'\nbackground = true\n");
    let ended = ScriptCall::of(script.leak()).runs().await;
    let shown = (1..=8).map(|n| format!("{{arg.a{n}}}")).collect::<Vec<_>>().join(", ");
    assert_empty(&ended, &format!("{shown}, …"));
}

#[tokio::test]
async fn an_argument_that_was_not_given_is_empty() {
    let script =
        "[trigger]\nurl = 'http://shop.example/?a={arg.order}&b={arg.none}'\nbackground = true\n";
    let ended = ScriptCall::of(script).runs().await;
    ended.in_order(&["main tells http://shop.example/?a=a%20b&b="]);
    assert_empty(&ended, "{arg.none}");
}

const WITH_HANGUP: &str = r#"
    [trigger]
    url = "http://shop.example/"
    [[branch]]
    when = { present = true }
    play = "switch:found"
    then = "hangup"
    [no_response]
    [hangup]
    url = "http://shop.example/left?status={$status}"
"#;

#[tokio::test]
async fn the_hangup_request_is_sent_if_the_caller_leaves_during_the_sound_of_an_outcome() {
    let mut call = ScriptCall::of(WITH_HANGUP).answers_json(r#"{"status": "shipped"}"#);
    call.channel.leaves_while_hearing = Some("found");
    let ended = call.runs().await;
    ended.in_order(&[
        "play found",
        "main tells http://shop.example/left?status=shipped",
        "DIALSCRIPT_OUTCOME=hangup",
    ]);
    let stays = ScriptCall::of(WITH_HANGUP).answers_json("{}").runs().await;
    assert_eq!(stays.count("main tells"), 0, "the script has ended");
}

#[tokio::test]
async fn a_hangup_request_while_waiting_reads_the_answer_at_the_start() {
    let second = r#"
        [trigger]
        url = "http://shop.example/slow"
        [no_response]
        [hangup]
        url = "http://shop.example/left?customer={$customer.id}"
    "#;
    let mut call = ScriptCall::of(PHONE).and("order", second).answers_json(ANN).enters(["030"]);
    call = call.answers_json("{}");
    call.channel.leaves_at_request = Some(2);
    let ended = call.runs().await;
    ended.in_order(&["order tells http://shop.example/left?customer=47"]);
}
