//! Callers who say something.

use dialscript::channel::{Digits, DigitsEnd, Interruption, SpeechResult};

use super::call::ScriptCall;
use crate::support::fake_voice::FakeRecognizer;

/// Four digits, spoken.
const NUMBER: &str = r#"
    [prompt]
    say = "Your number?"
    repeat = 1
    [speech]
    language = "en"
    filter = "numeric"
    length = 4
    [trigger]
    url = "http://shop.example/?id={speech}&any={input}"
    [otherwise]
    [no_input]
    [invalid_input]
    then = "goto 1@invalid"
    [no_response]
"#;

/// The same, or keys.
const EITHER: &str = r#"
    [prompt]
    say = "Say or enter it."
    repeat = 1
    [keypress]
    length = 4
    [speech]
    language = "en"
    filter = "numeric"
    [otherwise]
    set = { SAID = "{speech}", PRESSED = "{keypress}", EITHER = "{input}" }
    [no_input]
"#;

/// Anything, in words.
const WORDS: &str = r#"
    [speech]
    language = "en"
    [[branch]]
    when = "sales please"
    then = "goto 1@sales"
    [otherwise]
    then = "goto {speech}@words"
    [no_input]
    then = "hangup"
"#;

#[tokio::test]
async fn spoken_digits_of_the_right_length_are_the_input() {
    let ended = ScriptCall::of(NUMBER).says(["4 7 1 1"]).answers_json("{}").runs().await;
    ended.in_order(&[
        "pick up",
        "play Your number?",
        "listen by Recording(\"/recordings/1.wav\")",
        "recognize en",
        "delete the recording",
        "request http://shop.example/?id=4711&any=4711",
        "DIALSCRIPT_INPUT=4711",
        "DIALSCRIPT_OUTCOME=otherwise",
    ]);
    assert_eq!((ended.report.speech_characters, ended.report.digit_count), (7, 0));
}

#[tokio::test]
async fn speech_without_digits_of_the_right_length_repeats_the_question_and_ends_as_invalid_input()
{
    let ended = ScriptCall::of(NUMBER).says(["4 7", "4711"]).answers_json("{}").runs().await;
    assert_eq!(ended.count("listen"), 2);
    assert_eq!(ended.count("play Your number?"), 2);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    for words in [["4 7", "4 7 1 1 1"], ["never", "mind"]] {
        let ended = ScriptCall::of(NUMBER).says(words).runs().await;
        assert_eq!(ended.variable("OUTCOME"), "invalid_input");
        assert_eq!(ended.report.exit, "goto 1@invalid");
        assert_eq!(ended.count("delete the recording"), 2);
    }
}

#[tokio::test]
async fn silence_and_an_utterance_without_words_are_no_input() {
    let silent = ScriptCall::of(NUMBER).runs().await;
    assert_eq!((silent.count("listen"), silent.count("recognize")), (2, 0));
    assert_eq!(silent.variable("OUTCOME"), "no_input");
    assert_eq!(silent.count("delete the recording"), 2);
    let wordless = ScriptCall::of(NUMBER).says(["", " "]).runs().await;
    assert_eq!((wordless.count("listen"), wordless.count("recognize")), (2, 2));
    assert_eq!(wordless.variable("OUTCOME"), "no_input");
    assert_eq!(wordless.report.reason, None);
}

#[tokio::test]
async fn without_a_filter_the_recognized_words_are_compared_unchanged() {
    let ended = ScriptCall::of(WORDS).says([" sales please "]).runs().await;
    assert_eq!(ended.report.exit, "goto 1@sales");
    assert_eq!(ended.variable("INPUT"), "sales please");
}

#[tokio::test]
async fn recognized_words_are_escaped_like_any_untrusted_text() {
    for words in ["1,1)}${SHELL(id)", "two words", "1@evil"] {
        let ended = ScriptCall::of(WORDS).says([words]).runs().await;
        assert_eq!(ended.count("look up"), 0, "{words}");
        assert_eq!(ended.variable("OUTCOME"), "error");
    }
    let script = WORDS.replace("[otherwise]", "[otherwise]\nset = { SAID = \"{speech}\" }");
    let ended = ScriptCall::of(script.leak()).says(["a\r\nb\0"]).runs().await;
    ended.in_order(&["set SAID=a  b "]);
}

#[tokio::test]
async fn the_switch_can_recognize_speech_itself() {
    let mut call = ScriptCall::of(NUMBER).answers_json("{}");
    call.voice.recognizer = FakeRecognizer::Switch;
    call.channel.says = [Ok(SpeechResult::Words("4711".into()))].into();
    let ended = call.runs().await;
    ended.in_order(&["request http://shop.example/?id=4711&any=4711"]);
    assert_eq!(ended.count("recognize"), 0);
}

#[tokio::test]
async fn keys_can_be_pressed_instead_of_speech() {
    let mut call = ScriptCall::of(EITHER);
    let digits = Digits { digits: "4711".into(), end: DigitsEnd::MaxDigits };
    call.channel.says = [Ok(SpeechResult::Digits(digits))].into();
    let ended = call.runs().await;
    ended.in_order(&[
        "listen by Recording(\"/recordings/1.wav\") or ask",
        "delete the recording",
        "SAID=",
        "PRESSED=4711",
        "EITHER=4711",
    ]);
    assert_eq!((ended.report.speech_characters, ended.report.digit_count), (0, 4));
}

