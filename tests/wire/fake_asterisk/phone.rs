//! The caller's side, and what the dialplan has in the end.

use std::time::Duration;

use dialscript::fake::asterisk::{AgiStatus, FakeAsteriskCall, FakeDestinations, FakeLineState};
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::{CallEvent, Continuation};
use tokio::time::Instant;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::session::Server;
use crate::wire::questions::timed;

const PROMPT: &str = r##"STREAM FILE /var/sounds/prompt3 "0123456789#""##;

async fn server(keypresses: DtmfSource, hangs_up_after: Option<Duration>) -> (Server, PhoneLog) {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(keypresses, hangs_up_after);
    (Server::of(FakeAsteriskCall::default(), FakeDestinations::All, phone).await, phone_log)
}

fn hears(seconds: u64) -> CallEvent {
    CallEvent::SoundStarted {
        sound: "/var/sounds/prompt3".into(),
        duration: Duration::from_secs(seconds),
    }
}

#[tokio::test(start_paused = true)]
async fn timed_keys_count_from_the_pick_up_and_the_log_has_their_times() {
    let keys = vec![(Duration::from_secs(1), '4'), (Duration::from_millis(1300), '7')];
    let (mut server, phone_log) = server(DtmfSource::timed(keys), None).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.asks("ANSWER").await, "200 result=0");
    assert_eq!(server.asks(PROMPT).await, "200 result=52 endpos=8000");
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=55");
    let ended = server.closes().await;
    assert_eq!((ended.status, ended.continuation), (AgiStatus::Success, Continuation::NextStep));
    let broken = CallEvent::SoundInterrupted {
        sound: "/var/sounds/prompt3".into(),
        played: Duration::from_secs(1),
    };
    let expected = [
        (2000, CallEvent::PickedUp),
        (2000, hears(3)),
        (3000, CallEvent::KeyPressed('4')),
        (3000, broken),
        (3300, CallEvent::KeyPressed('7')),
        (3300, CallEvent::DialplanContinued(Continuation::NextStep)),
    ];
    assert_eq!(phone_log.timed(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_outside_of_a_command_is_reported_as_lost() {
    let keys = vec![(Duration::from_secs(1), '1'), (Duration::from_secs(2), '2')];
    let (mut server, phone_log) = server(DtmfSource::timed(keys), None).await;
    server.asks("ANSWER").await;
    assert_eq!(
        server.asks(r#"STREAM FILE /var/sounds/prompt3 "2""#).await,
        "200 result=50 endpos=16000"
    );
    assert!(phone_log.timed().contains(&(1000, CallEvent::KeyLost('1'))));
}

#[tokio::test(start_paused = true)]
async fn a_key_between_two_commands_is_reported_as_lost_and_reaches_no_later_command() {
    let (mut server, phone_log) = server(timed(&[(1000, '1')]), None).await;
    server.asks("ANSWER").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.asks("WAIT FOR DIGIT 1000").await, "200 result=0");
    assert_eq!(phone_log.timed()[1..], [(1000, CallEvent::KeyLost('1'))]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_inputs_on_request_enters_one_per_question() {
    let (mut server, _) = server(DtmfSource::on_request("47,,8"), None).await;
    server.asks("ANSWER").await;
    let asked = Instant::now();
    assert_eq!(server.asks(PROMPT).await, "200 result=52 endpos=4000");
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=55");
    assert_eq!(asked.elapsed(), Duration::from_millis(700));
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=0");
    assert_eq!(server.asks(PROMPT).await, "200 result=0 endpos=24000");
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=0");
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=56");
}

#[tokio::test(start_paused = true)]
async fn sounds_of_one_prompt_are_one_question() {
    let (mut server, _) = server(DtmfSource::on_request("4,8"), None).await;
    server.asks("ANSWER").await;
    assert_eq!(server.asks(PROMPT).await, "200 result=52 endpos=4000");
    let rest = r##"STREAM FILE /var/sounds/prompt3 "0123456789#" 4000"##;
    assert_eq!(server.asks(rest).await, "200 result=0 endpos=24000");
    assert_eq!(server.asks(PROMPT).await, "200 result=0 endpos=24000");
    assert_eq!(server.asks("NOOP").await, "200 result=0");
    assert_eq!(server.asks(PROMPT).await, "200 result=56 endpos=4000");
}

#[tokio::test(start_paused = true)]
async fn keys_are_typed_live() {
    let (type_key, keys) = tokio::sync::mpsc::channel(4);
    let (mut server, _) = server(DtmfSource::live(keys), None).await;
    server.says(b"WAIT FOR DIGIT 4000\n").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    type_key.send('#').await.unwrap();
    assert_eq!(server.read_line().await, "200 result=35");
    drop(type_key);
    assert_eq!(server.asks("WAIT FOR DIGIT 4000").await, "200 result=0");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_continues_in_the_hang_up_handler() {
    let (mut server, phone_log) = server(DtmfSource::none(), Some(Duration::from_secs(1))).await;
    assert_eq!(server.asks(PROMPT).await, "200 result=-1 endpos=8000");
    assert_eq!(server.read_line().await, "HANGUP");
    assert_eq!(server.asks("SET VARIABLE A b").await, "200 result=1");
    let ended = server.closes().await;
    assert_eq!(
        (ended.status, ended.continuation),
        (AgiStatus::Hangup, Continuation::HangupHandler)
    );
    assert_eq!(ended.variables["A"], "b");
    assert!(phone_log.timed().contains(&(1000, CallEvent::CallerHungUp)));
}

#[tokio::test(start_paused = true)]
async fn after_a_hang_up_the_session_ends_without_waiting_for_commands() {
    let (mut server, _) = server(DtmfSource::none(), Some(Duration::from_secs(1))).await;
    assert_eq!(server.read_line().await, "HANGUP");
    assert_eq!(server.read_line().await, "HANGUP");
    assert_eq!(server.read_line().await, "");
}

#[tokio::test(start_paused = true)]
async fn the_caller_receives_the_hangup_cause() {
    let (mut server, phone_log) = server(DtmfSource::none(), None).await;
    assert_eq!(server.asks(r#"EXEC Hangup "17""#).await, "200 result=-1");
    assert_eq!(server.read_line().await, "HANGUP");
    assert_eq!(phone_log.timed(), [(0, CallEvent::SwitchHungUp(17))]);
    assert_eq!(server.closes().await.status, AgiStatus::Hangup);
}

#[tokio::test(start_paused = true)]
async fn music_ends_at_a_sound_and_does_not_come_back() {
    let (mut server, phone_log) = server(DtmfSource::none(), None).await;
    server.asks("SET MUSIC ON jazz").await;
    server.asks(r#"STREAM FILE /var/sounds/prompt3 """#).await;
    server.asks("SET MUSIC OFF").await;
    let music =
        [(0, CallEvent::MusicStarted("jazz".into())), (0, CallEvent::MusicStopped), (0, hears(3))];
    assert_eq!(phone_log.timed(), music);
}

#[tokio::test(start_paused = true)]
async fn a_missing_sound_is_reported_and_marks_the_session() {
    let (mut server, phone_log) = server(DtmfSource::none(), None).await;
    let missing = r#"STREAM FILE "/no/such/file" """#;
    assert_eq!(server.asks(missing).await, "200 result=-1 endpos=0");
    assert_eq!(phone_log.timed(), [(0, CallEvent::SoundMissing { sound: "/no/such/file".into() })]);
    assert_eq!(server.closes().await.status, AgiStatus::Failure);
}

async fn goes_on(places: &[&str], commands: &[&str]) -> Continuation {
    let places = FakeDestinations::Only(places.iter().map(|place| (*place).to_owned()).collect());
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let call = FakeAsteriskCall {
        line_state: FakeLineState::Up,
        context: "test".into(),
        priority: 2,
        ..FakeAsteriskCall::default()
    };
    let mut server = Server::of(call, places, phone).await;
    for command in commands {
        assert_eq!(server.asks(command).await, "200 result=0");
    }
    server.closes().await.continuation
}

#[tokio::test(start_paused = true)]
async fn the_dialplan_continues_at_the_destination_that_was_set() {
    let whole = ["SET CONTEXT shipping", "SET EXTENSION 9100", "SET PRIORITY 1"];
    let place = goes_on(&["9100@shipping"], &whole).await;
    assert_eq!(place, Continuation::Destination("9100@shipping,1".into()));
    let place = goes_on(&[], &whole).await;
    assert_eq!(place, Continuation::NoSuchDestination("9100@shipping,1".into()));
    let place = goes_on(&["9009@test"], &["SET EXTENSION 9009"]).await;
    assert_eq!(place, Continuation::Destination("9009@test,3".into()), "the next priority there");
    let label = ["SET EXTENSION 9009", "SET PRIORITY down"];
    let place = goes_on(&["9009@test,down"], &label).await;
    assert_eq!(place, Continuation::Destination("9009@test,down".into()));
    assert_eq!(goes_on(&[], &[]).await, Continuation::NextStep);
}

#[tokio::test(start_paused = true)]
async fn a_destination_exists_where_the_dialplan_has_it() {
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let places = FakeDestinations::Only(vec!["9100@shipping".into()]);
    let mut server = Server::of(FakeAsteriskCall::default(), places, phone).await;
    let asks = |place: &str| format!(r#"GET VARIABLE "DIALPLAN_EXISTS({place})""#);
    assert_eq!(server.asks(&asks("shipping,9100,1")).await, "200 result=1 (1)");
    assert_eq!(server.asks(&asks("shipping,9101,1")).await, "200 result=1 (0)");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_line_that_is_too_long_runs_as_a_command() {
    let (mut server, _) = server(DtmfSource::none(), None).await;
    let fits = format!("SET VARIABLE A {}\n", "a".repeat(8191 - 16));
    server.says(fits.as_bytes()).await;
    assert_eq!(server.read_line().await, "200 result=1");
    assert_eq!(server.asks("NOOP").await, "200 result=0");
    server.says(format!("SET VARIABLE A {}NOOP\n", "a".repeat(8191 - 15)).as_bytes()).await;
    assert_eq!(server.read_line().await, "200 result=1");
    assert_eq!(server.read_line().await, "200 result=0");
    assert_eq!(server.closes().await.variables["A"].len(), 8191 - 15);
}
