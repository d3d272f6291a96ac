//! What we send.

use std::time::Duration;

use dialscript::esl::command::{EslCommand, EventLock, EventUuidGenerator};
use dialscript::esl::quote::EslCommandError;
use proptest::prelude::*;

use super::switch;

fn text(command: &EslCommand) -> &str {
    std::str::from_utf8(command.as_bytes()).unwrap()
}

fn execute(application: &'static str, argument: &str) -> Result<EslCommand, EslCommandError> {
    EslCommand::execute(
        application,
        argument,
        EventUuidGenerator::default().generate(),
        EventLock::Nested,
    )
}

#[test]
fn commands_are_lines() {
    let seconds = Duration::from_secs;
    let job = EventUuidGenerator::default().generate();
    for (command, verb, expected) in [
        (EslCommand::connect(), "connect", "connect\n\n"),
        (EslCommand::my_events(), "myevents", "myevents\n\n"),
        (EslCommand::filter_unique_id("a-1").unwrap(), "filter", "filter Unique-ID a-1\n\n"),
        (
            EslCommand::event_plain(&["PLAYBACK_STOP", "BACKGROUND_JOB"]),
            "event",
            "event plain PLAYBACK_STOP BACKGROUND_JOB\n\n",
        ),
        (EslCommand::linger(seconds(5)), "linger", "linger 5\n\n"),
        (EslCommand::linger(Duration::ZERO), "linger", "linger 1\n\n"),
        (EslCommand::linger(Duration::from_millis(1_001)), "linger", "linger 2\n\n"),
        (EslCommand::linger(Duration::MAX), "linger", "linger 86400\n\n"),
        (EslCommand::exit(), "exit", "exit\n\n"),
        (EslCommand::resume(), "resume", "resume\n\n"),
        (
            EslCommand::hangup("USER_BUSY").unwrap(),
            "hangup",
            "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n",
        ),
        (EslCommand::api("uuid_break", "a-1").unwrap(), "api uuid_break", "api uuid_break a-1\n\n"),
        (EslCommand::api("status", "").unwrap(), "api status", "api status\n\n"),
        (
            EslCommand::bgapi("uuid_exists", "a", job).unwrap(),
            "bgapi uuid_exists",
            "bgapi uuid_exists a\nJob-UUID: dialscript-1\n\n",
        ),
    ] {
        assert_eq!(text(&command), expected);
        assert_eq!((command.verb().as_str(), command.event_uuid()), (verb, None));
    }
}

#[test]
fn an_execute_carries_its_own_event_uuid() {
    let mut uuids = EventUuidGenerator::default();
    let (first, second) = (uuids.generate(), uuids.generate());
    assert!(
        first.matches("dialscript-1")
            && second.matches("dialscript-2")
            && !first.matches("dialscript-01")
    );
    let command = EslCommand::execute("playback", "a b", second, EventLock::Queued).unwrap();
    let expected = "sendmsg\ncall-command: execute\nexecute-app-name: playback\n\
        Event-UUID: dialscript-2\nevent-lock: true\nexecute-app-arg: a b\n\n";
    assert_eq!(text(&command), expected);
    assert_eq!(command.event_uuid(), Some(second));
    assert_eq!(format!("{command:?}"), "EslCommand(execute playback)");
    let command = execute("answer", "").unwrap();
    let expected = "sendmsg\ncall-command: execute\nexecute-app-name: answer\n\
        Event-UUID: dialscript-1\n\n";
    assert_eq!(text(&command), expected);
}

#[test]
fn an_argument_that_a_header_would_change_is_sent_as_a_body() {
    for argument in ["a=b\nc", "a\rb", " a", "ARRAY::a|:b", "x=Mod_Event_Socket", "\n\n", "a=ü\n"]
    {
        let command = execute("set", argument).unwrap();
        let head = "sendmsg\ncall-command: execute\nexecute-app-name: set\n\
            Event-UUID: dialscript-1\ncontent-type: text/plain\ncontent-length: ";
        assert_eq!(text(&command), format!("{head}{}\n\n{argument}", argument.len()));
    }
    for argument in ["a: b", "a ", "%[", "content-length: 5", "unload", "ü"] {
        let command = execute("set", argument).unwrap();
        assert!(text(&command).ends_with(&format!("execute-app-arg: {argument}\n\n")));
    }
}

#[test]
fn no_text_injects_another_command() {
    for evil in ["a\nb", "a\rb", "a\0b", "\n\nexit\n\n"] {
        assert_eq!(
            EslCommand::api("uuid_break", evil),
            Err(EslCommandError::LineBreak),
            "{evil:?}"
        );
    }
    assert_eq!(execute("set", "a=\0"), Err(EslCommandError::LineBreak));
    for evil in ["", "A B", "A\nB", "A:B", "Ä", "${x}"] {
        assert_eq!(EslCommand::hangup(evil), Err(EslCommandError::InvalidWord), "{evil:?}");
        assert_eq!(
            EslCommand::filter_unique_id(evil),
            Err(EslCommandError::InvalidWord),
            "{evil:?}"
        );
    }
    for evil in
        ["u v unload mod_event_socket", "u v MOD_EVENT_SOCKET ReLoad", "mod_event_socketunload"]
    {
        assert_eq!(
            EslCommand::api("uuid_setvar", evil),
            Err(EslCommandError::UnloadsModule),
            "{evil:?}"
        );
    }
    assert!(EslCommand::api("uuid_setvar", "u v mod_event_socket").is_ok());
    assert!(EslCommand::api("uuid_setvar", "u v unload").is_ok());
}

#[test]
fn a_command_of_64_kilobytes_is_sent_and_a_longer_one_is_not() {
    let around = execute("set", "x").unwrap().as_bytes().len() - 1;
    let longest = "x".repeat(64 * 1024 - around);
    assert_eq!(execute("set", &longest).unwrap().as_bytes().len(), 64 * 1024);
    let refused = execute("set", &format!("{longest}x"));
    assert_eq!(refused, Err(EslCommandError::TooLong(64 * 1024 + 1)));
}

proptest! {
    #[test]
    fn freeswitch_reads_every_argument_as_it_was_meant(
        argument in prop_oneof!["[^\0]{0,60}", r#"[ :\r\nA${}'\\a-]{0,40}"#, "(unload|mod_event_socket| ){0,9}"],
    ) {
        let command = execute("set", &argument).unwrap();
        let read = switch::read_packet(command.as_bytes());
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(read[0].get("execute-app-name"), Some("set"));
        prop_assert_eq!(read[0].application_argument(), argument);
        prop_assert!(!read[0].unloads());
    }
}
