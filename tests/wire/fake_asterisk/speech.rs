//! What the caller says, and what is said to the caller by the switch's own sounds.

use std::path::PathBuf;
use std::time::Duration;

use dialscript::channel::{
    AsrSource, Channel, DigitOptions, Digits, DigitsEnd, Interruption, MomentForm, Sound,
    SpeechOptions, SpeechResult, SwitchMoment,
};
use dialscript::fake::asterisk::{AgiStatus, FakeAsteriskCall, FakeDestinations, FakeLineState};
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::CallEvent;
use dialscript::fake::utterances::{FakeUtterance, UtteranceSource};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::driver::{Conversation, call_of};
use crate::wire::fake_asterisk::session::Server;
use crate::wire::questions::{four_digits, timed};

fn utterance(milliseconds: u64) -> FakeUtterance {
    FakeUtterance { text: "four seven".into(), duration: Duration::from_millis(milliseconds) }
}

fn says(after: u64, lasts: u64) -> UtteranceSource {
    UtteranceSource::timed(vec![(Duration::from_millis(after), utterance(lasts))])
}

async fn server(keypresses: DtmfSource, utterances: UtteranceSource) -> (Server, PhoneLog) {
    let phone_log = PhoneLog::default();
    let phone = phone_log.phone(keypresses, None).with_utterances(utterances);
    let call = FakeAsteriskCall { line_state: FakeLineState::Up, ..FakeAsteriskCall::default() };
    (Server::of(call, FakeDestinations::All, phone).await, phone_log)
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("said.wav")
    }

    fn record(&self, rest: &str) -> String {
        format!("RECORD FILE {} wav {rest}", self.0.path().join("said").display())
    }

    /// Whether each tenth of a second is loud.
    fn loud(&self) -> String {
        let mut wav = hound::WavReader::open(self.file()).unwrap();
        let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
        let is_loud = |tenth: &[i16]| tenth.iter().any(|sample| sample.unsigned_abs() > 1000);
        samples.chunks(800).map(|tenth| if is_loud(tenth) { '#' } else { '.' }).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_after_the_utterance_and_contains_it() {
    let folder = Folder::new();
    let (mut server, phone_log) = server(DtmfSource::none(), says(500, 1000)).await;
    let reply = server.asks(&folder.record(r##""#" 15000 s=2"##)).await;
    assert_eq!(reply, "200 result=11480 (timeout) endpos=20160");
    assert_eq!(folder.loud(), ".....##########...........");
    let file = folder.file().display().to_string();
    let events = [
        (
            500,
            CallEvent::CallerSpoke { text: "four seven".into(), duration: Duration::from_secs(1) },
        ),
        (3520, CallEvent::Recorded { file, duration: Duration::from_millis(2520) }),
    ];
    assert_eq!(phone_log.timed()[1..], events);
}

#[tokio::test(start_paused = true)]
async fn speech_that_starts_before_a_recording_is_in_it_from_its_start() {
    let folder = Folder::new();
    let (mut server, _) = server(DtmfSource::none(), says(0, 800)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.asks(&folder.record(r#""" 15000 s=1"#)).await;
    assert_eq!(&folder.loud()[..5], "###..");
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_utterances_on_request_waits_for_the_recording() {
    let folder = Folder::new();
    let utterances = UtteranceSource::per_recording(vec![utterance(300), utterance(300)]);
    let (mut server, phone_log) = server(DtmfSource::none(), utterances).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        server.asks(&folder.record(r#""" 15000 s=1"#)).await;
        assert_eq!(folder.loud(), ".....###...........");
    }
    let said = phone_log
        .timed()
        .into_iter()
        .filter(|(_, event)| matches!(event, CallEvent::CallerSpoke { .. }));
    assert_eq!(said.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_can_not_be_written_marks_the_session() {
    let (mut server, _) = server(DtmfSource::none(), UtteranceSource::silent()).await;
    let failed = "200 result=-1 (writefile)";
    assert_eq!(server.asks(r#"RECORD FILE /nowhere/at/all wav "" 1000 s=1"#).await, failed);
    assert_eq!(server.asks(r#"RECORD FILE /tmp/x nosuch "" 1000 s=1"#).await, failed);
    assert_eq!(server.closes().await.status, AgiStatus::Failure);
}

#[tokio::test(start_paused = true)]
async fn digits_and_letters_are_spoken_one_by_one_and_a_key_ends_them() {
    let (mut server, phone_log) = server(timed(&[(3000, '5')]), UtteranceSource::silent()).await;
    assert_eq!(server.asks(r#"SAY DIGITS "07" """#).await, "200 result=0");
    assert_eq!(server.asks(r#"SAY ALPHA "abcd" "5""#).await, "200 result=53");
    let events = phone_log.timed();
    let hears = |sound: &str, milliseconds| CallEvent::SoundStarted {
        sound: sound.into(),
        duration: Duration::from_millis(milliseconds),
    };
    assert_eq!(events[1], (0, hears("digits 07", 1400)));
    assert_eq!(events[2], (1400, hears("letters abcd", 2800)));
    let usage = "520-Invalid command syntax.  Proper usage follows:";
    assert_eq!(server.asks(r#"SAY DIGITS "*12" """#).await, usage);
}

#[tokio::test(start_paused = true)]
async fn the_fake_asterisk_has_no_speech_engine() {
    let (mut server, _) = server(DtmfSource::none(), UtteranceSource::silent()).await;
    for command in ["SPEECH CREATE ears", "SPEECH RECOGNIZE beep 5", "SPEECH DESTROY"] {
        assert_eq!(server.asks(command).await, "200 result=0", "{command}");
    }
}

fn listen(folder: &Folder, keys: Option<DigitOptions>) -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Recording(folder.file().display().to_string().into()),
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_millis(1500),
        max_duration: Duration::from_secs(15),
        digits: keys,
    }
}

async fn listening(
    folder: &Folder,
    keypresses: DtmfSource,
    utterances: UtteranceSource,
    keys: Option<DigitOptions>,
) -> Result<SpeechResult, Interruption> {
    let Conversation { mut channel, .. } = call_of(keypresses, utterances, None).await;
    channel.pick_up(true).await.unwrap();
    let mut prompt = [Sound::Named("/var/sounds/prompt3".into())].into_iter();
    channel.collect_speech(&mut prompt, &listen(folder, keys)).await
}

#[tokio::test(start_paused = true)]
async fn the_driver_records_a_caller_who_speaks_in_the_second_round() {
    // The prompt lasts 3 s, the first round 2.02 s.
    let folder = Folder::new();
    let said = listening(&folder, DtmfSource::none(), says(6020, 700), None).await;
    assert_eq!(said, Ok(SpeechResult::Recorded));
    assert!(folder.loud().starts_with("..........#######"), "{}", folder.loud());
}

#[tokio::test(start_paused = true)]
async fn the_driver_records_a_caller_who_speaks_as_the_first_round_ends() {
    let folder = Folder::new();
    let said = listening(&folder, DtmfSource::none(), says(4900, 700), None).await;
    assert_eq!(said, Ok(SpeechResult::Recorded));
    assert_eq!(&folder.loud()[18..27], ".#######.");
}

#[tokio::test(start_paused = true)]
async fn the_driver_reports_no_input_after_the_start_timeout() {
    let (folder, began) = (Folder::new(), Instant::now());
    let said =
        listening(&folder, DtmfSource::none(), UtteranceSource::silent(), Some(four_digits()))
            .await;
    assert_eq!(said, Ok(SpeechResult::NoInput));
    assert_eq!(began.elapsed(), Duration::from_millis(3000 + 3 * 2020));
}

#[tokio::test(start_paused = true)]
async fn the_driver_accepts_keys_instead_of_speech() {
    let keys = [(4000, '4'), (4200, '7'), (4400, '1'), (4600, '1')];
    let keys = keys.map(|(at, key)| (Duration::from_millis(at), key)).to_vec();
    let folder = Folder::new();
    let keypresses = DtmfSource::timed(keys);
    let said = listening(&folder, keypresses, UtteranceSource::silent(), Some(four_digits())).await;
    let heard = Digits { digits: "4711".into(), end: DigitsEnd::MaxDigits };
    assert_eq!(said, Ok(SpeechResult::Digits(heard)));
}

#[tokio::test(start_paused = true)]
async fn the_driver_notices_a_hang_up_while_the_caller_speaks() {
    let folder = Folder::new();
    let hangs_up = Some(Duration::from_secs(4));
    let Conversation { mut channel, .. } =
        call_of(DtmfSource::none(), says(3500, 2000), hangs_up).await;
    channel.pick_up(true).await.unwrap();
    let mut prompt = [Sound::Named("/var/sounds/prompt3".into())].into_iter();
    let said = channel.collect_speech(&mut prompt, &listen(&folder, None)).await;
    assert_eq!(said, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn the_driver_and_the_switch_agree_on_every_kind_of_sound() {
    let Conversation { mut channel, phone_log, .. } =
        call_of(DtmfSource::none(), UtteranceSource::silent(), None).await;
    channel.pick_up(true).await.unwrap();
    let url = "http://10.0.0.5:8085/0123456789abcdef0123456789abcdef.wav";
    let moment = SwitchMoment { form: MomentForm::Time, clock_seconds: 1_796_135_400 };
    let mut prompt = [
        Sound::Digits("07".into()),
        Sound::Url(url.into()),
        Sound::Letters("ab".into()),
        Sound::Moment(moment),
    ]
    .into_iter();
    let question = four_digits();
    assert!(channel.collect_digits(&mut prompt, &question).await.is_ok());
    let sounds: Vec<_> = phone_log
        .timed()
        .into_iter()
        .filter_map(|(_, events)| match events {
            CallEvent::SoundStarted { sound, .. } => Some(sound),
            _ => None,
        })
        .collect();
    assert_eq!(sounds, ["digits 07", url, "letters ab", "datetime 1796135400 IMp UTC"]);
}
