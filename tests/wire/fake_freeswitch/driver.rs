//! The real driver against the fake switch, in memory and with a paused clock.

use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::DigitsEnd;
use dialscript::channel::{
    CallLimits, Channel, Destination, DigitOptions, Digits, Exit, HandoverResult, HangupCause,
    HoldMedia, HoldMusic, Interruption, LineState, Sound, TypeAhead,
};
use dialscript::esl::channel::EslChannel;
use dialscript::esl::connection;
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::freeswitch::{self, FakeDestinations, FakeFreeSwitchCall, run_socket};
use dialscript::fake::phone::{CallEvent, Continuation, Phone};
use dialscript::fake::sound::FakeSounds;
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_freeswitch::session::{HOST, LONG, sounds};
use crate::wire::questions::{four_digits, heard, one_hour_limit, timed};

pub(super) struct Conversation {
    pub(super) channel: EslChannel<DuplexStream>,
    pub(super) switch: JoinHandle<freeswitch::FakeFreeSwitchResult>,
    stop: CancellationToken,
    pub(super) phone_log: PhoneLog,
}

/// A call over the phone of a log.
pub(super) async fn connected(
    call: FakeFreeSwitchCall,
    sounds: FakeSounds,
    phone_log: PhoneLog,
    phone: Phone,
) -> Conversation {
    let (ours, theirs) = duplex(64 * 1024);
    let switch = tokio::spawn(async move {
        run_socket(theirs, HOST, &call, FakeDestinations::All, sounds, phone).await
    });
    let (bounds, stop) = one_hour_limit();
    let (link, data) = connection::open(ours, bounds, Duration::from_secs(5)).await.unwrap();
    Conversation { channel: EslChannel::new(link, data), switch, stop, phone_log }
}

async fn call_of(
    call: FakeFreeSwitchCall,
    keys: &[(u64, char)],
    hangs_up: Option<u64>,
) -> Conversation {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(timed(keys), hangs_up.map(Duration::from_millis));
    connected(call, sounds(), phone_log, phone).await
}

async fn call(keys: &[(u64, char)], hangs_up: Option<u64>) -> Conversation {
    call_of(FakeFreeSwitchCall::default(), keys, hangs_up).await
}

impl Conversation {
    async fn asks(&mut self, ask: &DigitOptions) -> Result<Digits, Interruption> {
        assert_eq!(self.channel.pick_up(true).await, Ok(LineState::Up));
        self.channel.collect_digits(&mut prompt(), ask).await
    }

