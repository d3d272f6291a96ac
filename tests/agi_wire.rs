//! The wire of AGI: what real switches said, what a hostile one could say, and what we send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "agi/transcript.rs"]
mod transcript;

use bytes::{Bytes, BytesMut};
use dialscript::agi::codec::{
    BLOCK_BYTES, BLOCK_LINES, Codec, ENVIRONMENT_BYTES, ENVIRONMENT_LINES, LINE_BYTES, Message,
};
use dialscript::agi::command::{Command, fit_variable};
use dialscript::agi::environment::Environment;
use dialscript::agi::error::{Fault, WireError};
use dialscript::agi::quote::Unsendable;
use dialscript::agi::reply::Reply;
use dialscript::agi::text;
use proptest::prelude::*;
use std::time::Duration;
use tokio_util::codec::{Decoder, Encoder};

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
struct Heard {
    messages: Vec<Message>,
    error: Option<String>,
}

fn hear(mut codec: Codec, chunks: &[&[u8]]) -> Heard {
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    let mut drain = |codec: &mut Codec, buffer: &mut BytesMut, end: bool| {
        loop {
            match if end { codec.decode_eof(buffer) } else { codec.decode(buffer) } {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return None,
                Err(error) => return Some(error.to_string()),
            }
        }
    };
    let mut feed = |chunk: &[u8], end| {
        buffer.extend_from_slice(chunk);
        drain(&mut codec, &mut buffer, end)
    };
    let error = chunks.iter().find_map(|chunk| feed(chunk, false)).or_else(|| feed(b"", true));
    Heard { messages, error }
}

/// Replies of a connection whose environment was read.
fn replies(bytes: impl AsRef<[u8]>) -> Heard {
    hear(Codec::after_environment(), &[bytes.as_ref()])
}

fn error_of(codec: Codec, bytes: &[u8]) -> WireError {
    let mut codec = codec;
    let mut buffer = BytesMut::from(bytes);
    loop {
        match codec.decode_eof(&mut buffer) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error in {}", bytes.escape_ascii()),
            Err(error) => return error,
        }
    }
}

