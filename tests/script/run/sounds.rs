//! What callers hear: parts in their order, values of the call, and what is heard where engines fail.

use std::time::Duration;

use dialscript::script::report::CallReport;

use super::call::ScriptCall;

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
async fn prompt_parts_are_played_in_order_and_all_are_started_before_the_first_is_played() {
    let answer = r#"{"id": "4-7", "sum": 7.50, "state": "on its\nway"}"#;
    let ended = ScriptCall::of(STATUS).by(DEEP).answers_json(answer).runs().await;
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
async fn a_late_prompt_part_is_awaited_and_the_order_is_kept() {
    let mut call = ScriptCall::of("[prompt]\nsay = ['one', 'two', 'three']\n");
    call.voice.slow = vec![("two", Duration::from_secs(2)), ("three", Duration::from_secs(1))];
    let ended = call.runs().await;
    ended.in_order(&["play one", "play two", "play three"]);
    assert_eq!(ended.report.prompt_time, Duration::from_secs(2), "both were made at the same time");
}

/// A script that speaks one text with values of the call.
fn says(text: &'static str) -> ScriptCall {
    let script = format!("[prompt]\nsay = '{text}'\n");
    let mut call = ScriptCall::of(script.leak());
    call.voice.failing = vec!["*"];
    call
}

#[tokio::test]
async fn values_without_a_synthesizer_are_spoken_by_the_switch() {
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
async fn decimal_and_negative_numbers_are_not_spoken_by_the_switch() {
    for number in ["7.50", "-4"] {
        let answer = format!(r#"{{"n": {number}}}"#);
        let script =
            "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{say:$n}'\n[no_response]";
        let mut call = ScriptCall::of(script).answers_json(&answer);
        call.voice.failing = vec!["*"];
        assert_eq!(call.runs().await.count("play"), 0, "{number}");
    }
}

#[tokio::test]
async fn untrusted_text_never_reaches_a_synthesizer_as_markup_or_command() {
    let script = "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{$n}'\n[no_response]";
    let hostile = r#"<speak>a</speak> [[x]] ${SHELL(id)} a|b\c `d`"#;
    let answer =
        serde_json::json!({ "n": format!("{hostile}\u{0}\u{fffe}\u{ffff}\n{}", "x".repeat(900)) });
    let ended = ScriptCall::of(script).answers_json(&answer.to_string()).runs().await;
    let said = ended.done.iter().find_map(|what| what.strip_prefix("say ")).unwrap();
    assert!(said.starts_with("speak a /speak x $ SHELL(id) a b c d x"), "{said}");
    assert!(said.len() <= 500, "{}", said.len());
}

#[tokio::test]
async fn the_markup_of_an_author_cannot_enclose_a_value() {
    let script =
        "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='[[h@l {$n} oU]] {$n}'\n[no_response]";
    let ended = ScriptCall::of(script).answers_json(r#"{"n": "[[id]]"}"#).runs().await;
    let said: Vec<_> = ended.done.iter().filter(|what| what.starts_with("say ")).collect();
    assert_eq!(said, ["say [[h@l", "say id", "say oU]]", "say id"]);
}

#[tokio::test]
async fn absent_values_are_not_spoken() {
    let script = "[trigger]\nurl='http://a.example'\n[otherwise]\n\
                  say='Dear {$name}, {digits:$none} {number:$list} bye {play:$song}'\n[no_response]";
    let call = ScriptCall::of(script).by("[egress]\nallow_hosts=['a.example']\n");
    let ended = call.answers_json(r#"{"list": [1], "song": ""}"#).runs().await;
    let said: Vec<_> = ended.done.iter().filter(|what| what.starts_with("say ")).collect();
    assert_eq!(said, ["say Dear", "say bye"]);
    assert_eq!(ended.count("fetch"), 0);
}

#[tokio::test]
async fn a_url_from_a_value_is_fetched_under_the_egress_rules() {
    let script =
        "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{play:$song}'\n[no_response]";
    let call = ScriptCall::of(script).by("[egress]\nallow_hosts=['a.example']\n");
    let ended = call.answers_json(r#"{"song": "https://evil.example/x"}"#).runs().await;
    ended.in_order(&["fetch checked https://evil.example/x"]);
}

#[tokio::test]
async fn a_failed_part_of_an_outcome_prompt_is_skipped_and_the_outcome_stays() {
    let answer = r#"{"id": "47", "sum": 1, "state": "new"}"#;
    let mut call = ScriptCall::of(STATUS).by(DEEP).answers_json(answer);
    call.voice.failing = vec!["Order", "Bye.", "https://shop.example/jingle.mp3", "7"];
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
async fn a_question_whose_prompt_fails_is_not_repeated_and_the_reason_is_reported() {
    let mut call = ScriptCall::of(QUESTION);
    call.voice.failing = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.count("ask"), 1);
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.report.exit, "goto 1@agents");
    let reason = ended.report.reason.unwrap();
    assert_eq!(reason, "the prompt could not be played: the engine is broken");
}

#[tokio::test]
async fn a_question_with_one_playable_part_is_asked_as_usual() {
    let mut call = ScriptCall::of(QUESTION);
    call.voice.failing = vec!["Please."];
    let ended = call.runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn keys_count_even_if_the_prompt_fails() {
    let mut call = ScriptCall::of(QUESTION).enters(["4711"]);
    call.voice.failing = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.variable("INPUT"), "4711");
}

#[tokio::test]
async fn a_text_with_a_sensitive_value_is_spoken_as_one_part_and_not_cached() {
    let script = r#"
        [keypress]
        length = 4
        sensitive = true
        [otherwise]
        say = "You entered {digits:keypress}, {say:keypress}."
        [no_input]
    "#;
    let ended = ScriptCall::of(script).enters(["4711"]).runs().await;
    ended.in_order(&["say You entered", "say sensitive 4, 7, 1, 1", "say sensitive 4711"]);
    // The times in the report have digits of their own.
    let (prompt_time, wait_time, input_times) = (Duration::ZERO, Duration::ZERO, Vec::new());
    let report = CallReport { prompt_time, wait_time, input_times, ..ended.report };
    let report = format!("{report:?}");
    assert!(!report.contains("47"), "{report}");
}

#[tokio::test]
async fn a_sensitive_value_without_a_synthesizer_is_spoken_by_the_switch() {
    let script = "[keypress]\nsensitive=true\n[otherwise]\nsay='{digits:keypress}'\n[no_input]\n";
    let mut call = ScriptCall::of(script).enters(["4711"]);
    call.voice.failing = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.count("play"), 1);
    ended.in_order(&["play digits"]);
}

#[tokio::test]
async fn no_speech_is_synthesized_if_the_call_is_not_picked_up() {
    let ended = ScriptCall::of("[prompt]\nsay = 'Hello.'\nanswer = false\n").runs().await;
    assert_eq!(ended.count("say"), 0);
}