    pub(super) async fn leaves(
        self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> (HandoverResult, freeswitch::FakeFreeSwitchResult) {
        let left = self.channel.hand_over(variables, exit).await;
        (left, self.switch.await.unwrap())
    }
}

fn prompt() -> impl Iterator<Item = Sound> + Send {
    [Sound::File(LONG.into())].into_iter()
}

#[tokio::test(start_paused = true)]
async fn the_driver_reads_the_caller_the_called_number_and_the_script() {
    let (ours, theirs) = duplex(64 * 1024);
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let fake_call = FakeFreeSwitchCall {
        script: "order-status".into(),
        caller: "+49 30/1".into(),
        caller_name: "Ann & Co".into(),
        called: "7001".into(),
        variables: vec![("dialscript_arg_a".into(), "b c".into())],
        ..FakeFreeSwitchCall::default()
    };
    tokio::spawn(async move {
        run_socket(theirs, HOST, &fake_call, FakeDestinations::All, sounds(), phone).await
    });
    let ends = Instant::now() + Duration::from_secs(60);
    let bounds = CallLimits { stop: CancellationToken::new(), ends_at: ends };
    let (_, data) = connection::open(ours, bounds, Duration::from_secs(5)).await.unwrap();
    assert_eq!(data.script_name().as_deref(), Some("order-status"));
    assert_eq!(data.argument("a").as_deref(), Some("b c"));
    let caller = data.caller();
    assert_eq!((&*caller.number, &*caller.name), ("+49 30/1", "Ann & Co"));
    assert_eq!(
        (&*caller.called, &*caller.context, &*caller.language),
        ("7001", "from-phones", "en")
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_caller_has_an_empty_number() {
    let call = call(&[], None).await;
    let caller = call.channel.caller();
    assert_eq!((&*caller.number, &*caller.name), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn digits_forty_milliseconds_apart_are_all_received() {
    let mut call = call(&[(1000, '4'), (1040, '7'), (1080, '1'), (1120, '1')], None).await;
    assert_eq!(call.asks(&four_digits()).await, heard("4711", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn a_question_works_on_a_socket_without_full() {
    let fake_call = FakeFreeSwitchCall { full: false, ..FakeFreeSwitchCall::default() };
    let mut call = call_of(fake_call, &[(1000, '4'), (1300, '#')], None).await;
    assert_eq!(call.asks(&four_digits()).await, heard("4", DigitsEnd::Terminator));
    let (left, ended) = call.leaves(&[("A", "b".into())], &Exit::Continue).await;
    assert_eq!((left, ended.continuation), (HandoverResult::Completed, Continuation::NextStep));
    assert_eq!(ended.variables["a"], "b");
}

#[tokio::test(start_paused = true)]
async fn every_variable_value_arrives_unchanged() {
    let values = [
        "a \"b\" \\ $C; 'd' ^^,|=%41 +",
        " x ",
        "it's",
        r"\n\s\'",
        "grüße € 😀",
        "'",
        ";",
        r"\\;\",
        "${",
        "a$b$$c",
    ];
    for expansion in ["false", "true"] {
        let variables = vec![("app_disable_expand_variables".into(), expansion.into())];
        let fake_call = FakeFreeSwitchCall { variables, ..FakeFreeSwitchCall::default() };
        let mut call = call_of(fake_call, &[], None).await;
        let names: Vec<_> = (0..values.len()).map(|n| format!("V{n}")).collect();
        for (name, value) in names.iter().zip(values) {
            call.channel.set_variables(&[(&format!("S{name}"), value.to_owned())]).await.unwrap();
        }
        let all: Vec<_> =
            names.iter().zip(values).map(|(name, value)| (&**name, value.to_owned())).collect();
        let (left, ended) = call.leaves(&all, &Exit::Continue).await;
        assert_eq!((left, ended.continuation), (HandoverResult::Completed, Continuation::NextStep));
        for (n, value) in values.iter().enumerate() {
            let value = value.replace('{', "(");
            assert_eq!(ended.variables[&format!("sv{n}")], value, "set, {expansion}");
            assert_eq!(ended.variables[&format!("v{n}")], value, "multiset, {expansion}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn music_is_interrupted_when_the_answer_comes() {
    let mut call = call(&[], None).await;
    assert_eq!(call.channel.pick_up(true).await, Ok(LineState::Up));
    let music = Some(HoldMusic::Class(Arc::from("jazz")));
    let hold_media = HoldMedia { delay: Duration::from_millis(300), music, ..HoldMedia::default() };
    call.channel.wait(sleep(Duration::from_secs(2)), &hold_media).await.unwrap();
    let mut prompt = prompt();
    let played = call.channel.play(&mut prompt, TypeAhead::Discard).await;
    assert_eq!(played, Ok(()));
    let events = call.phone_log.events();
    assert_eq!(events[1..3], [CallEvent::MusicStarted("jazz".into()), CallEvent::MusicStopped]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_a_prompt_or_a_wait_hands_the_call_over() {
    for stops_after in [Duration::from_secs(1), Duration::from_secs(15)] {
        let mut call = call(&[], None).await;
        let stop = call.stop.clone();
        tokio::spawn(async move {
            sleep(stops_after).await;
            stop.cancel();
        });
        assert_eq!(call.asks(&four_digits()).await, Err(Interruption::Shutdown));
        let (left, ended) = call.leaves(&[("A", "b".into())], &Exit::Continue).await;
        assert_eq!((left, ended.continuation), (HandoverResult::Completed, Continuation::NextStep));
        assert_eq!(ended.variables["a"], "b");
        assert!(!ended.variables.contains_key("playback_terminators"));
    }
}

#[tokio::test(start_paused = true)]
async fn no_exit_strands_a_call_whose_dialplan_sets_socket_resume() {
    let to = Destination { extension: "1".into(), context: None, priority: None };
    for (exit, goes_on) in [
        (Exit::Continue, Continuation::NextStep),
        (Exit::Goto(to), Continuation::Destination("1@from-phones".into())),
        (Exit::Hangup(Some(HangupCause(17))), Continuation::HangupHandler),
    ] {
        let variables = vec![("socket_resume".into(), "true".into())];
        let call =
            call_of(FakeFreeSwitchCall { variables, ..FakeFreeSwitchCall::default() }, &[], None)
                .await;
        let (left, ended) = call.leaves(&[], &exit).await;
        assert_eq!((left, ended.continuation), (HandoverResult::Completed, goes_on));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_continues_in_the_dialplan() {
    let (ours, theirs) = duplex(64 * 1024);
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let switch = tokio::spawn(async move {
        run_socket(
            theirs,
            HOST,
            &FakeFreeSwitchCall::default(),
            FakeDestinations::All,
            sounds(),
            phone,
        )
        .await
    });
    connection::refuse(ours, Duration::from_secs(2)).await;
    assert_eq!(switch.await.unwrap().continuation, Continuation::NextStep);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_leaves_digits() {
    let mut call = call(&[(1000, '4')], Some(2000)).await;
    let asked = call.asks(&four_digits()).await;
    assert_eq!(asked, Err(Interruption::CallerHungUp { digits: "4".into() }));
    let (left, ended) = call.leaves(&[("A", "b".into())], &Exit::Continue).await;
    assert_eq!(
        (left, ended.continuation),
        (HandoverResult::CallerHungUp, Continuation::HangupHandler)
    );
}
