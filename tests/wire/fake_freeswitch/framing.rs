//! Headers: their names, and how values are written.

use std::collections::BTreeSet;
use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::freeswitch::{FakeDestinations, FakeFreeSwitchCall};

use crate::support::phone_log::PhoneLog;
use crate::wire::esl::transcript;
use crate::wire::fake_freeswitch::session::{Message, Server, messages};

fn decoded(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

/// The values of all variables that transcripts show, as they were written.
fn written() -> BTreeSet<String> {
    let all = real().into_iter().flat_map(|message| message.0);
    let of_variables = all.filter(|(name, _)| name.starts_with("variable_"));
    // An empty value sets no variable.
    of_variables.map(|(_, value)| value).filter(|value| value != "_undef_").collect()
}

fn real() -> Vec<Message> {
    let lossless = |name: &str| !matches!(name, "p_sizes_encoding" | "h_events_json");
    let all = transcript::all().iter().filter(|transcript| lossless(&transcript.name));
    all.flat_map(|transcript| messages(&transcript.switch())).collect()
}

async fn connected(call: FakeFreeSwitchCall) -> (Server, Message) {
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let mut server = Server::of(call, FakeDestinations::All, phone);
    let data = server.asks("connect").await.remove(0);
    (server, data)
}

#[tokio::test(start_paused = true)]
async fn values_are_encoded_as_by_a_real_freeswitch() {
    let written = written();
    assert!(written.iter().any(|value| value.contains("%20")), "nothing to judge by");
    let named: Vec<_> = written.iter().enumerate().collect();
    let call = FakeFreeSwitchCall {
        variables: named.iter().map(|(n, value)| (format!("v{n}"), decoded(value))).collect(),
        ..FakeFreeSwitchCall::default()
    };
    let (_server, data) = connected(call).await;
    for (n, value) in named {
        assert_eq!(data.get(&format!("variable_v{n}")), Some(value.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_looks_encoded_is_not_encoded_again() {
    let value = "100%AB 100%ab +".to_owned();
    let (_server, data) = connected(FakeFreeSwitchCall {
        variables: vec![("a".into(), value)],
        ..FakeFreeSwitchCall::default()
    })
    .await;
    assert_eq!(data.get("variable_a"), Some("100%AB%20100%25ab%20%2B"));
}

#[tokio::test(start_paused = true)]
async fn the_reply_to_connect_has_no_length_and_ends_with_the_socket_arguments() {
    let (_server, data) =
        connected(FakeFreeSwitchCall { script: "a/b".into(), ..FakeFreeSwitchCall::default() })
            .await;
    let end: Vec<_> =
        data.0[data.0.len() - 4..].iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let real = transcript::named("a_async_full").switch();
    let real = messages(&real).remove(0);
    let real: Vec<_> =
        real.0[real.0.len() - 4..].iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(end, real);
    assert_eq!(data.get("Content-Length"), None);
    assert_eq!(data.get("variable_socket_path"), Some("a/b"));
    let line = "127.0.0.1%3A8084/a/b%20async%20full";
    assert_eq!(data.get("variable_current_application_data"), Some(line));
}

#[tokio::test(start_paused = true)]
async fn events_have_only_headers_of_a_real_freeswitch() {
    let phone = PhoneLog::default().phone(
        DtmfSource::timed(vec![(Duration::from_secs(1), '4')]),
        Some(Duration::from_secs(3)),
    );
    let mut server = Server::of(FakeFreeSwitchCall::default(), FakeDestinations::All, phone);
    let mut heard = server.asks("connect\n\nmyevents").await;
    heard.extend(server.executes("answer", "").await);
    heard.extend(
        server.executes("playback", "/usr/freeswitch/sounds-test/prompts/short1s.wav").await,
    );
    heard.extend(server.read_messages(Duration::from_secs(10)).await);
    let mut kinds = BTreeSet::new();
    for message in heard.iter().filter(|message| message.get("Event-Name").is_some()) {
        let kind = message.get("Event-Name").unwrap();
        kinds.insert(kind.to_owned());
        let known = names(kind);
        for (name, _) in message.0.iter().filter(|(name, _)| !name.starts_with("variable_")) {
            assert!(known.contains(name), "{kind} has no {name}");
        }
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}

/// The headers of events of this kind from a real FreeSWITCH.
fn names(kind: &str) -> BTreeSet<String> {
    let of_kind = real().into_iter().filter(|message| message.get("Event-Name") == Some(kind));
    of_kind.flat_map(|message| message.0.into_iter().map(|(name, _)| name)).collect()
}
