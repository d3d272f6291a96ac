//! What lines mean.

use dialscript::agi::codec::{AgiCodec, AgiMessage};
use dialscript::agi::command::AgiCommand;
use dialscript::agi::error::AgiError;
use dialscript::agi::reply::AgiReply;
use dialscript::wire::WireErrorOrigin;

use super::{Decoded, environment, error_of, replies, reply};

#[test]
fn a_success_has_a_result_a_note_and_a_position() {
    let some = |text: &str| Some(text.to_owned());
    for (line, result, note, endpos) in [
        ("200 result=0", "0", None, None),
        ("200 result=-1", "-1", None, None),
        ("200 result=", "", None, None),
        ("200 result=12*4", "12*4", None, None),
        ("200 result= (timeout)", "", some("timeout"), None),
        ("200 result=123 (timeout)", "123", some("timeout"), None),
        ("200 result=1 ()", "1", some(""), None),
        ("200 result=1 (a) b (c)", "1", some("a) b (c"), None),
        ("200 result=0 endpos=24000", "0", None, Some(24_000)),
        ("200 result=49 (dtmf) endpos=5440", "49", some("dtmf"), Some(5_440)),
        ("200 result=1 (a) endpos=5)", "1", some("a) endpos=5"), None),
        ("200 result=0 endpos=-1", "0", None, None),
        ("200 result=1 (line1\nline2)", "1", some("line1\nline2"), None),
        ("200 result=1 (\n\n) endpos=7", "1", some("\n\n"), Some(7)),
    ] {
        assert_eq!(parts(line), (result.to_owned(), note, endpos), "{line}");
    }
}

#[test]
fn a_recording_ends_with_a_word_a_result_and_a_position() {
    let word = |text: &str| Some(text.to_owned());
    for (line, result, note, endpos) in [
        ("200 result=9462 (timeout) endpos=36320", "9462", word("timeout"), Some(36_320)),
        ("200 result=0 (timeout) endpos=16000", "0", word("timeout"), Some(16_000)),
        ("200 result=35 (dtmf) endpos=18400", "35", word("dtmf"), Some(18_400)),
        ("200 result=-1 (hangup) endpos=16000", "-1", word("hangup"), Some(16_000)),
        ("200 result=-1 (writefile)", "-1", word("writefile"), None),
        ("200 result=-1 (randomerror) endpos=0", "-1", word("randomerror"), Some(0)),
    ] {
        assert_eq!(parts(line), (result.to_owned(), note, endpos), "{line}");
    }
}

