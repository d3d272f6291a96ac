//! What messages mean.

use dialscript::esl::codec::EslMessage;
use dialscript::esl::error::EslError;
use dialscript::wire::WireErrorOrigin;

use super::{error_of, event, framed, messages};

#[test]
fn a_command_reply_is_ok_or_an_error() {
    for (text, ok) in [
        ("+OK", true),
        ("+OK Events Enabled", true),
        ("-ERR command not found", false),
        ("-ERR aready enabled.", false),
        ("", false),
        ("4711", false),
    ] {
        let bytes = format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
        let [EslMessage::Reply(reply)] = &messages(&bytes)[..] else { panic!("{bytes}") };
        assert_eq!((reply.ok, reply.text.decode().as_ref()), (ok, text));
    }
}

#[test]
fn line_ends_and_the_case_of_header_names_do_not_matter() {
    for bytes in [
        "content-type: command/reply\r\nREPLY-TEXT: +OK: a: b\r\n\r\n",
        "\n\r\nReply-Text:+OK: a: b\nContent-Type:   command/reply\n\n",
    ] {
        let [EslMessage::Reply(reply)] = &messages(bytes)[..] else { panic!("{bytes}") };
        assert_eq!(reply.text.decode(), "+OK: a: b");
    }
}

#[test]
fn an_api_response_is_its_unchanged_body() {
    let bytes = "Content-Type: api/response\nContent-Length: 9\n\na%41\n\nb+c";
    let [EslMessage::ApiResponse(body)] = &messages(bytes)[..] else { panic!() };
    assert_eq!(body.decode(), "a%41\n\nb+c");
}

#[test]
fn a_disconnect_notice_says_whether_the_connection_lingers() {
    let notice = |disposition: &str, body: &str| {
        let head = "Content-Type: text/disconnect-notice\nControlled-Session-UUID: x\n";
        let length = body.len();
        format!("{head}Content-Disposition: {disposition}\nContent-Length: {length}\n\n{body}")
    };
    let bytes = [notice("linger", ""), notice("disconnect", "Disconnected, goodbye.\n")].concat();
    let heard = messages(bytes);
    assert_eq!(heard, [true, false].map(|lingering| EslMessage::Disconnected { lingering }));
}

#[test]
fn other_content_types_are_skipped_with_their_bodies() {
    let json = "Content-Length: 9\nContent-Type: text/event-json\n\n{\"a\":\n\n1}";
    let log = "Content-Type: log/data\nContent-Length: 3\nLog-Level: 7\n\na\n\n";
    let rude = "Content-Type: text/rude-rejection\nContent-Length: 2\n\nx\n";
    let auth = "Content-Type: auth/request\n\n";
    let reply = "Content-Type: command/reply\nReply-Text: +OK\n\n";
    let heard = messages([json, log, rude, auth, reply].concat());
    assert!(matches!(&heard[..], [EslMessage::Reply(reply)] if reply.ok), "{heard:?}");
}

#[test]
fn bytes_that_are_no_message_are_an_error_of_the_switch_and_are_shown() {
    for bytes in [
        "fourth\n\n",
        "200 result=0\n\n",
        "Reply-Text: +OK\n\n",
        "Content-Type: api/response\nContent-Length: x\n\n",
        "Content-Type: api/response\nContent-Length: -1\n\n",
        "Content-Type: api/response\nContent-Length: 1 1\n\n",
        "Content-Type: api/response\nContent-Length: 99999999999999999999999\n\n",
    ] {
        let error = error_of(bytes);
        assert!(matches!(error, EslError::Malformed { .. }), "{bytes}: {error}");
        assert_eq!(error.origin(), WireErrorOrigin::Switch);
    }
}

#[test]
fn digits_and_values_do_not_show_in_a_log() {
    let secrets = [
        "Content-Type: command/reply\nReply-Text: 4711\n\n".to_owned(),
        "Content-Type: api/response\nContent-Length: 4\n\n4711".to_owned(),
        framed("Event-Name: DTMF\nDTMF-Digit: 4711\n\n"),
        "Event-Name: CHANNEL_DATA\nvariable_pin: 4711\nContent-Type: command/reply\n\n".to_owned(),
    ];
    let shown = format!("{:?}", messages(secrets.concat()));
    assert!(!shown.contains("4711"), "{shown}");
    assert!(shown.contains("Dtmf"), "{shown}");
    assert!(!format!("{:?}", event("x: 4711")).contains("4711"));
}
