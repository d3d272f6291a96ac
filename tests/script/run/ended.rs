//! `[ended]`: the request that is sent when the scripts' part of a call ends, and the placeholders of the end.

use std::time::Duration;

use dialscript::channel::{DestinationCheck, Interruption};

use super::call::ScriptCall;

/// The part of a script that reports the end of the call in the query of a URL.
const REPORT: &str = "[ended]\nurl = 'http://crm.example/ended?o={outcome}&c={code}&s={script}&d={duration}&p={path}'\n";

/// Looks something up, and ends as the answer says.
const LOOKUP: &str = r#"
    [trigger]
    url = "http://shop.example/"
    [[branch]]
    when = "go on"
    [[branch]]
    when = "busy"
    then = "hangup busy"
    [[branch]]
    when = "agents"
    play = "switch:agents"
    then = "goto 100@agents"
    [otherwise]
    then = "script never-ends-because-it-leads-to-itself"
    [no_response]
"#;

fn reports(script: &str) -> &'static str {
    format!("{script}\n{REPORT}").leak()
}

fn lookup() -> ScriptCall {
    let loops = "[otherwise]\nthen = 'script never-ends-because-it-leads-to-itself'\n";
    ScriptCall::of(reports(LOOKUP)).and("never-ends-because-it-leads-to-itself", loops)
}

fn lookup_answers(answer: &str) -> ScriptCall {
    lookup().answers(200, "text/plain", answer)
}

/// The query of the request at the end. Fails if there was not just one.
async fn report(call: ScriptCall) -> String {
    let ended = call.runs().await;
    let sent = ended.done.iter().filter_map(|done| done.split_once(" tells http://crm.example/"));
    let sent: Vec<_> = sent.collect();
    assert_eq!(sent.len(), 1, "{:#?}", ended.done);
    sent[0].1.to_owned()
}

#[tokio::test]
async fn it_is_sent_once_however_the_scripts_part_of_the_call_ends() {
    for (answer, expected) in [
        ("go on", "ended?o=matched&c=go%20on&s=main&d=0&p=main%3Amatched"),
        ("busy", "ended?o=matched&c=busy&s=main&d=0&p=main%3Amatched"),
        ("agents", "ended?o=matched&c=agents&s=main&d=0&p=main%3Amatched"),
    ] {
        assert_eq!(report(lookup_answers(answer)).await, expected);
    }
    let silent = lookup().does_not_answer();
    assert_eq!(report(silent).await, "ended?o=no_response&c=&s=main&d=0&p=main%3Ano_response");
    let mut missing = lookup_answers("agents");
    missing.channel.reach = DestinationCheck::Missing;
    assert_eq!(report(missing).await, "ended?o=error&c=agents&s=main&d=0&p=main%3Aerror");
    let mut left = lookup_answers("agents");
    left.channel.leaves_while_hearing = Some("agents");
    assert_eq!(report(left).await, "ended?o=hangup&c=agents&s=main&d=0&p=main%3Ahangup");
}

#[tokio::test]
async fn it_is_sent_if_the_call_is_interrupted() {
    let asks = reports("[keypress]\nlength = 4\n[no_input]\n");
    for interruption in [
        Interruption::Shutdown,
        Interruption::MaxCallDuration,
        Interruption::ConnectionLost("closed".to_owned()),
        Interruption::Refused("-1".to_owned()),
    ] {
        let mut call = ScriptCall::of(asks);
        call.channel.enters = [Err(interruption)].into();
        assert_eq!(report(call).await, "ended?o=error&c=&s=main&d=0&p=main%3Aerror");
    }
}

#[tokio::test]
async fn a_chain_that_never_ends_is_reported_with_the_last_scripts_of_its_path() {
    let sent = report(lookup_answers("elsewhere")).await;
    let (rest, path) = sent.split_once("&p=").unwrap();
    let name = "never-ends-because-it-leads-to-itself";
    assert_eq!(rest, format!("ended?o=error&c=&s={name}&d=0"));
    assert!(path.starts_with(&format!("...%2C{name}%3Aotherwise%2C")), "{path}");
    assert!(path.ends_with(&format!("%2C{name}%3Aotherwise%2C{name}%3Aerror")), "{path}");
}

#[tokio::test(start_paused = true)]
async fn the_duration_is_rounded_to_whole_seconds() {
    for (millis, seconds) in [(499, 0), (61_600, 62), (62_400, 62)] {
        let asks = reports("[keypress]\nlength = 4\n[no_input]\n");
        let mut call = ScriptCall::of(asks).enters(["4711"]);
        call.channel.question_time = Duration::from_millis(millis);
        let expected = format!("ended?o=otherwise&c=&s=main&d={seconds}&p=main%3Aotherwise");
        assert_eq!(report(call).await, expected);
    }
}

#[tokio::test]
async fn what_is_missing_at_the_end_is_no_mistake() {
    let ended = ScriptCall::of(FIRST).and("rating", RATING).and("lookup", LAST).runs().await;
    ended
        .in_order(&["main tells http://crm.example/first?o=no_input&s=main&n=2&p=main%3Ano_input"]);
    assert!(ended.report.empty_placeholders.is_empty());
}

