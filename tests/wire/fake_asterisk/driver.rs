//! The real driver against the fake switch, in memory and with a paused clock.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::connection;
use dialscript::agi::peers::AgiPeer;
use dialscript::channel::{
    Channel, Destination, DestinationCheck, DigitOptions, Digits, DigitsEnd, Exit, HandoverResult,
    HangupCause, HoldMedia, HoldMusic, Interruption, LineState, Sound, TypeAhead,
};
use dialscript::fake::asterisk::{self, AgiStatus, FakeAsteriskCall, FakeDestinations, run_agi};
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::{CallEvent, Continuation};
use dialscript::fake::utterances::UtteranceSource;
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::session::sounds;
use crate::wire::questions::{four_digits, heard, one_hour_limit, timed};

pub(crate) struct Conversation {
    pub(crate) channel: AgiChannel<DuplexStream>,
    switch: JoinHandle<asterisk::FakeAsteriskResult>,
    stop: CancellationToken,
    pub(crate) phone_log: PhoneLog,
}

async fn call(keypresses: DtmfSource, hangs_up_after: Option<Duration>) -> Conversation {
    call_of(keypresses, UtteranceSource::silent(), hangs_up_after).await
}

pub(crate) async fn call_of(
    keypresses: DtmfSource,
    utterances: UtteranceSource,
    hangs_up_after: Option<Duration>,
) -> Conversation {
    let (ours, theirs) = duplex(64 * 1024);
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(keypresses, hangs_up_after).with_utterances(utterances);
    let places = FakeDestinations::Only(vec!["9100@shipping".into()]);
    let switch = tokio::spawn(async move {
        run_agi(theirs, "127.0.0.1", &FakeAsteriskCall::default(), places, sounds(), phone).await
    });
    let (bounds, stop) = one_hour_limit();
    let (link, environment) = connection::open(ours, bounds, Duration::from_secs(5)).await.unwrap();
    let peer = AgiPeer::new(Arc::default(), Ipv4Addr::LOCALHOST.into(), &environment);
    Conversation { channel: AgiChannel::new(link, &environment, peer), switch, stop, phone_log }
}

impl Conversation {
    async fn asks(&mut self, ask: &DigitOptions) -> Result<Digits, Interruption> {
        assert_eq!(self.channel.pick_up(true).await, Ok(LineState::Up));
        self.channel.collect_digits(&mut prompt(), ask).await
    }

    async fn leaves(self, exit: &Exit) -> (HandoverResult, asterisk::FakeAsteriskResult) {
        let left = self.channel.hand_over(&[("A", "a \"b\" \\ ${C}".into())], exit).await;
        (left, self.switch.await.unwrap())
    }
}

fn prompt() -> impl Iterator<Item = Sound> + Send {
    [Sound::Named("/var/sounds/prompt3".into()), Sound::Named("beep".into())].into_iter()
}

