//! How a call ends: hang-ups, missing destinations, calls that are not picked up.

use dialscript::channel::{DestinationCheck, Interruption, LineState};

use super::call::{ORDER, ScriptCall};

#[tokio::test]
async fn a_caller_who_hangs_up_while_entering_leaves_the_digits_to_the_dialplan() {
    let mut call = ScriptCall::of(ORDER);
    call.channel.enters = [Err(Interruption::CallerHungUp { digits: "47".into() })].into();
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.variable("INPUT"), "47");
    assert_eq!(ended.count("request"), 0);
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_waiting_ends_the_call_as_a_hang_up() {
    let mut call = ScriptCall::of(ORDER).enters(["4711"]).answers_json("{}");
    call.channel.leaves_while_waiting = true;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.variable("INPUT"), "4711");
}

#[tokio::test]
async fn the_outcome_variable_is_set_last() {
    let ended = ScriptCall::of(ORDER).runs().await;
    let last = ended.done.iter().rposition(|what| what.starts_with("DIALSCRIPT_")).unwrap();
    assert!(ended.done[last].starts_with("DIALSCRIPT_OUTCOME="));
    assert_eq!(ended.count("DIALSCRIPT_"), 6);
}

const NOTICE: &str = r#"
    [trigger]
    url = "http://shop.example/missed?caller={caller}"
    background = true
"#;

#[tokio::test]
async fn a_script_without_prompt_and_question_never_picks_up() {
    let ended = ScriptCall::of(NOTICE).runs().await;
    assert_eq!(ended.count("pick up"), 0);
    ended.in_order(&["main tells http://shop.example/missed?caller=%2B49%2030%2F1", "Continue"]);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
}

#[tokio::test]
async fn on_a_channel_that_has_hung_up_sounds_are_skipped_and_the_request_is_made() {
    let script = r#"
        [prompt]
        play = "switch:hello"
        [trigger]
        url = "http://shop.example/"
        [no_response]
    "#;
    let mut call = ScriptCall::of(script).answers_json("{}");
    call.channel.line = LineState::HungUp;
    let ended = call.runs().await;
    assert_eq!(ended.count("play"), 0);
    assert_eq!(ended.count("request"), 1);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
}

#[tokio::test]
async fn a_question_on_a_channel_that_has_hung_up_ends_as_a_hang_up() {
    let mut call = ScriptCall::of(ORDER);
    call.channel.line = LineState::HungUp;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.count("ask"), 0);
}

#[tokio::test]
async fn a_script_that_must_not_pick_up_skips_prompts_and_questions() {
    let script = r#"
        [prompt]
        play = "switch:hello"
        answer = false
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        play = "switch:bye"
        [no_response]
    "#;
    let ringing = ScriptCall::of(script).answers_json("{}").runs().await;
    assert_eq!(ringing.count("pick up") + ringing.count("play"), 0);
    assert_eq!(ringing.variable("OUTCOME"), "otherwise");
    let mut up = ScriptCall::of(script).answers_json("{}");
    up.channel.line = LineState::Up;
    assert_eq!(up.runs().await.count("play"), 2, "the dialplan had picked up");
}

#[tokio::test]
async fn a_missing_destination_is_an_error_and_the_dialplan_continues() {
    let mut call = ScriptCall::of(ORDER).enters(["4711"]).does_not_answer();
    call.channel.reach = DestinationCheck::Missing;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.report.reason.as_deref(), Some("the dialplan has no 4711@agents,help"));
}

#[tokio::test]
async fn a_priority_on_a_switch_without_priorities_is_an_error_that_says_so() {
    let mut call = ScriptCall::of(ORDER).enters(["4711"]).does_not_answer();
    call.channel.reach = DestinationCheck::NoPriorities;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    let reason = "FreeSWITCH has no priorities other than 1: 4711@agents,help";
    assert_eq!(ended.report.reason.as_deref(), Some(reason));
}

#[tokio::test]
async fn a_hostile_destination_never_reaches_the_switch() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        then = "goto {$to}@public"
        [no_response]
    "#;
    for hostile in ["1,1)}${SHELL(id)", "a b", "", "1@evil", "ä"] {
        let body = serde_json::json!({ "to": hostile }).to_string();
        let ended = ScriptCall::of(script).answers_json(&body).runs().await;
        assert_eq!(ended.count("look up"), 0, "{hostile:?}");
        assert_eq!(ended.variable("OUTCOME"), "error");
        assert_eq!(ended.exit(), "Continue");
    }
}

#[tokio::test]
async fn a_destination_that_is_too_long_in_total_is_refused() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        then = "goto 9{$to}@public"
        [no_response]
    "#;
    let body = serde_json::json!({ "to": "1".repeat(79) }).to_string();
    let ended = ScriptCall::of(script).answers_json(&body).runs().await;
    assert_eq!(ended.count("look up"), 0);
    assert_eq!(ended.variable("OUTCOME"), "error");
}

#[tokio::test]
async fn a_shutdown_or_call_limit_is_an_error_and_the_dialplan_continues() {
    for interrupted in [
        Interruption::Shutdown,
        Interruption::MaxCallDuration,
        Interruption::Refused("520".into()),
        Interruption::ConnectionLost("gone".into()),
    ] {
        let hangup = "[hangup]\nurl = 'http://shop.example/left'\n";
        let mut call = ScriptCall::of(format!("{ORDER}{hangup}").leak());
        let reason = interrupted.to_string();
        call.channel.enters = [Err(interrupted)].into();
        let ended = call.runs().await;
        assert_eq!(ended.variable("OUTCOME"), "error");
        assert_eq!(ended.exit(), "Continue");
        assert_eq!(ended.count("main tells"), 0, "the caller has not hung up");
        assert_eq!(ended.report.reason, Some(reason));
    }
}
