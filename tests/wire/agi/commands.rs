//! What we send.

use std::time::Duration;

use dialscript::agi::codec::{AgiCodec, AgiMessage};
use dialscript::agi::command::{AgiCommand, fit_variable};
use dialscript::agi::quote::AgiCommandError;
use dialscript::channel::KeySet;
use futures_util::StreamExt;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio_util::codec::FramedRead;

use super::reply;

fn line(command: AgiCommand) -> String {
    String::from_utf8(command.as_bytes().to_vec()).unwrap()
}

fn keys(keys: &str) -> KeySet {
    keys.chars().collect()
}

fn sounds_and_recordings() -> Vec<(AgiCommand, &'static str)> {
    let ms = Duration::from_millis;
    vec![
        (AgiCommand::answer(), "ANSWER\n"),
        (AgiCommand::channel_status(), "CHANNEL STATUS\n"),
        (AgiCommand::noop(), "NOOP\n"),
        (AgiCommand::failure(), "failure\n"),
        (AgiCommand::wait_for_digit(ms(2_000)), "WAIT FOR DIGIT 2000\n"),
        (AgiCommand::wait_for_digit(Duration::ZERO), "WAIT FOR DIGIT 1\n"),
        (AgiCommand::wait_for_digit(Duration::from_micros(1_001)), "WAIT FOR DIGIT 2\n"),
        (AgiCommand::wait_for_digit(Duration::MAX), "WAIT FOR DIGIT 2147483647\n"),
        (
            AgiCommand::stream_file("/a b", KeySet::NONE, None).unwrap(),
            "STREAM FILE \"/a b\" \"\"\n",
        ),
        (
            AgiCommand::stream_file("f", keys("D#19*A"), Some(80)).unwrap(),
            "STREAM FILE \"f\" \"19*#AD\" 80\n",
        ),
        (AgiCommand::say_digits("0711", KeySet::NONE).unwrap(), "SAY DIGITS \"0711\" \"\"\n"),
        (AgiCommand::say_alpha("a \"b", keys("1#")).unwrap(), "SAY ALPHA \"a \\\"b\" \"1#\"\n"),
        (
            AgiCommand::record_file("/r/a b", keys("1#"), ms(15_000), ms(1_500)).unwrap(),
            "RECORD FILE \"/r/a b\" wav \"1#\" 15000 s=2\n",
        ),
        (
            AgiCommand::record_file("/r/a", KeySet::NONE, Duration::ZERO, Duration::ZERO).unwrap(),
            "RECORD FILE \"/r/a\" wav \"\" 1 s=1\n",
        ),
        (
            AgiCommand::record_file("/r/a", KeySet::NONE, Duration::MAX, Duration::MAX).unwrap(),
            "RECORD FILE \"/r/a\" wav \"\" 2147483647 s=2147483\n",
        ),
    ]
}

