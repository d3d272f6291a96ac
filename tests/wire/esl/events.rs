//! What stands in events.

use std::time::Duration;

use dialscript::esl::codec::EslMessage;
use dialscript::esl::event::{EslEvent, EslEventKind};

use super::{event, messages, transcript};

fn events(name: &str) -> Vec<EslEvent> {
    let heard = messages(transcript::named(name).switch());
    let event = |message| match message {
        EslMessage::Event(event) => Some(event),
        _ => None,
    };
    heard.into_iter().filter_map(event).collect()
}

fn of_kind(name: &str, kind: EslEventKind) -> Vec<EslEvent> {
    events(name).into_iter().filter(|event| event.kind() == kind).collect()
}

#[test]
fn execute_complete_names_the_application_and_its_response() {
    let ends = of_kind("a_async_full", EslEventKind::ExecuteComplete);
    let results: Vec<_> = ends
        .iter()
        .map(|end| {
            let response = end.application_response().map(|response| response.into_owned());
            (end.application().unwrap().into_owned(), response)
        })
        .collect();
    let played = Some("FILE PLAYED".to_owned());
    assert_eq!(results[0], ("answer".to_owned(), None));
    assert_eq!(results[1], ("playback".to_owned(), played));
    let uuid = ends[1].application_uuid().unwrap().into_owned();
    assert_eq!(uuid, "0f1d8102-424a-4ab3-a6d3-ab6e88a29d27");
}

#[test]
fn keys_are_reported_one_by_one_with_their_length() {
    let keys: String =
        of_kind("a_async_full", EslEventKind::Dtmf).iter().filter_map(EslEvent::digit).collect();
    assert_eq!(keys, "1234");
    let key = event("Event-Name: DTMF\nDTMF-Digit: %23\nDTMF-Duration: 2000\n\n");
    assert_eq!((key.digit(), key.digit_duration()), (Some('#'), Some(Duration::from_millis(250))));
    for strange in ["", "_undef_", "w", "12", "٣", "%0A"] {
        assert_eq!(event(&format!("DTMF-Digit: {strange}\n\n")).digit(), None, "{strange}");
    }
    for strange in ["", "-1", "x", "4294967296"] {
        assert_eq!(event(&format!("DTMF-Duration: {strange}\n")).digit_duration(), None);
    }
}

#[test]
fn a_hang_up_event_has_its_hangup_cause() {
    let hangup = &of_kind("b_hangup_linger5_sip", EslEventKind::Hangup)[0];
    assert_eq!(hangup.hangup_cause().unwrap(), "NORMAL_CLEARING");
    assert_eq!(hangup.answer_state().unwrap(), "hangup");
    assert_eq!(hangup.channel_state().unwrap(), "CS_EXECUTE");
    assert_eq!(of_kind("b_hangup_linger5_sip", EslEventKind::HangupComplete).len(), 1);
    let unknown = &of_kind("i2_unknown_application", EslEventKind::Hangup)[0];
    assert_eq!(unknown.hangup_cause().unwrap(), "DESTINATION_OUT_OF_ORDER");
}

#[test]
fn the_body_of_an_event_follows_its_headers() {
    let job = &of_kind("h_events_plain", EslEventKind::BackgroundJob)[0];
    assert_eq!(job.job_uuid().unwrap(), "da00f2f9-1e0f-48e4-b25c-3018f7ec5933");
    assert!(job.body().decode().starts_with("UP 0 years"), "{}", job.body().decode());
    let length: usize = job.get("Content-Length").unwrap().parse().unwrap();
    assert_eq!(job.body().as_bytes().len(), length);
    let with_body = event("Event-Name: CUSTOM\nContent-Length: 11\n\nhello\n\nworl");
    assert_eq!(
        (with_body.kind(), with_body.body().decode().as_ref()),
        (EslEventKind::Other, "hello\n\nworl")
    );
    assert_eq!(event("a: b\r\n\r\nc").body().decode(), "c");
    assert_eq!(event("a: b\n").body().decode(), "");
}

#[test]
fn values_are_decoded_as_they_were_encoded() {
    for (sent, meant) in [
        ("hello%20world", "hello world"),
        ("50%25%20off%3B%20a%3Db%20%26%20%22q%22", r#"50% off; a=b & "q""#),
        ("gr%C3%BC%C3%9Fe%20%E2%82%AC%20%F0%9F%98%80", "grüße € 😀"),
        ("first%0Asecond%0A%0Afourth", "first\nsecond\n\nfourth"),
        ("1+1", "1+1"),
        ("a: b: c", "a: b: c"),
        ("_undef_", ""),
        ("%zz%4", "%zz%4"),
        // Encoded by FreeSWITCH from `%41%42 %zz`: it leaves alone what looks encoded.
        ("%41%42%20%25zz", "AB %zz"),
        ("J%FCrgen", "Jürgen"),
        ("%80", "€"),
        ("ARRAY%3A%3Aone%7C%3Atwo", "ARRAY::one|:two"),
    ] {
        let event = event(&format!("Event-Name: X\nvariable_V: {sent}\n\n"));
        assert_eq!(event.variable("v").unwrap(), meant, "{sent}");
    }
    assert_eq!(event("variable_vx: 1\n\n").variable("v"), None);
}

#[test]
fn the_first_of_two_equal_headers_is_used() {
    let twice = event("Unique-ID: a\nunique-id: b\nno header\n: c\nUnique-IDs: d\n\nUnique-ID: e");
    assert_eq!(twice.unique_id().unwrap(), "a");
    assert_eq!(twice.get("Unique-IDs").unwrap(), "d");
}

#[test]
fn variables_of_a_real_switch_are_decoded() {
    let weird = of_kind("h_events_plain", EslEventKind::ExecuteComplete);
    let weird = weird.iter().find_map(|end| end.variable("weird")).unwrap().into_owned();
    assert_eq!(weird, "é€ <a & b> \"q\" 100% a;b\tc");
    let multi = of_kind("h_events_plain", EslEventKind::ExecuteComplete);
    let multi = multi.iter().find_map(|end| end.variable("multi")).unwrap().into_owned();
    assert_eq!(multi, "line one\nline two\n  three <&>\n");
}
