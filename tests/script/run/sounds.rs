//! What callers hear: parts in their order, values of the call, and what is heard where engines fail.

use std::time::Duration;

use dialscript::script::report::CallReport;

use super::call::Call;

const STATUS: &str = r#"
    [voice]
    engine = "deep"
    [trigger]
    url = "http://shop.example/"
    [otherwise]
    play = ["switch:chime", "https://shop.example/jingle.mp3"]
    say = ["Order {digits:$id} of {number:$sum} is {say:$state}. {play:switch:beep}", "Bye."]
    [no_response]
"#;

const DEEP: &str = "[speech.engines.deep]\nengine = 'command'\ncommand = ['/bin/true']\n";

#[tokio::test]
async fn parts_are_heard_in_their_order_and_all_are_begun_before_the_first_is_heard() {
    let answer = r#"{"id": "4-7", "sum": 7.50, "state": "on its\nway"}"#;
    let ended = Call::of(STATUS).by(DEEP).answers_json(answer).runs().await;
    ended.in_order(&[
        "fetch https://shop.example/jingle.mp3",
        "say Order by deep",
        "say 4 by deep",
        "say 7 by deep",
        "say of by deep",
        "say 7.5 by deep",
        "say is by deep",
        "say on its way by deep",
        "say Bye. by deep",
        "play chime",
        "play https://shop.example/jingle.mp3",
        "play Order",
        "play 4",
        "play 7",
        "play of",
        "play 7.5",
        "play is",
        "play on its way",
        "play beep",
        "play Bye.",
        "DIALSCRIPT_OUTCOME=otherwise",
    ]);
    assert_eq!(ended.count("play"), 11);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_late_is_waited_for_and_nothing_changes_places() {
    let mut call = Call::of("[prompt]\nsay = ['one', 'two', 'three']\n");
    call.voice.late = vec![("two", Duration::from_secs(2)), ("three", Duration::from_secs(1))];
    let ended = call.runs().await;
    ended.in_order(&["play one", "play two", "play three"]);
    assert_eq!(ended.report.prompt_time, Duration::from_secs(2), "both were made at the same time");
}

/// A script that says one thing about the caller, and nothing that is not a value.
fn says(text: &'static str) -> Call {
    let script = format!("[prompt]\nsay = '{text}'\n");
    let mut call = Call::of(script.leak());
    call.voice.mute = vec!["*"];
    call
}

#[tokio::test]
async fn values_that_no_engine_speaks_are_said_by_the_switch_itself() {
    for (text, heard) in [
        ("{caller}", "play digits"),
        ("{say:arg.order}", "play letters"),
        ("{number:caller}", "play digits"),
    ] {
        let ended = says(text).runs().await;
        assert_eq!(ended.count("play"), 1, "{text}");
        ended.in_order(&[heard]);
    }
    assert_eq!(says("{digits:caller}").runs().await.count("play digits"), 5);
    assert_eq!(says("Hello.").runs().await.count("play"), 0);
}

#[tokio::test]
async fn a_number_is_not_said_by_the_switch_without_its_point() {
    for number in ["7.50", "-4"] {
        let answer = format!(r#"{{"n": {number}}}"#);
        let script =
            "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{say:$n}'\n[no_response]";
        let mut call = Call::of(script).answers_json(&answer);
        call.voice.mute = vec!["*"];
        assert_eq!(call.runs().await.count("play"), 0, "{number}");
    }
}

#[tokio::test]
async fn nothing_from_outside_is_markup_or_a_command_to_an_engine() {
    let script = "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{$n}'\n[no_response]";
    let hostile = r#"<speak>a</speak> [[x]] ${SHELL(id)} a|b\c `d`"#;
    let answer = serde_json::json!({ "n": format!("{hostile}\u{0}\n{}", "x".repeat(900)) });
    let ended = Call::of(script).answers_json(&answer.to_string()).runs().await;
    let said = ended.done.iter().find_map(|what| what.strip_prefix("say ")).unwrap();
    assert!(said.starts_with("speak a /speak x $ SHELL(id) a b c d x"), "{said}");
    assert!(said.len() <= 500, "{}", said.len());
}

#[tokio::test]
async fn values_that_are_not_there_are_not_said() {
    let script = "[trigger]\nurl='http://a.example'\n[otherwise]\n\
                  say='Dear {$name}, {digits:$none} {number:$list} bye {play:$song}'\n[no_response]";
    let call = Call::of(script).by("[egress]\nallow_hosts=['a.example']\n");
    let ended = call.answers_json(r#"{"list": [1], "song": ""}"#).runs().await;
    let said: Vec<_> = ended.done.iter().filter(|what| what.starts_with("say ")).collect();
    assert_eq!(said, ["say Dear", "say bye"]);
    assert_eq!(ended.count("fetch"), 0);
}

#[tokio::test]
async fn a_url_that_is_a_value_is_fetched_under_guard() {
    let script =
        "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{play:$song}'\n[no_response]";
    let call = Call::of(script).by("[egress]\nallow_hosts=['a.example']\n");
    let ended = call.answers_json(r#"{"song": "https://evil.example/x"}"#).runs().await;
    ended.in_order(&["fetch guarded https://evil.example/x"]);
}

#[tokio::test]
async fn a_lost_part_of_an_outcome_is_passed_over_and_the_outcome_stays() {
    let answer = r#"{"id": "47", "sum": 1, "state": "new"}"#;
    let mut call = Call::of(STATUS).by(DEEP).answers_json(answer);
    call.voice.mute = vec!["Order", "Bye.", "https://shop.example/jingle.mp3", "7"];
    let ended = call.runs().await;
    ended.in_order(&["play chime", "play 4", "play digits", "play of", "play beep"]);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.report.reason, None);
}

const QUESTION: &str = r#"
    [prompt]
    say = ["Your number?", "Please."]
    repeat = 2
    [keypress]
    length = 4
    [no_input]
    then = "goto 1@agents"
"#;

#[tokio::test]
async fn a_question_that_nobody_hears_is_not_repeated_and_its_reason_is_reported() {
    let mut call = Call::of(QUESTION);
    call.voice.mute = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.count("ask"), 1);
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.report.exit, "goto 1@agents");
    let reason = ended.report.reason.unwrap();
    assert_eq!(reason, "the prompt could not be played: the engine is broken");
}

#[tokio::test]
async fn a_question_of_which_a_part_is_heard_is_asked_as_ever() {
    let mut call = Call::of(QUESTION);
    call.voice.mute = vec!["Please."];
    let ended = call.runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn keys_count_even_where_the_prompt_is_not_heard() {
    let mut call = Call::of(QUESTION).enters(["4711"]);
    call.voice.mute = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.variable("INPUT"), "4711");
}

#[tokio::test]
async fn what_is_sensitive_is_spoken_in_one_piece_that_is_not_cached() {
    let script = r#"
        [keypress]
        length = 4
        sensitive = true
        [otherwise]
        say = "You entered {digits:keypress}, {say:keypress}."
        [no_input]
    "#;
    let ended = Call::of(script).enters(["4711"]).runs().await;
    ended.in_order(&["say You entered", "say hidden 4, 7, 1, 1", "say hidden 4711"]);
    // The times in the report have digits of their own.
    let (prompt_time, wait_time) = (Duration::ZERO, Duration::ZERO);
    let report = format!("{:?}", CallReport { prompt_time, wait_time, ..ended.report });
    assert!(!report.contains("47"), "{report}");
}

#[tokio::test]
async fn what_is_sensitive_is_said_by_the_switch_where_no_engine_speaks() {
    let script = "[keypress]\nsensitive=true\n[otherwise]\nsay='{digits:keypress}'\n[no_input]\n";
    let mut call = Call::of(script).enters(["4711"]);
    call.voice.mute = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.count("play"), 1);
    ended.in_order(&["play digits"]);
}

#[tokio::test]
async fn nothing_is_made_for_a_channel_that_nobody_hears() {
    let ended = Call::of("[prompt]\nsay = 'Hello.'\nanswer = false\n").runs().await;
    assert_eq!(ended.count("say"), 0);
}