fn reply(line: &str) -> Reply {
    let heard = replies(format!("{line}\n"));
    assert_eq!(heard.error, None, "{line}");
    match &heard.messages[..] {
        [Message::Reply(reply)] => reply.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

fn parts(line: &str) -> (String, Option<String>, Option<u64>) {
    match reply(line) {
        Reply::Success { result, note, endpos } => {
            (result.decode().into_owned(), note.map(|note| note.decode().into_owned()), endpos)
        }
        other => panic!("{line}: {other:?}"),
    }
}

fn usage(lines: &str) -> String {
    match reply(lines) {
        Reply::Usage(text) => text.decode().into_owned(),
        other => panic!("{lines}: {other:?}"),
    }
}

fn environment(lines: impl AsRef<[u8]>) -> Environment {
    Environment::from_frame(&Bytes::copy_from_slice(lines.as_ref()))
}

// ---- what real switches said

/// Conversations whose replies are not one for each whole command: commands, replies, error.
const IRREGULAR: [(&str, usize, usize, Option<&str>); 9] = [
    ("failure", 1, 0, None),                       // `failure` has no reply
    ("getdata", 18, 17, None), // a command interrupted another, which then has no reply
    ("hup-exit", 1, 0, None),  // the command came after the end
    ("long", 57, 0, None),     // lines too long for one: differs by version, see below
    ("noserverline", 0, 1, None), // a line without its newline ran at the end
    ("sip-moh", 6, 5, None),   // interrupted
    ("sip-say", 14, 13, None), // interrupted
    ("stream", 13, 12, None),  // interrupted
    ("vars", 77, 73, Some("no AGI reply: \")\"")), // values with newlines
];

#[test]
fn every_conversation_is_an_environment_and_then_a_reply_for_each_command() {
    for transcript in transcript::all() {
        let heard = hear(Codec::default(), &[&transcript.asterisk]);
        let counted = (transcript.commands, count_replies(&heard), heard.error.is_some());
        let file = transcript.name.split('/').next_back().unwrap();
        let expected = match (IRREGULAR.iter().find(|odd| odd.0 == file), &transcript.name[..]) {
            (_, "16/long") => (57, 85, false),
            (_, "22/long") => (57, 61, false),
            (Some(odd), _) => (odd.1, odd.2, odd.3.is_some()),
            (None, _) => (transcript.commands, transcript.commands, false),
        };
        assert_eq!(counted, expected, "{}: {:?}", transcript.name, heard.error);
        assert!(matches!(heard.messages[0], Message::Environment(_)), "{}", transcript.name);
    }
}

#[test]
fn the_rest_of_a_value_with_newlines_is_no_reply() {
    let heard = hear(Codec::default(), &[&transcript::named("22/vars").asterisk]);
    assert!(heard.error.unwrap().contains("no AGI reply: \")\""));
}

#[test]
fn every_conversation_has_a_caller_and_a_place() {
    for transcript in transcript::all() {
        let heard = hear(Codec::default(), &[&transcript.asterisk]);
        let Message::Environment(environment) = &heard.messages[0] else { panic!() };
        let caller = environment.caller();
        assert!(!environment.is_withheld(), "{}", transcript.name);
        assert!(!environment.script().name.is_empty(), "{}", transcript.name);
        assert_eq!((&caller.language[..], caller.context.is_empty()), ("en", false));
        assert!(caller.channel.contains('/') && caller.call_id.contains('.'));
        assert!(caller.name != "unknown" && caller.number != "unknown");
        assert!(caller.called != "h" && caller.called != "unknown");
        assert!(!caller.called.is_empty(), "{}", transcript.name);
    }
}

fn count_replies(heard: &Heard) -> usize {
    heard.messages.iter().filter(|message| matches!(message, Message::Reply(_))).count()
}

// ---- any split, same messages

/// The ends of the messages in a stream.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut codec = Codec::default();
    let mut buffer = BytesMut::from(bytes);
    let mut ends = Vec::new();
    while let Ok(Some(_)) = codec.decode(&mut buffer) {
        ends.push(bytes.len() - buffer.len());
    }
    ends
}

/// Where to split a message of that length: everywhere, but a value of kilobytes of one letter at every 61st byte.
fn splits(length: usize) -> impl Iterator<Item = usize> {
    let near_an_end = move |at: usize| at < 700 || length - at < 64;
    (1..length).filter(move |&at| near_an_end(at) || at % 61 == 0)
}

#[test]
fn every_message_of_every_conversation_is_the_same_however_it_is_split_in_two() {
    let mut tried = 0;
    for transcript in transcript::all() {
        let bytes = &transcript.asterisk;
        let ends = ends(bytes);
        for (index, &end) in ends.iter().enumerate() {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            let after = ends.get(index + 1).copied().unwrap_or(bytes.len());
            let codec = || if index == 0 { Codec::default() } else { Codec::after_environment() };
            let whole = hear(codec(), &[&bytes[start..after]]);
            for at in splits(end - start).map(|at| start + at) {
                let split = hear(codec(), &[&bytes[start..at], &bytes[at..after]]);
                assert_eq!(split, whole, "{} at {at}", transcript.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 80_000, "only {tried} splits");
}

#[test]
fn a_conversation_that_comes_byte_by_byte_is_the_same() {
    for transcript in transcript::all() {
        let bytes: Vec<&[u8]> = transcript.asterisk.chunks(1).collect();
        let whole = hear(Codec::default(), &[&transcript.asterisk]);
        assert_eq!(hear(Codec::default(), &bytes), whole, "{}", transcript.name);
    }
}

proptest! {
    #[test]
    fn every_conversation_is_the_same_however_it_is_split_in_three(
        which in any::<prop::sample::Index>(),
        cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        let all = transcript::all();
        let bytes = &which.get(&all).asterisk;
        prop_assert_eq!(
            hear(Codec::default(), &in_three(bytes, cuts)),
            hear(Codec::default(), &[bytes])
        );
    }

    #[test]
    fn anything_is_the_same_however_it_is_split_in_three(
        bytes in looking_like_agi(),
        cuts in any::<[prop::sample::Index; 2]>(),
        fresh in any::<bool>(),
    ) {
        let codec = || if fresh { Codec::default() } else { Codec::after_environment() };
        prop_assert_eq!(hear(codec(), &in_three(&bytes, cuts)), hear(codec(), &[&bytes]));
    }

    #[test]
    fn no_bytes_make_a_panic_or_more_than_the_caps(bytes in looking_like_agi()) {
        for codec in [Codec::default(), Codec::after_environment()] {
            for message in hear(codec, &[&bytes]).messages {
                prop_assert!(size(&message) <= BLOCK_BYTES);
            }
        }
    }
}

fn in_three(bytes: &[u8], cuts: [prop::sample::Index; 2]) -> [&[u8]; 3] {
    let mut at = cuts.map(|cut| cut.index(bytes.len() + 1));
    at.sort_unstable();
    [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..]]
}

/// Pieces of AGI and of anything, in any order.
fn looking_like_agi() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "200 result=",
        "1",
        "-1",
        " (",
        ")",
        " endpos=",
        "18446744073709551616",
        "\n",
        "\n\n",
        "520-",
        "520 ",
        "520 End of proper usage.",
        "510",
        "511 ",
        "HANGUP",
        "agi_",
        "agi_callerid: ",
        ": ",
    ]);
    let piece = prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..40_000usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn size(message: &Message) -> usize {
    match message {
        Message::Environment(_)
        | Message::Hangup
        | Message::Reply(Reply::Dead | Reply::Unknown) => 0,
        Message::Reply(Reply::Usage(text)) => text.as_bytes().len(),
        Message::Reply(Reply::Success { result, note, .. }) => {
            result.as_bytes().len() + note.as_ref().map_or(0, |note| note.as_bytes().len())
        }
    }
}

// ---- replies

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
fn what_is_no_reply_is_the_switchs_fault_and_is_shown() {
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
        let error = error_of(Codec::after_environment(), format!("{line}\n").as_bytes());
        assert_eq!(error.fault(), Fault::Switch, "{line}");
        assert!(matches!(error, WireError::NotUnderstood(_)), "{line}");
        assert!(error.to_string().ends_with(&format!("\"{line}\"")), "{line}: {error}");
    }
}