#[tokio::test(start_paused = true)]
async fn digits_forty_milliseconds_apart_are_all_received() {
    let keys = timed(&[(1000, '4'), (1040, '7'), (1080, '1'), (1120, '1')]);
    let mut call = call(keys, None).await;
    assert_eq!(call.asks(&four_digits()).await, heard("4711", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_the_prompt_plays_to_its_end_and_its_keys_count() {
    let keys = timed(&[(1000, '4'), (2000, '7'), (3200, '1'), (5000, '#')]);
    let mut call = call(keys, None).await;
    let began = Instant::now();
    let question = DigitOptions { barge_in: false, ..four_digits() };
    assert_eq!(call.asks(&question).await, heard("471", DigitsEnd::Terminator));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let lost = |(_, event): &(u128, CallEvent)| matches!(event, CallEvent::KeyLost(_));
    assert!(!call.phone_log.timed().iter().any(lost));
}

#[tokio::test(start_paused = true)]
async fn the_inter_digit_timeout_ends_the_input_and_a_silent_caller_has_the_whole_first_digit_timeout()
 {
    let mut talker = call(timed(&[(1000, '4')]), None).await;
    let began = Instant::now();
    assert_eq!(talker.asks(&four_digits()).await, heard("4", DigitsEnd::Timeout));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let mut silent = call(DtmfSource::none(), None).await;
    let began = Instant::now();
    assert_eq!(silent.asks(&four_digits()).await, heard("", DigitsEnd::Timeout));
    // The prompt, and four gaps.
    assert_eq!(began.elapsed().as_secs(), 3 + 16);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_leaves_digits_and_variables() {
    let mut call = call(timed(&[(1000, '4')]), Some(Duration::from_secs(2))).await;
    let asked = call.asks(&four_digits()).await;
    assert_eq!(asked, Err(Interruption::CallerHungUp { digits: "4".into() }));
    let (left, ended) = call.leaves(&Exit::Continue).await;
    assert_eq!((left, ended.status), (HandoverResult::CallerHungUp, AgiStatus::Hangup));
    assert_eq!(ended.variables["A"], "a \"b\" \\ ${C}");
    assert_eq!(ended.continuation, Continuation::HangupHandler);
}

#[tokio::test(start_paused = true)]
async fn sounds_used_as_music_are_interrupted_when_the_answer_comes() {
    let mut call = call(DtmfSource::none(), None).await;
    assert_eq!(call.channel.pick_up(true).await, Ok(LineState::Up));
    let music = HoldMusic::Sounds(Arc::from([Sound::Named("/var/sounds/prompt3".into())]));
    let hold_media =
        HoldMedia { delay: Duration::from_millis(300), music: Some(music), ..HoldMedia::default() };
    let work = sleep(Duration::from_millis(4300));
    assert_eq!(call.channel.wait(work, &hold_media).await, Ok(()));
    assert_eq!(call.channel.play(&mut prompt(), TypeAhead::Discard).await, Ok(()));
    let broken = CallEvent::SoundInterrupted {
        sound: "/var/sounds/prompt3".into(),
        played: Duration::from_secs(1),
    };
    assert!(call.phone_log.timed().contains(&(4300, broken)));
    let (left, ended) = call.leaves(&Exit::Continue).await;
    assert_eq!((left, ended.continuation), (HandoverResult::Completed, Continuation::NextStep));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_a_prompt_or_a_wait_hands_the_call_over() {
    for stops_after in [Duration::from_secs(1), Duration::from_secs(5)] {
        let mut call = call(DtmfSource::none(), None).await;
        let stop = call.stop.clone();
        tokio::spawn(async move {
            sleep(stops_after).await;
            stop.cancel();
        });
        assert_eq!(call.asks(&four_digits()).await, Err(Interruption::Shutdown));
        let (left, ended) = call.leaves(&Exit::Continue).await;
        assert_eq!((left, ended.status), (HandoverResult::Completed, AgiStatus::Success));
        assert!(ended.variables.contains_key("A"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_destination_is_looked_up_and_the_dialplan_continues_there() {
    let mut call = call(DtmfSource::none(), None).await;
    let shipping = |extension: &str| Destination {
        extension: extension.into(),
        context: Some("shipping".into()),
        priority: None,
    };
    assert_eq!(
        call.channel.check_destination(&shipping("9101")).await,
        Ok(DestinationCheck::Missing)
    );
    assert_eq!(
        call.channel.check_destination(&shipping("9100")).await,
        Ok(DestinationCheck::Exists)
    );
    let (left, ended) = call.leaves(&Exit::Goto(shipping("9100"))).await;
    assert_eq!(
        (left, ended.continuation),
        (HandoverResult::Completed, Continuation::Destination("9100@shipping,1".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_reaches_the_caller_with_its_cause() {
    let call = call(DtmfSource::none(), None).await;
    let phone_log = call.phone_log.clone();
    let (left, ended) = call.leaves(&Exit::Hangup(Some(HangupCause(17)))).await;
    assert_eq!((left, ended.status), (HandoverResult::Completed, AgiStatus::Hangup));
    assert!(phone_log.timed().contains(&(0, CallEvent::SwitchHungUp(17))));
}
