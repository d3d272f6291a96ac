//! The first words of a call.

use dialscript::channel::Caller;
use dialscript::esl::channel_data::{ChannelData, SocketControl, SocketMode};
use dialscript::esl::codec::EslMessage;

use super::{channel_data, messages, transcript};

fn of(name: &str) -> ChannelData {
    match messages(transcript::named(name).switch()).swap_remove(0) {
        EslMessage::ChannelData(data) => data,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_sip_call_has_the_caller_and_the_called_number() {
    let data = of("b_hangup_linger5_sip");
    let caller = Caller {
        number: "1000".into(),
        name: "SIP Caller".into(),
        called: "9000".into(),
        call_id: data.unique_id().unwrap().into_owned(),
        channel: "sofia/test/1000@127.0.0.1".into(),
        language: "en".into(),
        context: "public".into(),
    };
    assert_eq!(data.caller(), caller);
    assert_eq!(caller.call_id.len(), 36);
    assert_eq!((data.answer_state().unwrap().as_ref(), data.is_answered()), ("ringing", false));
    assert_eq!(data.variable("test_var_b").unwrap(), r#"50% off; a=b & "q""#);
    assert_eq!(data.variable("TEST_VAR_A").unwrap(), "hello world");
}

#[test]
fn the_socket_application_arguments_decide_the_mode() {
    for (name, mode, control) in [
        ("a_async_full", SocketMode::Async, SocketControl::Full),
        ("d_sync", SocketMode::Static, SocketControl::Full),
        ("n_async_not_full", SocketMode::Async, SocketControl::SingleChannel),
    ] {
        let data = of(name);
        assert_eq!((data.socket_mode(), data.control()), (mode, control), "{name}");
    }
    let silent = channel_data("Event-Name: CHANNEL_DATA\n\n");
    assert_eq!(
        (silent.socket_mode(), silent.control()),
        (SocketMode::Static, SocketControl::SingleChannel)
    );
}

#[test]
fn a_withheld_or_unknown_caller_has_an_empty_number() {
    let hidden = |which: &str| format!("Caller-Privacy-Hide-{which}: true\n");
    let known = "Caller-Caller-ID-Number: 100\nCaller-Caller-ID-Name: A%20B\n";
    for (lines, number, name) in [
        (known.to_owned(), "100", "A B"),
        (format!("{known}Caller-Privacy-Hide-Number: false\n"), "100", "A B"),
        (format!("{known}{}", hidden("Number")), "", "A B"),
        (format!("{known}{}", hidden("Name")), "100", ""),
        (format!("{known}{}{}", hidden("Name"), hidden("Number")), "", ""),
        ("Caller-Caller-ID-Number: anonymous\nCaller-Caller-ID-Name: Anonymous\n".into(), "", ""),
        ("Caller-Caller-ID-Number: 0000000000\nCaller-Caller-ID-Name: _undef_\n".into(), "", ""),
        ("Caller-Caller-ID-Number: _undef_\nCaller-Caller-ID-Name: unknown\n".into(), "", ""),
        // Without a display name FreeSWITCH takes the number for one.
        ("Caller-Caller-ID-Number: 100\nCaller-Caller-ID-Name: 100\n".into(), "100", ""),
        ("Caller-Caller-ID-Number: %2B4930100\n".into(), "+4930100", ""),
        ("".into(), "", ""),
    ] {
        let caller = channel_data(&lines).caller();
        assert_eq!((caller.number.as_str(), caller.name.as_str()), (number, name), "{lines}");
    }
}

#[test]
fn the_dialled_number_stays_when_the_call_is_transferred() {
    for (lines, called) in [
        ("Caller-Destination-Number: 9000\n", "9000"),
        ("Caller-Destination-Number: 9000\nvariable_sip_req_user: 5551000\n", "5551000"),
        (
            "Caller-Destination-Number: 9000\nvariable_sip_req_user: gw%2Btrunk\nvariable_sip_to_user: 5551000\n",
            "5551000",
        ),
        ("Caller-Destination-Number: 9000\nvariable_sip_req_user: gw%2Btrunk\n", "9000"),
        ("", ""),
    ] {
        assert_eq!(channel_data(lines).caller().called, called, "{lines}");
    }
}

#[test]
fn the_language_is_the_channels_or_english() {
    assert_eq!(channel_data("variable_default_language: de\n").language(), "de");
    assert_eq!(channel_data("variable_default_language: _undef_\n").language(), "en");
}

#[test]
fn the_script_is_named_by_the_socket_arguments_or_by_a_variable() {
    assert_eq!(of("m2_failover_path").script_name().unwrap(), "my/path");
    assert_eq!(of("a_async_full").script_name(), None);
    let line = |line: &str| {
        format!("variable_current_application: socket\nvariable_current_application_data: {line}\n")
    };
    let (path, variable) = ("variable_socket_path: a\n", "variable_dialscript: b\n");
    for (lines, script) in [
        (variable.to_owned(), Some("b")),
        (path.to_owned(), Some("a")),
        (format!("{path}{variable}"), Some("a")),
        (format!("{path}{variable}{}", line("h%3A1/a%20async%20full")), Some("a")),
        // The path is an earlier line's.
        (format!("{path}{variable}{}", line("h%3A1%20async%20full")), Some("b")),
        (format!("{path}{}", line("h%3A1%20async%20full")), None),
        ("variable_socket_path: /a/b/\n".to_owned(), Some("a/b")),
        ("variable_dialscript: _undef_\n".to_owned(), None),
    ] {
        assert_eq!(channel_data(&lines).script_name().as_deref(), script, "{lines}");
    }
}

#[test]
fn arguments_are_read_from_variables() {
    let data = channel_data(
        "variable_dialscript_arg_shop: a%20b\nvariable_DIALSCRIPT_ARG_id: 7\nvariable_dialscript_arg_: x\nvariable_other: y\ndialscript_arg_z: 1\n",
    );
    let all: Vec<_> = data.arguments().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(all, ["shop=a b", "id=7"]);
    assert_eq!(data.argument("SHOP").unwrap(), "a b");
    assert_eq!(data.argument("z"), None);
}