fn speech_and_variables() -> Vec<(AgiCommand, &'static str)> {
    let ms = Duration::from_millis;
    vec![
        (AgiCommand::speech_create("").unwrap(), "SPEECH CREATE \"\"\n"),
        (
            AgiCommand::speech_load_grammar("g", "/g/a b").unwrap(),
            "SPEECH LOAD GRAMMAR \"g\" \"/g/a b\"\n",
        ),
        (AgiCommand::speech_activate_grammar("g").unwrap(), "SPEECH ACTIVATE GRAMMAR \"g\"\n"),
        (AgiCommand::speech_recognize("/s", ms(4_001)).unwrap(), "SPEECH RECOGNIZE \"/s\" 5\n"),
        (AgiCommand::speech_recognize("", ms(0)).unwrap(), "SPEECH RECOGNIZE \"\" 1\n"),
        (AgiCommand::speech_destroy(), "SPEECH DESTROY\n"),
        (AgiCommand::set_music(Some("jazz")).unwrap(), "SET MUSIC ON \"jazz\"\n"),
        (AgiCommand::set_music(None).unwrap(), "SET MUSIC OFF\n"),
        (
            AgiCommand::set_variable("_V1", r#"a "b" \"#).unwrap(),
            "SET VARIABLE \"_V1\" \"a \\\"b\\\" \\\\\"\n",
        ),
        (
            AgiCommand::get_function("DIALPLAN_EXISTS", "c,e,1").unwrap(),
            "GET VARIABLE \"DIALPLAN_EXISTS(c,e,1)\"\n",
        ),
        (AgiCommand::set_context("c").unwrap(), "SET CONTEXT \"c\"\n"),
        (AgiCommand::set_extension("e").unwrap(), "SET EXTENSION \"e\"\n"),
        (AgiCommand::set_priority("1").unwrap(), "SET PRIORITY \"1\"\n"),
        (AgiCommand::exec("Hangup", "21").unwrap(), "EXEC Hangup \"21\"\n"),
    ]
}

#[test]
fn commands_are_lines() {
    for (command, expected) in sounds_and_recordings().into_iter().chain(speech_and_variables()) {
        assert!(expected.starts_with(command.verb()), "{expected}");
        assert_eq!(line(command), expected);
    }
}

#[tokio::test]
async fn a_connection_is_a_stream_of_messages() {
    let (ours, mut switch) = tokio::io::duplex(64);
    let mut connection = FramedRead::new(ours, AgiCodec::after_environment());
    switch.write_all(b"200 result=0\n").await.unwrap();
    drop(switch);
    let zero = AgiMessage::Reply(reply("200 result=0"));
    assert_eq!(connection.next().await.unwrap().unwrap(), zero);
    assert!(connection.next().await.is_none());
}

#[test]
fn no_line_break_gets_into_a_command() {
    for evil in ["a\nb", "a\rb", "a\0b", "\n", "\r\n"] {
        let refused = Err(AgiCommandError::LineBreak);
        for command in [
            AgiCommand::stream_file(evil, KeySet::NONE, None),
            AgiCommand::say_alpha(evil, KeySet::NONE),
            AgiCommand::record_file(evil, KeySet::NONE, Duration::ZERO, Duration::ZERO),
            AgiCommand::speech_create(evil),
            AgiCommand::speech_load_grammar(evil, ""),
            AgiCommand::speech_load_grammar("", evil),
            AgiCommand::speech_activate_grammar(evil),
            AgiCommand::speech_recognize(evil, Duration::ZERO),
            AgiCommand::set_music(Some(evil)),
            AgiCommand::set_variable("V", evil),
            AgiCommand::get_function("DIALPLAN_EXISTS", evil),
            AgiCommand::set_context(evil),
            AgiCommand::set_extension(evil),
            AgiCommand::set_priority(evil),
            AgiCommand::exec("Hangup", evil),
        ] {
            assert_eq!(command, refused, "{evil:?}");
        }
    }
}

#[test]
fn a_function_name_is_refused_as_a_variable() {
    for name in ["SHELL(id)", "", "A B", "${X}", "A\n", "Ä", "GLOBAL(X)", "A-B"] {
        assert_eq!(
            AgiCommand::set_variable(name, "x"),
            Err(AgiCommandError::InvalidVariableName),
            "{name}"
        );
    }
}

#[test]
fn every_key_of_a_telephone_can_end_a_sound() {
    let command = AgiCommand::stream_file("f", KeySet::ALL, None).unwrap();
    assert_eq!(line(command), "STREAM FILE \"f\" \"0123456789*#ABCD\"\n");
}

#[test]
fn only_digits_can_be_spoken_as_digits() {
    for text in ["", "*12", "12a", "1 2", "-1", "٣"] {
        assert_eq!(
            AgiCommand::say_digits(text, KeySet::NONE),
            Err(AgiCommandError::NotDigits),
            "{text}"
        );
    }
}

#[test]
fn a_line_of_2047_bytes_is_sent_and_one_of_2048_is_not() {
    let around = "SET VARIABLE \"V\" \"\"\n".len();
    let longest = "x".repeat(2_047 - around);
    assert_eq!(line(AgiCommand::set_variable("V", &longest).unwrap()).len(), 2_047);
    let longer = format!("{longest}x");
    assert_eq!(AgiCommand::set_variable("V", &longer), Err(AgiCommandError::TooLong(2_048)));
    assert_eq!(&*fit_variable("V", &longer).value, longest);
    assert!(fit_variable("V", &longer).truncated && !fit_variable("V", &longest).truncated);
}

#[test]
fn a_truncated_value_ends_between_characters_and_escapes() {
    for (char, count) in [("x", 2_027), ("ü", 1_013), ("日", 675), ("😀", 506), ("\"", 1_013)] {
        let fitted = fit_variable("V", &char.repeat(3_000)).value.into_owned();
        assert_eq!(fitted, char.repeat(count));
    }
    assert_eq!(fit_variable("V", "a\r\nb\0").value, "a  b ");
    assert!(!fit_variable("V", "a\r\nb\0").truncated);
    assert!(fit_variable(&"N".repeat(3_000), "x").truncated);
}

/// `parse_args` of Asterisk, as it reads a line without its newline.
fn parse_args(line: &[u8]) -> Vec<Vec<u8>> {
    let (mut words, mut quoted, mut escaped, mut between) =
        (Vec::<Vec<u8>>::new(), false, false, true);
    for &byte in line {
        match byte {
            b'"' if !escaped => {
                quoted = !quoted;
                if quoted && between {
                    words.push(Vec::new());
                    between = false;
                }
            }
            b' ' | b'\t' if !quoted && !escaped => between = true,
            b'\\' if !escaped => escaped = true,
            _ => {
                if between {
                    words.push(Vec::new());
                    between = false;
                }
                words.last_mut().unwrap().push(byte);
                escaped = false;
            }
        }
    }
    words
}

fn text_for_a_line() -> impl Strategy<Value = String> {
    prop_oneof!["[^\r\n\0]{0,60}", r#"[\\"' \t(),${}a]{0,60}"#]
}

proptest! {
    #[test]
    fn asterisk_reads_every_argument_as_it_was_meant(a in text_for_a_line(), b in text_for_a_line()) {
        let words = |command: AgiCommand| {
            let bytes = command.as_bytes();
            prop_assert_eq!(bytes.iter().position(|&byte| byte == b'\n'), Some(bytes.len() - 1));
            Ok(parse_args(&bytes[..bytes.len() - 1]))
        };
        let meant = |words: &[&str]| words.iter().map(|w| w.as_bytes().to_vec()).collect::<Vec<_>>();
        let command = AgiCommand::set_variable("V", &a).unwrap();
        prop_assert_eq!(words(command)?, meant(&["SET", "VARIABLE", "V", &a]));
        let command = AgiCommand::stream_file(&b, keys("#"), Some(5)).unwrap();
        prop_assert_eq!(words(command)?, meant(&["STREAM", "FILE", &b, "#", "5"]));
        let command = AgiCommand::exec("Read", &a).unwrap();
        prop_assert_eq!(words(command)?, meant(&["EXEC", "Read", &a]));
    }

    #[test]
    fn a_truncated_value_is_the_longest_that_can_be_sent(
        name in "[A-Z_]{1,30}",
        value in prop::collection::vec(prop_oneof!["[^\r\n\0]{0,9}", r#"[\\"\r\n]{0,99}"#], 0..80),
    ) {
        let value = value.concat();
        let fitted = fit_variable(&name, &value);
        prop_assert!(AgiCommand::set_variable(&name, &fitted.value).is_ok());
        let plain = value.replace(['\r', '\n', '\0'], " ");
        prop_assert!(plain.starts_with(&*fitted.value));
        prop_assert_eq!(fitted.truncated, fitted.value.len() < plain.len());
        if let Some(next) = plain[fitted.value.len()..].chars().next() {
            let longer = format!("{}{next}", fitted.value);
            prop_assert!(matches!(
                AgiCommand::set_variable(&name, &longer),
                Err(AgiCommandError::TooLong(_))
            ));
        }
    }
}