#[test]
fn refusals_are_known_with_and_without_a_result() {
    for line in ["510 Invalid or unknown command", "510", "510 result=-1"] {
        assert_eq!(reply(line), Reply::Unknown, "{line}");
    }
    for line in [
        "511 Command Not Permitted on a dead channel or intercept routine",
        "511 result=-1 Command Not Permitted on a dead channel",
    ] {
        assert_eq!(reply(line), Reply::Dead, "{line}");
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
fn a_hang_up_is_heard_before_a_reply_and_after_it_and_alone() {
    let zero = reply("200 result=0");
    let (hangup, zero) = (Message::Hangup, Message::Reply(zero));
    for (bytes, messages) in [
        ("HANGUP\n200 result=0\n", vec![hangup.clone(), zero.clone()]),
        ("200 result=0\nHANGUP\n", vec![zero.clone(), hangup.clone()]),
        ("HANGUP\nHANGUP\n", vec![hangup.clone(), hangup]),
    ] {
        assert_eq!(replies(bytes), Heard { messages, error: None }, "{bytes}");
    }
}

#[test]
fn a_result_means_a_number_a_key_or_a_failure() {
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
    let command = Command::set_variable("PIN", "4711").unwrap();
    assert_eq!(format!("{command:?}"), "Command(SET VARIABLE)");
    let environment = environment("agi_callerid: 100\nagi_arg_1: 4711");
    assert_eq!(format!("{environment:?}"), "Environment(2 lines)");
}

// ---- caps, and connections that end early

#[test]
fn a_line_is_as_long_as_its_cap_and_no_longer() {
    let line = |length: usize| format!("200 result={}\n", "1".repeat(length - 12));
    assert_eq!(replies(line(LINE_BYTES)).messages.len(), 1);
    let error = error_of(Codec::after_environment(), line(LINE_BYTES + 1).as_bytes());
    assert!(matches!(error, WireError::TooLong { limit: LINE_BYTES, .. }), "{error}");
    let endless = vec![b'x'; LINE_BYTES];
    let mut codec = Codec::after_environment();
    codec.decode(&mut BytesMut::from(&endless[..])).unwrap_err();
}

#[test]
fn a_block_is_as_long_as_its_caps_and_no_longer() {
    for (first, last) in [("520-\n", "520 End of proper usage.\n"), ("200 result=1 (\n", ")\n")] {
        let padding = BLOCK_BYTES - first.len() - last.len();
        let long = |extra| format!("{first}{}\n{last}", "x".repeat(padding - 1 + extra));
        assert_eq!(replies(long(0)).messages.len(), 1);
        let error = error_of(Codec::after_environment(), long(1).as_bytes());
        assert!(matches!(error, WireError::TooLong { limit: BLOCK_BYTES, .. }), "{error}");
        let tall = |lines| format!("{first}{}{last}", "\n".repeat(lines - 2));
        assert_eq!(replies(tall(BLOCK_LINES)).messages.len(), 1);
        let error = error_of(Codec::after_environment(), tall(BLOCK_LINES + 1).as_bytes());
        assert!(matches!(error, WireError::TooManyLines { limit: BLOCK_LINES, .. }), "{error}");
    }
}

#[test]
fn an_environment_is_as_long_as_its_caps_and_no_longer() {
    let long = |length: usize| format!("{}\n\n", "x".repeat(length - 2));
    assert_eq!(hear(Codec::default(), &[long(ENVIRONMENT_BYTES).as_bytes()]).messages.len(), 1);
    let error = error_of(Codec::default(), long(ENVIRONMENT_BYTES + 1).as_bytes());
    assert!(matches!(error, WireError::TooLong { limit: ENVIRONMENT_BYTES, .. }), "{error}");
    let tall = |lines: usize| format!("{}\n", "a: b\n".repeat(lines - 1));
    assert_eq!(hear(Codec::default(), &[tall(ENVIRONMENT_LINES).as_bytes()]).messages.len(), 1);
    let error = error_of(Codec::default(), tall(ENVIRONMENT_LINES + 1).as_bytes());
    assert!(matches!(error, WireError::TooManyLines { limit: ENVIRONMENT_LINES, .. }), "{error}");
}

#[test]
fn a_connection_that_ends_inside_a_message_is_an_error_of_the_line() {
    for (codec, bytes, part) in [
        (Codec::default(), "agi_network: yes\n", "an environment"),
        (Codec::after_environment(), "200 result=1", "a line"),
        (Codec::after_environment(), "HANGUP", "a line"),
        (Codec::after_environment(), "200 result=1 (a\n", "a value"),
        (Codec::after_environment(), "520-x\ny\n", "a usage text"),
    ] {
        let error = error_of(codec, bytes.as_bytes());
        assert_eq!(error.fault(), Fault::Line);
        assert!(error.to_string().contains(&format!("in the middle of {part}")), "{error}");
    }
}

#[test]
fn a_connection_that_ends_between_messages_just_ends() {
    for codec in [Codec::default(), Codec::after_environment()] {
        assert_eq!(hear(codec, &[]), Heard { messages: vec![], error: None });
    }
    assert_eq!(replies("200 result=1\n").error, None);
}

#[test]
fn evidence_is_escaped_and_cut() {
    let error = error_of(
        Codec::after_environment(),
        &[b"\x1b[31m\xff".repeat(99), b"\n".to_vec()].concat(),
    );
    let text = error.to_string();
    assert!(text.contains(r"\x1b[31m\xff") && text.ends_with("…\""), "{text}");
    assert!(text.is_ascii() || text.chars().all(|char| char == '…' || char.is_ascii()), "{text}");
    assert!(text.len() < 200 * 4 + 100, "{}", text.len());
}

// ---- the environment

#[test]
fn the_first_words_of_a_real_call_are_understood() {
    let heard = hear(Codec::default(), &[&transcript::named("22/sip-names").asterisk]);
    let Message::Environment(environment) = &heard.messages[0] else { panic!() };
    let caller = environment.caller();
    assert_eq!(caller.number, "+49301234567");
    assert_eq!(caller.name, r#"Jürgen "X" O\B 日本"#);
    assert_eq!((&caller.called[..], &caller.context[..]), ("s-names", "test"));
    assert_eq!((&caller.channel[..], &caller.language[..]), ("PJSIP/local-00000000", "en"));
    assert_eq!(caller.call_id, "1795355039.4");
}

#[test]
fn a_forged_line_changes_nothing_that_asterisk_said() {
    let heard = hear(Codec::default(), &[&transcript::named("22/env").asterisk]);
    let Message::Environment(environment) = &heard.messages[0] else { panic!() };
    assert_eq!(environment.argument(7).as_deref(), Some("l1"));
    let forged = "agi_callerid: 1\nagi_dnid: 2\nagi_arg_1: x\nagi_callerid: 666\nagi_dnid: 666\nagi_arg_1: y";
    let caller = self::environment(forged).caller();
    assert_eq!((&caller.number[..], &caller.called[..]), ("1", "2"));
    assert_eq!(self::environment(forged).argument(1).as_deref(), Some("x"));
}

#[test]
fn a_forged_script_does_not_count_where_the_dialplan_named_none() {
    let forged = "agi_network: yes\nagi_request: agi://h\nagi_arg_1: x\nagi_network_script: evil";
    assert_eq!(environment(forged).network_script(), None);
    assert_eq!(environment(forged).script().name, "");
    let meant = "agi_network: yes\nagi_network_script: good\nagi_request: agi://h/good";
    assert_eq!(environment(meant).script().name, "good");
}

#[test]
fn lines_that_are_no_values_are_left_out() {
    let environment =
        environment("agi_channel\nchannel: x\nagi_channel:y\nagi_context: a: b\nagi_language: ");
    assert_eq!(environment.channel(), None);
    assert_eq!(environment.context().as_deref(), Some("a: b"));
    assert_eq!(environment.language().as_deref(), Some(""));
}

#[test]
fn a_caller_who_is_withheld_or_unknown_has_no_number() {
    for (pres, number, name, expected) in [
        ("0", "100", "Ann", ("100", "Ann")),
        ("3", "100", "unknown", ("100", "")),
        ("67", "unknown", "unknown", ("", "")),
        ("67", "100", "Ann", ("100", "Ann")),
        ("32", "100", "Ann", ("", "")),
        ("35", "100", "Ann", ("", "")),
        ("x", "100", "Ann", ("100", "Ann")),
    ] {
        let lines =
            format!("agi_callerid: {number}\nagi_calleridname: {name}\nagi_callingpres: {pres}");
        let caller = environment(lines).caller();
        assert_eq!((&caller.number[..], &caller.name[..]), expected, "{pres}");
    }
}

#[test]
fn the_escapes_of_a_display_name_are_undone_once() {
    for (sent, name) in [
        (r#"J \"X\""#, r#"J "X""#),
        (r"a\\b", r"a\b"),
        (r#"\\\""#, r#"\""#),
        (r"C:\dir\", r"C:\dir\"),
    ] {
        let environment = environment(format!("agi_calleridname: {sent}"));
        assert_eq!(environment.calleridname().as_deref(), Some(name), "{sent}");
    }
}

#[test]
fn the_called_number_is_the_dialled_one_else_the_extension_but_never_h() {
    for (dnid, extension, called) in [
        ("200", "s", "200"),
        ("unknown", "300", "300"),
        ("", "300", "300"),
        ("unknown", "h", ""),
        ("200", "h", "200"),
        ("h", "300", "300"),
    ] {
        let caller = environment(format!("agi_dnid: {dnid}\nagi_extension: {extension}")).caller();
        assert_eq!(caller.called, called, "{dnid} {extension}");
    }
}

#[test]
fn a_script_is_a_path_and_its_arguments() {
    for (sent, name, arguments) in [
        ("order", "order", &[][..]),
        ("/order-status/?x=1&y=a%20b", "order-status", &[("x", "1"), ("y", "a b")]),
        ("a%2Fb%2541", "a/b%41", &[]),
        ("x?a=1&a=2&b=c+d&e", "x", &[("a", "1"), ("b", "c d"), ("e", "")]),
        ("x?u=J\u{fc}rgen&q=a?b", "x", &[("u", "J\u{fc}rgen"), ("q", "a?b")]),
        ("sub dir/x", "sub dir/x", &[]),
        ("?a=1", "", &[("a", "1")]),
    ] {
        let script = environment(format!("agi_network_script: {sent}")).script();
        let pairs: Vec<_> =
            script.arguments.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!((&script.name[..], &pairs[..]), (name, arguments), "{sent}");
        assert_eq!(
            script.argument("a"),
            arguments.iter().find(|(key, _)| *key == "a").map(|a| a.1)
        );
    }
}

#[test]
fn arguments_are_counted_from_one_and_may_have_gaps() {
    let environment =
        environment("agi_arg_0: no\nagi_arg_2: b\nagi_arg_1: a\nagi_arg_127: z\nagi_arg_128: no");
    let arguments: Vec<_> =
        environment.arguments().map(|(n, value)| (n, value.into_owned())).collect();
    assert_eq!(arguments, [(1, "a".into()), (2, "b".into()), (127, "z".into())]);
    assert_eq!((environment.argument(0), environment.argument(128)), (None, None));
}

#[test]
fn text_is_utf_8_where_it_can_be_and_else_windows_1252() {
    for (bytes, expected) in [
        (&b"Ann"[..], "Ann"),
        ("Jürgen 日本 €".as_bytes(), "Jürgen 日本 €"),
        (b"J\xfcrgen", "Jürgen"),
        (b"\x80 \x93x\x94", "€ “x”"),
        (b"\xc3\xbc \xfc", "Ã¼ ü"),
        (b"\xed\xa0\x80", "í\u{a0}€"),
        (b"\xc0\xaf", "À¯"),
        (b"\xf0\x9f\x98", "ðŸ˜"),
        (b"\x81", "\u{81}"),
        (b"\xef\xbb\xbfx", "\u{feff}x"),
        (b"\xff\xfex", "ÿþx"),
        (b"", ""),
    ] {
        assert_eq!(text::decode(bytes), expected, "{}", bytes.escape_ascii());
    }
    let name = environment(b"agi_calleridname: J\xfcrgen");
    assert_eq!(name.calleridname().as_deref(), Some("Jürgen"));
}

// ---- commands

fn line(command: Command) -> String {
    String::from_utf8(command.as_bytes().to_vec()).unwrap()
}

#[test]
fn commands_are_lines() {
    let ms = Duration::from_millis;
    for (command, expected) in [
        (Command::answer(), "ANSWER\n"),
        (Command::hangup(), "HANGUP\n"),
        (Command::channel_status(), "CHANNEL STATUS\n"),
        (Command::noop(), "NOOP\n"),
        (Command::failure(), "failure\n"),
        (Command::wait_for_digit(ms(2_000)), "WAIT FOR DIGIT 2000\n"),
        (Command::wait_for_digit(Duration::ZERO), "WAIT FOR DIGIT 1\n"),
        (Command::wait_for_digit(Duration::from_micros(1_001)), "WAIT FOR DIGIT 2\n"),
        (Command::wait_for_digit(Duration::MAX), "WAIT FOR DIGIT 2147483647\n"),
        (Command::stream_file("/a b", "", None).unwrap(), "STREAM FILE \"/a b\" \"\"\n"),
        (
            Command::stream_file("f", "19*#AD", Some(80)).unwrap(),
            "STREAM FILE \"f\" \"19*#AD\" 80\n",
        ),
        (Command::set_music(Some("jazz")).unwrap(), "SET MUSIC ON \"jazz\"\n"),
        (Command::set_music(None).unwrap(), "SET MUSIC OFF\n"),
        (
            Command::set_variable("_V1", r#"a "b" \"#).unwrap(),
            "SET VARIABLE \"_V1\" \"a \\\"b\\\" \\\\\"\n",
        ),
        (
            Command::set_function("TIMEOUT(absolute)", "5").unwrap(),
            "SET VARIABLE \"TIMEOUT(absolute)\" \"5\"\n",
        ),
        (Command::get_variable("V").unwrap(), "GET VARIABLE \"V\"\n"),
        (
            Command::get_function("DIALPLAN_EXISTS", "c,e,1").unwrap(),
            "GET VARIABLE \"DIALPLAN_EXISTS(c,e,1)\"\n",
        ),
        (Command::set_context("c").unwrap(), "SET CONTEXT \"c\"\n"),
        (Command::set_extension("e").unwrap(), "SET EXTENSION \"e\"\n"),
        (Command::set_priority("1").unwrap(), "SET PRIORITY \"1\"\n"),
        (Command::exec("Hangup", "21").unwrap(), "EXEC Hangup \"21\"\n"),
    ] {
        assert!(expected.starts_with(command.verb()), "{expected}");
        assert_eq!(line(command), expected);
    }
}

#[test]
fn a_command_is_encoded_as_it_is() {
    let mut buffer = BytesMut::from(&b"before"[..]);
    Codec::default().encode(&Command::noop(), &mut buffer).unwrap();
    assert_eq!(&buffer[..], b"beforeNOOP\n");
}

#[test]
fn no_line_break_gets_into_a_command() {
    for evil in ["a\nb", "a\rb", "a\0b", "\n", "\r\n"] {
        let refused = Err(Unsendable::LineBreak);
        for command in [
            Command::stream_file(evil, "", None),
            Command::set_music(Some(evil)),
            Command::set_variable("V", evil),
            Command::set_function("CALLERID(name)", evil),
            Command::get_function("DIALPLAN_EXISTS", evil),
            Command::set_context(evil),
            Command::set_extension(evil),
            Command::set_priority(evil),
            Command::exec("Hangup", evil),
        ] {
            assert_eq!(command, refused, "{evil:?}");
        }
    }
}

#[test]
fn a_name_that_is_a_function_is_no_variable() {
    for name in ["SHELL(id)", "", "A B", "${X}", "A\n", "Ä", "GLOBAL(X)", "A-B"] {
        assert_eq!(Command::set_variable(name, "x"), Err(Unsendable::NotAVariable), "{name}");
        assert_eq!(Command::get_variable(name), Err(Unsendable::NotAVariable), "{name}");
    }
}

#[test]
fn only_keys_of_a_telephone_end_a_sound() {
    assert!(Command::stream_file("f", "0123456789*#ABCD", None).is_ok());
    for key in ['a', 'E', ' ', '"', '\n', '٣'] {
        let digits = format!("1{key}");
        assert_eq!(Command::stream_file("f", &digits, None), Err(Unsendable::NoKey(key)));
    }
}

#[test]
fn a_line_of_2047_bytes_is_sent_and_one_of_2048_is_not() {
    let around = "SET VARIABLE \"V\" \"\"\n".len();
    let longest = "x".repeat(2_047 - around);
    assert_eq!(line(Command::set_variable("V", &longest).unwrap()).len(), 2_047);
    let longer = format!("{longest}x");
    assert_eq!(Command::set_variable("V", &longer), Err(Unsendable::TooLong(2_048)));
    assert_eq!(&*fit_variable("V", &longer).value, longest);
    assert!(fit_variable("V", &longer).cut && !fit_variable("V", &longest).cut);
}

#[test]
fn a_fitted_value_is_cut_between_characters_and_between_escapes() {
    for (char, kept) in [("x", 2_027), ("ü", 1_013), ("日", 675), ("😀", 506), ("\"", 1_013)] {
        let fitted = fit_variable("V", &char.repeat(3_000)).value.into_owned();
        assert_eq!(fitted, char.repeat(kept));
    }
    assert_eq!(fit_variable("V", "a\r\nb\0").value, "a  b ");
    assert!(!fit_variable("V", "a\r\nb\0").cut);
    assert!(fit_variable(&"N".repeat(3_000), "x").cut);
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
        let words = |command: Command| {
            let bytes = command.as_bytes();
            prop_assert_eq!(bytes.iter().position(|&byte| byte == b'\n'), Some(bytes.len() - 1));
            Ok(parse_args(&bytes[..bytes.len() - 1]))
        };
        let meant = |words: &[&str]| words.iter().map(|w| w.as_bytes().to_vec()).collect::<Vec<_>>();
        let command = Command::set_variable("V", &a).unwrap();
        prop_assert_eq!(words(command)?, meant(&["SET", "VARIABLE", "V", &a]));
        let command = Command::stream_file(&b, "#", Some(5)).unwrap();
        prop_assert_eq!(words(command)?, meant(&["STREAM", "FILE", &b, "#", "5"]));
        let command = Command::exec("Read", &a).unwrap();
        prop_assert_eq!(words(command)?, meant(&["EXEC", "Read", &a]));
    }

    #[test]
    fn a_fitted_value_can_be_sent_and_is_the_longest_that_can(
        name in "[A-Z_]{1,30}",
        value in prop::collection::vec(prop_oneof!["[^\r\n\0]{0,9}", r#"[\\"\r\n]{0,99}"#], 0..80),
    ) {
        let value = value.concat();
        let fitted = fit_variable(&name, &value);
        prop_assert!(Command::set_variable(&name, &fitted.value).is_ok());
        let plain = value.replace(['\r', '\n', '\0'], " ");
        prop_assert!(plain.starts_with(&*fitted.value));
        prop_assert_eq!(fitted.cut, fitted.value.len() < plain.len());
        if let Some(next) = plain[fitted.value.len()..].chars().next() {
            let longer = format!("{}{next}", fitted.value);
            prop_assert!(matches!(
                Command::set_variable(&name, &longer),
                Err(Unsendable::TooLong(_))
            ));
        }
    }
}
