//! Transcripts played again: the server's commands at their times, and what the switch said to them.

use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::freeswitch::{FakeDestinations, FakeFreeSwitchCall};
use tokio::time::{Instant, sleep_until};

use crate::support::phone_log::PhoneLog;
use crate::wire::esl::transcript::{self, Packet};
use crate::wire::fake_freeswitch::session::{Message, Server, messages};

/// Messages that are not compared: unused events, and those of the dialplan of the recorded machine.
fn is_compared(message: &Message) -> bool {
    let name = message.get("Event-Name").unwrap_or_default();
    !matches!(name, "CHANNEL_PARK" | "CHANNEL_STATE")
}

/// What a switch said, up to a word.
fn said(bytes: &[u8], until: &str) -> Vec<String> {
    let summary = messages(bytes).into_iter().filter(is_compared).map(|message| message.summary());
    summary.take_while(|summary| until.is_empty() || !summary.contains(until)).collect()
}

/// Plays a transcript up to the first command that has the word in it.
async fn replayed(
    name: &str,
    call: FakeFreeSwitchCall,
    until: &str,
    hangs_up: Option<u64>,
) -> Vec<u8> {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(DtmfSource::none(), hangs_up.map(Duration::from_millis));
    let mut server = Server::of(call, FakeDestinations::All, phone);
    let began = Instant::now();
    let (mut heard, mut last) = (Vec::new(), 0.0);
    for (at, packet) in &transcript::timed(name) {
        let Packet::ToSwitch(bytes) = packet else { continue };
        if !until.is_empty() && String::from_utf8_lossy(bytes).contains(until) {
            break;
        }
        last = *at;
        let due = began + Duration::from_secs_f64(*at);
        heard.extend(server.read_until(due).await);
        server.says(bytes).await;
    }
    let due = began + Duration::from_secs_f64(last + 30.0);
    heard.extend(server.read_until(due).await);
    heard
}

impl Server {
    async fn read_until(&mut self, due: Instant) -> Vec<u8> {
        use tokio::io::AsyncReadExt;
        let mut heard = Vec::new();
        loop {
            tokio::select! {
                biased;
                read = self.wire.read_buf(&mut heard) => match read {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                () = sleep_until(due) => return heard,
            }
        }
        sleep_until(due).await;
        heard
    }
}

#[track_caller]
fn same(name: &str, until: &str, heard: &[u8]) {
    let (heard, mut real) = (said(heard, ""), said(&transcript::named(name).switch(), until));
    // The reply to the first command that is not played any more.
    real.truncate(real.len() - usize::from(!until.is_empty()));
    assert_eq!(heard, real, "{name}");
}

#[tokio::test(start_paused = true)]
async fn replies_and_end_events_come_in_the_recorded_order() {
    for (name, until) in [
        ("a_async_full", "play_and_get_digits"),
        ("c2_app_hangup", ""),
        ("c3_sendmsg_hangup", ""),
        ("i2_unknown_application", ""),
        ("m2_failover_path", ""),
        ("q4_transfer_and_exit_at_once", ""),
    ] {
        let heard = replayed(name, FakeFreeSwitchCall::default(), until, None).await;
        same(name, until, &heard);
    }
}

#[tokio::test(start_paused = true)]
async fn applications_run_inside_of_each_other_unless_one_is_locked() {
    let heard =
        replayed("o_event_lock_order", FakeFreeSwitchCall::default(), "loops: 3", None).await;
    let uuids = |bytes: &[u8]| -> Vec<_> {
        let uuid = |message: Message| Some(message.get("Application-UUID")?.to_owned());
        let uuids = messages(bytes).into_iter().skip(7).filter_map(uuid);
        uuids.filter(|uuid| uuid.len() < 3).collect()
    };
    let real = uuids(&transcript::named("o_event_lock_order").switch());
    assert_eq!(uuids(&heard), real);
    assert_eq!(real.len(), 12);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_ends_all_applications_and_then_the_socket_lingers() {
    let heard =
        replayed("b_hangup_linger5_sip", FakeFreeSwitchCall::default(), "getvar", Some(2101)).await;
    let real = said(&transcript::named("b_hangup_linger5_sip").switch(), "");
    let lingers = real.iter().position(|summary| summary.ends_with("linger 5")).unwrap();
    let heard = said(&heard, "");
    assert_eq!(heard[..=lingers], real[..=lingers]);
    assert_eq!(heard.last(), real.last());
    assert_eq!(heard.len(), lingers + 2);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_ends_the_park_and_not_the_connection() {
    let name = "q3_resume_then_transfer_then_exit";
    let heard = said(&replayed(name, FakeFreeSwitchCall::default(), "", None).await, "");
    let real = said(&transcript::named(name).switch(), "");
    let socket = real.iter().position(|summary| summary.contains(" socket ")).unwrap();
    assert_eq!(heard[..=socket], real[..=socket]);
    assert_eq!(heard[socket + 1..], real[real.len() - 2..]);
}

#[tokio::test(start_paused = true)]
async fn without_full_only_a_few_commands_are_accepted() {
    let call = FakeFreeSwitchCall { full: false, ..FakeFreeSwitchCall::default() };
    let heard = replayed("n_async_not_full", call, "", None).await;
    // `getvar uuid` has its value.
    let known = |summary: &String| !summary.contains("8c02fb9c") && !summary.contains("getvar");
    let heard = said(&heard, "");
    let real = said(&transcript::named("n_async_not_full").switch(), "");
    assert_eq!(heard.len(), real.len());
    let differ = heard.iter().zip(&real).filter(|(heard, real)| heard != real && known(real));
    assert_eq!(differ.collect::<Vec<_>>(), []);
}

#[tokio::test(start_paused = true)]
async fn errors_get_the_recorded_replies() {
    let heard = said(&replayed("i_errors", FakeFreeSwitchCall::default(), "nolog", None).await, "");
    let real = said(&transcript::named("i_errors").switch(), "");
    let differ: Vec<_> = heard.iter().zip(&real).filter(|(heard, real)| heard != real).collect();
    assert_eq!(differ, []);
    assert!(heard.len() > 15, "{heard:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_sends_connect_is_disconnected_and_the_call_is_stranded() {
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let mut server = Server::of(FakeFreeSwitchCall::default(), FakeDestinations::All, phone);
    let began = Instant::now();
    let heard = server.read_messages(Duration::from_secs(60)).await;
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].summary(), "text/disconnect-notice disconnect");
    assert_eq!(began.elapsed().as_secs(), 24);
    let ended = server.closes().await;
    assert_eq!(ended.continuation, dialscript::fake::phone::Continuation::Stranded);
}
