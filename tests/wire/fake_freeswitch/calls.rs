//! The caller's side, and what the dialplan has in the end.

use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::freeswitch::{FakeDestinations, FakeFreeSwitchCall};
use dialscript::fake::phone::{CallEvent, Continuation};

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_freeswitch::session::{LONG, Message, Server};
use crate::wire::questions::timed;

const SHORT: &str = "/usr/freeswitch/sounds-test/prompts/short1s.wav";
const FIRST: &str =
    "connect\n\nfilter Unique-ID x\n\nevent plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP DTMF";

async fn server_of(
    call: FakeFreeSwitchCall,
    places: FakeDestinations,
    keys: &[(u64, char)],
    hangs_up: Option<u64>,
) -> (Server, PhoneLog) {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(timed(keys), hangs_up.map(Duration::from_millis));
    let mut server = Server::of(FakeFreeSwitchCall { answered: true, ..call }, places, phone);
    server.asks(FIRST).await;
    (server, phone_log)
}

async fn server(keys: &[(u64, char)]) -> (Server, PhoneLog) {
    server_of(FakeFreeSwitchCall::default(), FakeDestinations::All, keys, None).await
}

fn events(heard: &[Message]) -> Vec<String> {
    let event = |message: &Message| message.get("Event-Name").map(|_| message.summary());
    let events = heard.iter().filter_map(event);
    events.map(|summary| summary.trim_start_matches("text/event-plain ").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_star_ends_a_sound_and_other_keys_do_not() {
    let (mut server, _) = server(&[(1000, '4'), (2000, '*')]).await;
    server.executes("playback", LONG).await;
    let heard = events(&server.read_messages(Duration::from_secs(5)).await);
    let played = "CHANNEL_EXECUTE_COMPLETE playback FILE%20PLAYED";
    assert_eq!(heard, ["DTMF 4", "DTMF %2A", played].map(|summary| summary.replace("%2A", "*")));
}

#[tokio::test(start_paused = true)]
async fn with_terminators_of_none_no_key_ends_a_sound() {
    let (mut server, phone_log) = server(&[(1000, '*'), (1200, '#')]).await;
    server.executes("set", "playback_terminators=none").await;
    server.executes("playback", SHORT).await;
    server.read_messages(Duration::from_secs(5)).await;
    assert!(
        !phone_log.events().iter().any(|event| matches!(event, CallEvent::SoundInterrupted { .. }))
    );
    assert!(!phone_log.events().iter().any(|event| matches!(event, CallEvent::VariableSet { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_break_interrupts_the_running_application_and_its_own_end_is_reported_first() {
    let (mut server, phone_log) = server(&[]).await;
    server.executes("playback", LONG).await;
    let heard = events(&server.executes("break", "").await);
    let (first, second) = (
        "CHANNEL_EXECUTE_COMPLETE break _none_",
        "CHANNEL_EXECUTE_COMPLETE playback FILE%20PLAYED",
    );
    assert_eq!(heard, [first, second]);
    assert!(matches!(phone_log.events().last(), Some(CallEvent::SoundInterrupted { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_break_without_a_running_application_interrupts_no_later_one() {
    let (mut server, _) = server(&[]).await;
    server.executes("break", "").await;
    assert_eq!(events(&server.executes("playback", SHORT).await), [""; 0]);
    assert_eq!(events(&server.read_messages(Duration::from_secs(2)).await).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_missing_file_is_reported() {
    let (mut server, phone_log) = server(&[]).await;
    let heard = events(&server.executes("playback", "/no/such.wav").await);
    assert_eq!(heard, ["CHANNEL_EXECUTE_COMPLETE playback FILE%20NOT%20FOUND"]);
    assert!(phone_log.events().contains(&CallEvent::SoundMissing { sound: "/no/such.wav".into() }));
}

#[tokio::test(start_paused = true)]
async fn arguments_are_expanded_once_and_values_twice() {
    let (mut server, _) = server(&[]).await;
    for assignment in [r"a=x", r"b=${a}", r"c=\${a}", r"d=\\\${a}", "e=1", "e="] {
        server.executes("set", assignment).await;
    }
    server.executes("multiset", r"^^;f=one\;two;g='  q ' ;h=\sz;i=it\'s").await;
    let variables = server.closes().await.variables;
    let expected =
        [("a", "x"), ("b", "x"), ("c", "x"), ("d", "${a}"), ("f", "one;two"), ("g", "  q ")];
    for (name, value) in expected {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(variables.get("e"), None);
}

#[tokio::test(start_paused = true)]
async fn the_dialplan_continues_after_the_running_application() {
    let (mut server, phone_log) = server(&[]).await;
    server.executes("playback", SHORT).await;
    let ended = server.closes().await;
    assert_eq!(ended.continuation, Continuation::NextStep);
    assert!(
        !phone_log.events().iter().any(|event| matches!(event, CallEvent::SoundInterrupted { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn with_resume_the_dialplan_continues_at_once() {
    let (mut server, phone_log) = server(&[]).await;
    server.executes("playback", LONG).await;
    server.asks("resume\n\nexit").await;
    assert_eq!(server.closes().await.continuation, Continuation::NextStep);
    assert!(
        phone_log.events().iter().any(|event| matches!(event, CallEvent::SoundInterrupted { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_followed_and_with_resume_the_call_is_stranded() {
    let places = || FakeDestinations::Only(vec!["9100@shipping".into()]);
    for (resume, to, goes_on) in [
        ("getvar a", "9100 XML shipping", Continuation::Destination("9100@shipping".into())),
        ("getvar a", "9100", Continuation::NoSuchDestination("9100@from-phones".into())),
        ("resume", "9100 XML shipping", Continuation::Stranded),
    ] {
        let (mut server, _) = server_of(FakeFreeSwitchCall::default(), places(), &[], None).await;
        server.asks(resume).await;
        server.executes("transfer", to).await;
        server.asks("exit").await;
        assert_eq!(server.closes().await.continuation, goes_on, "{resume} {to}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_before_it_says_connect_strands_the_call_unless_the_dialplan_resumes()
{
    for (variables, goes_on) in [
        (vec![], Continuation::Stranded),
        (vec![("socket_resume".to_owned(), "true".to_owned())], Continuation::NextStep),
    ] {
        let phone = PhoneLog::default().phone(DtmfSource::none(), None);
        let server = Server::of(
            FakeFreeSwitchCall { variables, ..FakeFreeSwitchCall::default() },
            FakeDestinations::All,
            phone,
        );
        assert_eq!(server.closes().await.continuation, goes_on);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_before_the_call_is_parked_strands_it() {
    for (after, goes_on) in [(0, Continuation::Stranded), (30, Continuation::NextStep)] {
        let phone = PhoneLog::default().phone(DtmfSource::none(), None);
        let mut server = Server::of(FakeFreeSwitchCall::default(), FakeDestinations::All, phone);
        server.says(b"connect\n\n").await;
        tokio::time::sleep(Duration::from_millis(after)).await;
        server.says(b"exit\n\n").await;
        assert_eq!(server.closes().await.continuation, goes_on, "{after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn music_ends_at_the_time_that_any_playback_may_take() {
    let (mut server, _) = server(&[]).await;
    server.executes("set", "playback_timeout_sec=30").await;
    server.executes("playback", "local_stream://jazz").await;
    assert_eq!(server.closes().await.continuation, Continuation::NextStep);
}

#[tokio::test(start_paused = true)]
async fn music_that_is_never_stopped_strands_the_call() {
    let (mut server, phone_log) = server(&[]).await;
    server.executes("playback", "local_stream://jazz").await;
    assert!(phone_log.events().contains(&CallEvent::MusicStarted("jazz".into())));
    assert_eq!(server.closes().await.continuation, Continuation::Stranded);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_without_linger_ends_the_connection() {
    let (mut server, _) =
        server_of(FakeFreeSwitchCall::default(), FakeDestinations::All, &[], Some(1000)).await;
    let heard = server.read_messages(Duration::from_secs(5)).await;
    let last: Vec<_> = heard.iter().map(Message::summary).collect();
    let hangup = "text/event-plain CHANNEL_HANGUP NORMAL_CLEARING";
    assert_eq!(last.first().map(String::as_str), Some(hangup));
    assert_eq!(last.last().map(String::as_str), Some("text/disconnect-notice disconnect"));
    assert_eq!(server.closes().await.continuation, Continuation::HangupHandler);
}

#[tokio::test(start_paused = true)]
async fn the_caller_receives_the_hangup_cause() {
    for (given, cause) in [("USER_BUSY", 17), ("17", 17), ("nonsense", 16)] {
        let (mut server, phone_log) = server(&[]).await;
        server.asks(&format!("sendmsg\ncall-command: hangup\nhangup-cause: {given}")).await;
        assert!(phone_log.events().contains(&CallEvent::SwitchHungUp(cause)), "{given}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_is_used_as_the_argument() {
    let (mut server, _) = server(&[]).await;
    let head = "sendmsg\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\n";
    server.says(format!("{head}content-length: 7\n\na=one\ntgetvar a\n\n").as_bytes()).await;
    server.read_messages(Duration::from_secs(1)).await;
    assert_eq!(server.closes().await.variables["a"], "one\nt");
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_keys_on_request_presses_them_at_a_question() {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(DtmfSource::on_request("47,8"), None);
    let call = FakeFreeSwitchCall { answered: true, ..FakeFreeSwitchCall::default() };
    let mut server = Server::of(call, FakeDestinations::All, phone);
    server.asks(FIRST).await;
    server.executes("playback", SHORT).await;
    assert_eq!(events(&server.read_messages(Duration::from_secs(3)).await).len(), 3);
    server.executes("playback", SHORT).await;
    assert_eq!(events(&server.read_messages(Duration::from_secs(3)).await).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn functions_set_variables_break_and_transfer_at_once_and_an_unknown_channel_is_an_error() {
    let (mut server, _) = server(&[]).await;
    let uuid = server.asks("connect").await[0].get("Unique-ID").unwrap().to_owned();
    server.executes("playback", LONG).await;
    let ended = events(&server.asks(&format!("api uuid_break {uuid}")).await);
    assert_eq!(ended, ["CHANNEL_EXECUTE_COMPLETE playback FILE%20PLAYED"]);
    for wrong in ["uuid_setvar_multi other a=b", "uuid_break other", "uuid_kill other 16"] {
        server.asks(&format!("api {wrong}")).await;
    }
    server.asks(&format!(r"api uuid_setvar_multi {uuid} A=x\;y;b=${{A}};c=\sz")).await;
    let left = server.asks(&format!("api uuid_transfer {uuid} 9100 XML shipping")).await;
    assert_eq!(left[0].get("Content-Type"), Some("api/response"), "before the events");
    let result = server.closes().await;
    assert_eq!(result.continuation, Continuation::Destination("9100@shipping".into()));
    let variables = ["a", "b", "c"].map(|name| result.variables[name].as_str());
    assert_eq!(variables, ["x;y", "${A}", " z"], "nothing is expanded");
}

#[tokio::test(start_paused = true)]
async fn a_sound_with_an_event_lock_holds_back_the_next_one_until_a_break() {
    let (mut server, phone_log) = server(&[]).await;
    let uuid = server.asks("connect").await[0].get("Unique-ID").unwrap().to_owned();
    let locked = "sendmsg\ncall-command: execute\nexecute-app-name: playback\nevent-lock: true\n";
    server.asks(&format!("{locked}execute-app-arg: {LONG}")).await;
    let queued = events(&server.executes("playback", SHORT).await);
    assert!(queued.is_empty(), "{queued:?}");
    server.asks(&format!("api uuid_break {uuid}")).await;
    server.read_messages(Duration::from_secs(3)).await;
    let started = |event: &CallEvent| matches!(event, CallEvent::SoundStarted { .. });
    assert_eq!(phone_log.events().iter().filter(|event| started(event)).count(), 2);
}
