//! What a real switch said.

use dialscript::esl::codec::EslMessage;

use super::{hear, messages, transcript};

#[derive(Debug, Default, PartialEq)]
struct Count {
    replies: usize,
    events: usize,
    notices: usize,
}

fn count(messages: &[EslMessage]) -> Count {
    let mut count = Count::default();
    for message in messages {
        match message {
            EslMessage::ChannelData(_) | EslMessage::Reply(_) | EslMessage::ApiResponse(_) => {
                count.replies += 1;
            }
            EslMessage::Event(_) => count.events += 1,
            EslMessage::Disconnected { .. } => count.notices += 1,
        }
    }
    count
}

#[test]
fn every_command_has_one_reply() {
    for transcript in transcript::all() {
        let heard = hear(&[&transcript.switch()]);
        if transcript.name == "p_sizes_encoding" {
            continue;
        }
        assert_eq!(heard.error, None, "{}", transcript.name);
        let commands = transcript.commands().len();
        assert_eq!(count(&heard.messages).replies, commands, "{}", transcript.name);
    }
}

#[test]
fn every_event_is_found() {
    for (name, events, notices) in [
        ("a5_resume_close_during_playback", 4, 1),
        ("a_async_full", 17, 1),
        ("b_hangup_linger5_sip", 11, 2),
        ("c2_app_hangup", 11, 2),
        ("c3_sendmsg_hangup", 10, 2),
        ("d_sync", 14, 1),
        ("g_bgapi", 7, 1),
        // In JSON, which is passed over.
        ("h_events_json", 0, 1),
        ("h_events_plain", 12, 1),
        ("i2_unknown_application", 9, 2),
        ("i_errors", 12, 1),
        ("l4_no_connect_command", 0, 1),
        // Its server died.
        ("l_peer_dies_async", 5, 0),
        ("m2_failover_path", 0, 1),
        ("n_async_not_full", 3, 1),
        ("o_event_lock_order", 23, 1),
        ("q3_resume_then_transfer_then_exit", 12, 1),
        ("q4_transfer_and_exit_at_once", 3, 1),
        ("z2_shutdown_graceful", 11, 2),
    ] {
        let counted = count(&messages(transcript::named(name).switch()));
        assert_eq!((counted.events, counted.notices), (events, notices), "{name}");
    }
}

/// The value of a variable as `getvar` tells it.
const WITH_NEWLINES: &[u8] = b"Reply-Text: first\nsecond\n\nfourth\n\n";

#[test]
fn a_reply_with_a_newline_in_it_is_noticed() {
    let heard = hear(&[&transcript::named("p_sizes_encoding").switch()]);
    assert!(heard.error.unwrap().ends_with("\"fourth\\n\\n\""));
    let Some(EslMessage::Reply(reply)) = heard.messages.last() else { panic!() };
    assert_eq!(reply.text, "first");
}

#[test]
fn values_of_all_kinds_are_decoded_unchanged() {
    let transcript = transcript::named("p_sizes_encoding");
    let mut bytes = transcript.switch();
    let at = bytes.windows(WITH_NEWLINES.len()).position(|window| window == WITH_NEWLINES).unwrap();
    let end = at + WITH_NEWLINES.len();
    bytes.drain(end - "fourth\n\n".len()..end);
    let heard = messages(bytes);
    let commands = transcript.commands().len();
    assert_eq!(count(&heard), Count { replies: commands, events: 31, notices: 1 });
    let last = heard.iter().rev().find_map(|message| match message {
        EslMessage::Event(event) => Some(event),
        _ => None,
    });
    for (name, value) in [
        ("nl", "first\nsecond\n\nfourth"),
        ("uni", "grüße € 😀"),
        // `%41%42 %zz` in truth.
        ("pct", "AB %zz"),
        ("crlf", "works"),
        ("arr", "ARRAY::one|:two"),
    ] {
        assert_eq!(last.unwrap().variable(name).unwrap(), value);
    }
    assert_eq!(last.unwrap().variable("empty"), None);
    let template = last.unwrap().variable("tmpl").unwrap();
    assert!(template.ends_with(" and  and "), "`set` evaluates twice: {template}");
}