/// Asks for an order number, and leads to another script.
const FIRST: &str = r#"
    [prompt]
    repeat = 1
    [keypress]
    length = 4
    min_length = 4
    [trigger]
    url = "http://shop.example/orders/{keypress}"
    [response]
    key = "state"
    [[branch]]
    when = { present = true }
    then = "script rating"
    [no_input]
    [no_response]
    [ended]
    url = "http://crm.example/first?o={outcome}&s={script}&n={attempt}&p={path}"
    body = '''{"order": {keypress}, "state": "{answer}", "shop": "{$shop}", "rating": {rating.keypress},
               "customer": "{lookup.$id}", "again": "{main.keypress} {main.answer}", "seconds": {duration}}'''
"#;

const RATING: &str = r#"
    [keypress]
    length = 1
    [otherwise]
    then = "script lookup"
    [no_input]
"#;

const LAST: &str = r#"
    [trigger]
    url = "http://crm.example/customer"
    [otherwise]
    play = "switch:bye"
    [no_response]
"#;

fn chain(lookup: &'static str) -> ScriptCall {
    let call = ScriptCall::of(FIRST).and("rating", RATING).and("lookup", lookup);
    let call = call.enters(["471", "4711", "5"]);
    call.answers_json(r#"{"state": "sent", "shop": "north"}"#).answers_json(r#"{"id": "c-7"}"#)
}

#[tokio::test]
async fn of_a_chain_it_is_that_of_the_latest_script_that_has_one_and_reads_every_script() {
    let ended = chain(LAST).runs().await;
    ended.in_order(&[
        "main tells http://crm.example/first?o=otherwise&s=lookup&n=2\
         &p=main%3Amatched%2Crating%3Aotherwise%2Clookup%3Aotherwise",
        "main sends {\"order\": 4711, \"state\": \"sent\", \"shop\": \"north\", \"rating\": 5,\n               \
         \"customer\": \"c-7\", \"again\": \"4711 sent\", \"seconds\": 0}",
    ]);
    assert!(ended.report.empty_placeholders.is_empty());
    let own = chain(reports(LAST)).runs().await;
    assert_eq!(own.count("main tells"), 0);
    assert_eq!(own.count("lookup tells http://crm.example/ended?o=otherwise&c=200&s=lookup"), 1);
}

#[tokio::test]
async fn after_a_hang_up_the_hangup_request_of_the_running_script_takes_its_place() {
    let hangup =
        "[hangup]\nurl = 'http://crm.example/left?o={outcome}&c={code}&p={path}&d={duration}'\n";
    let with_hangup: &str = format!("{LAST}{hangup}").leak();
    for (lookup, expected) in [
        (
            with_hangup,
            "lookup tells http://crm.example/left?o=hangup&c=200\
             &p=main%3Amatched%2Crating%3Aotherwise%2Clookup%3Ahangup&d=0",
        ),
        (
            LAST,
            "main tells http://crm.example/first?o=hangup&s=lookup&n=2\
             &p=main%3Amatched%2Crating%3Aotherwise%2Clookup%3Ahangup",
        ),
    ] {
        let mut call = chain(lookup);
        call.channel.leaves_while_hearing = Some("bye");
        let ended = call.runs().await;
        ended.in_order(&["play bye", expected, "DIALSCRIPT_OUTCOME=hangup"]);
        assert_eq!(ended.count("main tells") + ended.count("lookup tells"), 1);
    }
    let stays = chain(with_hangup).runs().await;
    assert_eq!(stays.count("lookup tells"), 0);
    assert_eq!(stays.count("main tells"), 1, "the caller has not hung up");
}

#[tokio::test]
async fn a_code_that_repeats_a_sensitive_input_is_sent_and_masked_in_the_log() {
    let script = r#"
        [keypress]
        length = 4
        sensitive = true
        [trigger]
        url = "http://bank.example/"
        [no_input]
        [no_response]
        [ended]
        url = "http://crm.example/ended?c={code}"
        body = '{"c": "{code}", "pin": "{keypress}", "o": "{outcome}", "p": "{path}"}'
    "#;
    let call = ScriptCall::of(script).enters(["4711"]).answers(200, "text/plain", "pin 4711");
    let ended = call.runs().await;
    ended.in_order(&[
        "main tells http://crm.example/ended?c=pin%204711",
        r#"main sends {"c": "pin 4711", "pin": "4711", "o": "otherwise", "p": "main:otherwise"}"#,
        r#"main shows {"c": "***", "pin": "***", "o": "otherwise", "p": "main:otherwise"}"#,
    ]);
}

#[tokio::test]
async fn a_value_that_its_place_refuses_costs_only_the_request() {
    let script = "[trigger]\nurl = 'http://shop.example/'\n[no_response]\n\
                  [ended]\nurl = 'http://crm.example/{answer}/x'\n";
    let ended = ScriptCall::of(script).answers(200, "text/plain", "..").runs().await;
    assert_eq!(ended.count("main tells"), 0);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
}