#[test]
fn the_recognition_result_with_the_highest_score_is_used() {
    for (line, words) in [
        (r#"results=1 score0=90 text0="four seven" grammar0=digits"#, "four seven"),
        (r#"results=1 score0=90 text0="" grammar0="#, ""),
        (r#"results=2 score0=9 text0="a" grammar0=g score1=10 text1="b" grammar1=g"#, "b"),
        (r#"results=2 score0=9 text0="a" grammar0=g score1=9 text1="b" grammar1=g"#, "a"),
        (r#"results=2 score0=-9 text0="a" grammar0=a b score1=-7 text1="b" grammar1=c d"#, "b"),
        (r#"results=1 score0=1 text0="say "yes") endpos=1" grammar0=g"#, r#"say "yes") endpos=1"#),
        ("results=1 score0=1 text0=\"fünf\" grammar0=g", "fünf"),
        // Nothing understood, and lists that Asterisk cut.
        ("results=0 ", ""),
        (r#"results=2 score0=1 text0="a" grammar0=g score1=9 text1="bcd"#, "a"),
        (r#"results=1 score0=1 text0="ab"#, ""),
    ] {
        let line = format!("200 result=1 (speech) endpos=0 {line}");
        match reply(&line) {
            AgiReply::Speech(text) => assert_eq!(text.decode(), words, "{line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn recognition_ends_by_a_key_or_a_word() {
    for key in ['4', '*', '#', 'D'] {
        assert_eq!(
            reply(&format!("200 result=1 (digit) digit={key} endpos=80")),
            AgiReply::Digit(key)
        );
    }
    let timeout = ("1".to_owned(), Some("timeout".to_owned()), Some(0));
    assert_eq!(parts("200 result=1 (timeout) endpos=0"), timeout);
}

#[test]
fn a_value_that_only_resembles_a_recognition_stays_a_value() {
    for value in ["digit", "speech", "digit) digit=4 endpos=0", "speech) endpos=0 results="] {
        let line = format!("200 result=1 ({value})");
        assert_eq!(parts(&line), ("1".to_owned(), Some(value.to_owned()), None), "{line}");
    }
    let lines = "200 result=1 (digit)\n digit=4 endpos=0)";
    assert_eq!(replies(format!("{lines}\n")).messages.len(), 1);
}

#[test]
fn a_line_that_is_no_reply_is_an_error_of_the_switch_and_is_shown() {
    for line in [
        "",
        " ",
        "hangup",
        "HANGUP ",
        "200",
        "200 result",
        "200 result=1 x",
        "200 result=1 endpos=",
        "200 result=1 endpos=18446744073709551616",
        "200 result=1 endpos=1 ",
        "100 result=0 Trying...",
        "5100",
        "5110 x",
        "520",
        "52",
        "line3)",
        "agi_network: yes",
        " 200 result=1",
    ] {
        let error = error_of(AgiCodec::after_environment(), format!("{line}\n").as_bytes());
        assert_eq!(error.origin(), WireErrorOrigin::Switch, "{line}");
        assert!(matches!(error, AgiError::Malformed { .. }), "{line}");
        let shown = line.replace(|char: char| char.is_ascii_digit(), "9");
        assert!(error.to_string().ends_with(&format!("\"{shown}\"")), "{line}: {error}");
    }
}

#[test]
fn refusals_are_known_with_and_without_a_result() {
    for line in ["510 Invalid or unknown command", "510", "510 result=-1"] {
        assert_eq!(reply(line), AgiReply::Unknown, "{line}");
    }
    for line in [
        "511 Command Not Permitted on a dead channel or intercept routine",
        "511 result=-1 Command Not Permitted on a dead channel",
    ] {
        assert_eq!(reply(line), AgiReply::Dead, "{line}");
    }
}

#[test]
fn a_usage_text_may_look_like_anything_and_ends_at_its_last_line() {
    let first = "520-Invalid command syntax.  Proper usage follows:\n";
    let last = "520 End of proper usage.";
    assert_eq!(usage(&format!("{first}{last}")), "");
    assert_eq!(usage(&format!("{first}one\n\ntwo\n{last}")), "one\n\ntwo");
    assert_eq!(
        usage(&format!("{first}HANGUP\n200 result=1\n520-\n{last}")),
        "HANGUP\n200 result=1\n520-"
    );
    assert_eq!(usage(&format!("{first}no newline{last}")), "no newline");
    let none = "Invalid command syntax.  Proper usage not available.";
    assert_eq!(usage(&format!("520 {none}")), none);
}

#[test]
fn a_hang_up_is_recognized_before_a_reply_after_it_and_alone() {
    let zero = reply("200 result=0");
    let (hangup, zero) = (AgiMessage::Hangup, AgiMessage::Reply(zero));
    for (bytes, messages) in [
        ("HANGUP\n200 result=0\n", vec![hangup.clone(), zero.clone()]),
        ("200 result=0\nHANGUP\n", vec![zero.clone(), hangup.clone()]),
        ("HANGUP\nHANGUP\n", vec![hangup.clone(), hangup]),
    ] {
        assert_eq!(replies(bytes), Decoded { messages, error: None }, "{bytes}");
    }
}

#[test]
fn a_result_is_a_number_a_key_or_an_error() {
    for (line, number, key) in [
        ("200 result=0", Some(0), None),
        ("200 result=-1", Some(-1), None),
        ("200 result=48", Some(48), Some('0')),
        ("200 result=57 endpos=1", Some(57), Some('9')),
        ("200 result=42", Some(42), Some('*')),
        ("200 result=35", Some(35), Some('#')),
        ("200 result=68", Some(68), Some('D')),
        ("200 result=69", Some(69), None),
        ("200 result=304", Some(304), None),
        ("200 result=", None, None),
        ("200 result=12*4", None, None),
        ("511 dead", None, None),
    ] {
        let reply = reply(line);
        assert_eq!((reply.result_number(), reply.key()), (number, key), "{line}");
        assert_eq!(reply.is_failure(), number == Some(-1), "{line}");
    }
}

#[test]
fn digits_and_values_do_not_show_in_a_log() {
    let shown = format!("{:?}", replies("200 result=4711\n200 result=1 (secret)\n200 result=-1\n"));
    assert!(!shown.contains("4711") && !shown.contains("secret"), "{shown}");
    assert!(shown.contains("-1"), "{shown}");
    let recognised = "200 result=1 (speech) endpos=0 results=1 score0=1 text0=\"4711\" grammar0=g\n\
        200 result=1 (digit) digit=7 endpos=0\n";
    let shown = format!("{:?}", replies(recognised));
    assert!(!shown.contains('7'), "{shown}");
    let command = AgiCommand::set_variable("PIN", "4711").unwrap();
    assert_eq!(format!("{command:?}"), "AgiCommand(SET VARIABLE)");
    let environment = environment("agi_callerid: 100\nagi_arg_1: 4711");
    assert_eq!(format!("{environment:?}"), "AgiEnvironment(2 lines)");
}

fn parts(line: &str) -> (String, Option<String>, Option<u64>) {
    match reply(line) {
        AgiReply::Success { result, note, endpos } => {
            (result.decode().into_owned(), note.map(|note| note.decode().into_owned()), endpos)
        }
        other => panic!("{line}: {other:?}"),
    }
}

fn usage(lines: &str) -> String {
    match reply(lines) {
        AgiReply::Usage(text) => text.decode().into_owned(),
        other => panic!("{lines}: {other:?}"),
    }
}