#[tokio::test]
async fn speech_is_accepted_if_keys_are_allowed_too() {
    let ended = ScriptCall::of(EITHER).says(["4 7 1 1"]).runs().await;
    ended.in_order(&["SAID=4711", "PRESSED=", "EITHER=4711"]);
    let long = ScriptCall::of(EITHER).says(["4 7 1 1 1", "47111"]).runs().await;
    assert_eq!(long.variable("OUTCOME"), "invalid_input", "keys would have ended at four");
}

#[tokio::test]
async fn without_a_recognizer_the_whole_prompt_is_played_and_keys_are_collected() {
    let mut call = ScriptCall::of(EITHER).enters(["", "4711"]);
    call.voice.recognizer = FakeRecognizer::Missing;
    let ended = call.runs().await;
    ended.in_order(&["play Say or enter it.", "ask", "play Say or enter it.", "ask"]);
    assert_eq!((ended.count("listen"), ended.count("ask")), (0, 2));
    assert_eq!(ended.variable("INPUT"), "4711");
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn without_a_recognizer_and_without_keys_it_is_no_input_with_a_reason() {
    let mut call = ScriptCall::of(NUMBER);
    call.voice.recognizer = FakeRecognizer::Missing;
    let ended = call.runs().await;
    assert_eq!((ended.count("listen"), ended.count("ask"), ended.count("play")), (0, 0, 0));
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.report.reason.as_deref(), Some("no speech recognizer is configured"));
}

#[tokio::test]
async fn after_a_recognizer_error_the_question_continues_with_keys() {
    let mut call = ScriptCall::of(EITHER).says(["lost"]).enters(["", "4711"]);
    *call.voice.transcripts.get_mut().unwrap() = [Err("the engine is late")].into();
    let ended = call.runs().await;
    assert_eq!((ended.count("listen"), ended.count("ask")), (1, 2));
    assert_eq!(ended.variable("INPUT"), "4711");
    let mut silent = ScriptCall::of(EITHER).says(["lost"]);
    *silent.voice.transcripts.get_mut().unwrap() = [Err("the engine is late")].into();
    let silent = silent.runs().await;
    assert_eq!(silent.variable("OUTCOME"), "no_input");
    assert_eq!(silent.report.reason.as_deref(), Some("the engine is late"));
}

#[tokio::test]
async fn speech_before_a_recognizer_error_is_discarded() {
    let mut call = ScriptCall::of(NUMBER).says(["4 7", "lost"]);
    *call.voice.transcripts.get_mut().unwrap() = [Ok("4 7"), Err("the engine is late")].into();
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.variable("INPUT"), "");
    assert_eq!(ended.report.reason.as_deref(), Some("the engine is late"));
}

#[tokio::test]
async fn a_switch_that_can_not_recognize_speech_gives_the_reason() {
    let mut call = ScriptCall::of(NUMBER);
    call.channel.says = [Ok(SpeechResult::Failed("no such application".into()))].into();
    let ended = call.runs().await;
    assert_eq!(ended.count("listen"), 1);
    assert_eq!(ended.report.reason.as_deref(), Some("no such application"));
    assert_eq!(ended.count("delete the recording"), 1);
}

#[tokio::test]
async fn a_speech_question_whose_prompt_fails_is_no_input_at_once() {
    let mut call = ScriptCall::of(NUMBER);
    call.voice.failing = vec!["*"];
    let ended = call.runs().await;
    assert_eq!(ended.count("listen"), 1);
    let reason = ended.report.reason.unwrap();
    assert!(reason.starts_with("the prompt could not be played"), "{reason}");
}

#[tokio::test]
async fn the_recording_is_deleted_when_the_caller_hangs_up() {
    let mut speaking = ScriptCall::of(EITHER);
    let left = Interruption::CallerHungUp { digits: "4".into() };
    speaking.channel.says = [Err(left)].into();
    let speaking = speaking.runs().await;
    speaking.in_order(&["delete the recording", "DIALSCRIPT_OUTCOME=hangup"]);
    assert_eq!(speaking.variable("INPUT"), "4");
    let mut waiting = ScriptCall::of(NUMBER).says(["4711"]);
    waiting.channel.leaves_while_waiting = true;
    let waiting = waiting.runs().await;
    waiting.in_order(&["delete the recording", "DIALSCRIPT_OUTCOME=hangup"]);
    assert_eq!(waiting.variable("INPUT"), "");
}

/// A spoken PIN, and where it goes on.
const PIN: &str = r#"
    [speech]
    language = "en"
    sensitive = true
    [otherwise]
    say = "Thank you, {speech}."
    then = "script next"
    [no_input]
"#;

const NEXT: &str = r#"
    [trigger]
    url = "http://bank.example/?said={main.speech}&any={main.input}&keys={main.keypress}"
    [response]
    key = "code"
    [otherwise]
    then = "goto {main.input}@vault"
    [no_response]
"#;

#[tokio::test]
async fn recognized_speech_is_passed_along_the_chain_and_is_hidden_if_sensitive() {
    let main = PIN.replace("[otherwise]", "[keypress]\n[otherwise]");
    let call = ScriptCall::of(main.leak()).and("next", NEXT).says(["opensesame"]);
    let ended = call.answers_json(r#"{"code": "opensesame"}"#).runs().await;
    ended.in_order(&[
        "say sensitive opensesame",
        "request http://bank.example/?said=opensesame&any=opensesame&keys=",
    ]);
    assert_eq!(ended.variable("INPUT"), "");
    assert_eq!(ended.report.exit, "goto ***@vault");
    assert!(!format!("{:?}", ended.report).contains("opensesame"), "{:?}", ended.report);
    assert_eq!(ended.report.speech_characters, 10);
}
