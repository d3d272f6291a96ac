//! The real driver on the fake, in memory and with a paused clock: both sides must agree where neither was told how.

use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::link;
use dialscript::channel::{
    Ask, Cause, Channel, Destination, Ended, Exit, Heard, Interrupted, Keys, Left, Line, Meanwhile,
    Music, Reach, Sound,
};
use dialscript::fake::asterisk::{self, AgiStatus, Call, Places, agi};
use dialscript::fake::fingers::Fingers;
use dialscript::fake::mouth::Mouth;
use dialscript::fake::phone::{GoesOn, Happening};
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::session::sounds;
use crate::wire::questions::{an_hour, four_digits, heard, timed};

pub(crate) struct Conversation {
    pub(crate) channel: AgiChannel<DuplexStream>,
    switch: JoinHandle<asterisk::Ended>,
    stop: CancellationToken,
    pub(crate) phone_log: PhoneLog,
}

async fn call(fingers: Fingers, hangs_up_after: Option<Duration>) -> Conversation {
    call_of(fingers, Mouth::silent(), hangs_up_after).await
}

pub(crate) async fn call_of(
    fingers: Fingers,
    mouth: Mouth,
    hangs_up_after: Option<Duration>,
) -> Conversation {
    let (ours, theirs) = duplex(64 * 1024);
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(fingers, hangs_up_after).saying(mouth);
    let places = Places::These(vec!["9100@shipping".into()]);
    let switch = tokio::spawn(async move {
        agi(theirs, "127.0.0.1", &Call::default(), places, sounds(), phone).await
    });
    let (bounds, stop) = an_hour();
    let (link, environment) = link::open(ours, bounds, Duration::from_secs(5)).await.unwrap();
    Conversation { channel: AgiChannel::new(link, &environment), switch, stop, phone_log }
}

impl Conversation {
    async fn asks(&mut self, ask: &Ask) -> Result<Heard, Interrupted> {
        assert_eq!(self.channel.pick_up(true).await, Ok(Line::Up));
        self.channel.ask(&mut prompt(), ask).await
    }

    async fn leaves(self, exit: &Exit) -> (Left, asterisk::Ended) {
        let left = self.channel.leave(&[("A", "a \"b\" \\ ${C}".into())], exit).await;
        (left, self.switch.await.unwrap())
    }
}

fn prompt() -> impl Iterator<Item = Sound> + Send {
    [Sound::OfSwitch("/var/sounds/prompt3".into()), Sound::OfSwitch("beep".into())].into_iter()
}

#[tokio::test(start_paused = true)]
async fn digits_forty_milliseconds_apart_are_all_heard() {
    let keys = timed(&[(1000, '4'), (1040, '7'), (1080, '1'), (1120, '1')]);
    let mut call = call(keys, None).await;
    assert_eq!(call.asks(&four_digits()).await, heard("4711", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_the_prompt_is_heard_to_its_end_and_its_keys_count() {
    let keys = timed(&[(1000, '4'), (2000, '7'), (3200, '1'), (5000, '#')]);
    let mut call = call(keys, None).await;
    let began = Instant::now();
    let question = Ask { barge_in: false, ..four_digits() };
    assert_eq!(call.asks(&question).await, heard("471", Ended::Terminator));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let lost = |(_, told): &(u128, Happening)| matches!(told, Happening::KeyLost(_));
    assert!(!call.phone_log.timed().iter().any(lost));
}

#[tokio::test(start_paused = true)]
async fn a_gap_ends_the_input_and_a_silent_caller_has_all_of_the_time() {
    let mut talker = call(timed(&[(1000, '4')]), None).await;
    let began = Instant::now();
    assert_eq!(talker.asks(&four_digits()).await, heard("4", Ended::Silence));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let mut silent = call(Fingers::still(), None).await;
    let began = Instant::now();
    assert_eq!(silent.asks(&four_digits()).await, heard("", Ended::Silence));
    // The prompt, and four gaps.
    assert_eq!(began.elapsed().as_secs(), 3 + 16);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_leaves_digits_and_variables() {
    let mut call = call(timed(&[(1000, '4')]), Some(Duration::from_secs(2))).await;
    let asked = call.asks(&four_digits()).await;
    assert_eq!(asked, Err(Interrupted::CallerLeft { digits: "4".into() }));
    let (left, ended) = call.leaves(&Exit::Continue).await;
    assert_eq!((left, ended.status), (Left::CallerGone, AgiStatus::Hangup));
    assert_eq!(ended.variables["A"], "a \"b\" \\ ${C}");
    assert_eq!(ended.goes_on, GoesOn::HangupHandler);
}

#[tokio::test(start_paused = true)]
async fn sounds_as_music_are_broken_off_when_the_answer_comes() {
    let mut call = call(Fingers::still(), None).await;
    assert_eq!(call.channel.pick_up(true).await, Ok(Line::Up));
    let music = Music::Sounds(Arc::from([Sound::OfSwitch("/var/sounds/prompt3".into())]));
    let meanwhile =
        Meanwhile { after: Duration::from_millis(300), music: Some(music), ..Meanwhile::default() };
    let work = sleep(Duration::from_millis(4300));
    assert_eq!(call.channel.wait(work, &meanwhile).await, Ok(()));
    assert_eq!(call.channel.play(&mut prompt(), Keys::Ignored).await, Ok(()));
    let broken =
        Happening::BrokenOff { sound: "/var/sounds/prompt3".into(), after: Duration::from_secs(1) };
    assert!(call.phone_log.timed().contains(&(4300, broken)));
    let (left, ended) = call.leaves(&Exit::Continue).await;
    assert_eq!((left, ended.goes_on), (Left::AsAsked, GoesOn::NextStep));
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_a_prompt_and_in_a_wait_hands_the_call_over() {
    for stops_after in [Duration::from_secs(1), Duration::from_secs(5)] {
        let mut call = call(Fingers::still(), None).await;
        let stop = call.stop.clone();
        tokio::spawn(async move {
            sleep(stops_after).await;
            stop.cancel();
        });
        assert_eq!(call.asks(&four_digits()).await, Err(Interrupted::Stopping));
        let (left, ended) = call.leaves(&Exit::Continue).await;
        assert_eq!((left, ended.status), (Left::AsAsked, AgiStatus::Success));
        assert!(ended.variables.contains_key("A"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_destination_is_looked_up_and_gone_to() {
    let mut call = call(Fingers::still(), None).await;
    let shipping = |extension: &str| Destination {
        extension: extension.into(),
        context: Some("shipping".into()),
        priority: None,
    };
    assert_eq!(call.channel.reaches(&shipping("9101")).await, Ok(Reach::No));
    assert_eq!(call.channel.reaches(&shipping("9100")).await, Ok(Reach::Yes));
    let (left, ended) = call.leaves(&Exit::Goto(shipping("9100"))).await;
    assert_eq!((left, ended.goes_on), (Left::AsAsked, GoesOn::At("9100@shipping,1".into())));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_reaches_the_caller_with_its_cause() {
    let call = call(Fingers::still(), None).await;
    let phone_log = call.phone_log.clone();
    let (left, ended) = call.leaves(&Exit::Hangup(Some(Cause(17)))).await;
    assert_eq!((left, ended.status), (Left::AsAsked, AgiStatus::Hangup));
    assert!(phone_log.timed().contains(&(0, Happening::IsHungUp(17))));
}
