//! Recording, speaking and listening, with the real driver on the fake.

use std::path::Path;
use std::time::Duration;

use dialscript::channel::{
    AsrSource, Channel, DigitOptions, Exit, HandoverResult, Interruption, KeySet, LineState,
    MomentForm, Sound, SpeechOptions, SpeechResult, SwitchMoment, SwitchTts, TypeAhead,
};
use dialscript::fake::freeswitch::{self, FakeFreeSwitchCall};
use dialscript::fake::phone::CallEvent;
use dialscript::fake::sound::FakeSounds;
use dialscript::fake::utterances::{FakeUtterance, UtteranceSource};
use tokio::time::Instant;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_freeswitch::driver::{Conversation, connected};
use crate::wire::questions::timed;

async fn call(
    utterances: UtteranceSource,
    keys: &[(u64, char)],
    hangs_up: Option<u64>,
) -> Conversation {
    let phone_log = PhoneLog::default();
    let phone = phone_log
        .phone(timed(keys), hangs_up.map(Duration::from_millis))
        .with_utterances(utterances);
    let sounds = FakeSounds::default().with("speak:none", None).with("say:hi", None);
    let call = FakeFreeSwitchCall { language: "hi".into(), ..FakeFreeSwitchCall::default() };
    let mut conversation = connected(call, sounds, phone_log, phone).await;
    assert_eq!(conversation.channel.pick_up(true).await, Ok(LineState::Up));
    conversation
}

fn says(text: &str, seconds: f64) -> FakeUtterance {
    FakeUtterance { text: text.into(), duration: Duration::from_secs_f64(seconds) }
}

fn recording(file: &Path) -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Recording(file.to_str().unwrap().into()),
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_secs(1),
        max_duration: Duration::from_secs(10),
        digits: None,
    }
}

async fn listens(
    call: &mut Conversation,
    listen: &SpeechOptions,
) -> Result<SpeechResult, Interruption> {
    call.channel.collect_speech(&mut std::iter::empty::<Sound>(), listen).await
}

async fn leaves(call: Conversation) -> freeswitch::FakeFreeSwitchResult {
    let (left, ended) = call.leaves(&[], &Exit::Continue).await;
    assert_eq!(left, HandoverResult::Completed);
    ended
}

/// The number of samples, and whether the file has more than silence.
fn heard(file: &Path) -> (u32, bool) {
    let mut wav = hound::WavReader::open(file).unwrap();
    assert_eq!((wav.spec().channels, wav.spec().bits_per_sample), (1, 16));
    (wav.duration(), wav.samples::<i16>().any(|sample| sample.unwrap() != 0))
}

#[tokio::test(start_paused = true)]
async fn the_recording_contains_the_speech_and_the_silence_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said.wav");
    let utterances = UtteranceSource::per_recording(vec![says("four seven", 2.0)]);
    let mut call = call(utterances, &[], None).await;
    assert_eq!(listens(&mut call, &recording(&file)).await, Ok(SpeechResult::Recorded));
    let (samples, is_loud) = heard(&file);
    assert!((27_500..29_000).contains(&samples), "0.5 s, 2 s and 1 s: {samples} samples");
    assert!(is_loud);
    let events = call.phone_log.events();
    let says =
        CallEvent::CallerSpoke { text: "four seven".into(), duration: Duration::from_secs(2) };
    assert!(events.contains(&says), "{events:?}");
    let before = leaves(call).await.variables;
    assert_eq!(before.get("record_fill_cng"), None, "the variable is as before");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_starts_late_is_recorded_in_a_later_round() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said.wav");
    let utterances = UtteranceSource::timed(vec![(Duration::from_millis(3300), says("yes", 1.0))]);
    let mut call = call(utterances, &[], None).await;
    let started = Instant::now();
    assert_eq!(listens(&mut call, &recording(&file)).await, Ok(SpeechResult::Recorded));
    assert!(heard(&file).1);
    let lasted = started.elapsed().as_millis();
    assert!((5200..5600).contains(&lasted), "{lasted} ms");
}

#[tokio::test(start_paused = true)]
async fn a_silent_caller_gives_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = call(UtteranceSource::silent(), &[], None).await;
    let started = Instant::now();
    let said = listens(&mut call, &recording(&folder.path().join("said.wav"))).await;
    assert_eq!(said, Ok(SpeechResult::NoInput));
    let lasted = started.elapsed().as_millis();
    assert!((5000..6500).contains(&lasted), "{lasted} ms");
}

#[tokio::test(start_paused = true)]
async fn keys_are_accepted_instead_of_speech() {
    let folder = tempfile::tempdir().unwrap();
    let utterances = UtteranceSource::per_recording(vec![says("well", 1.0)]);
    let mut call = call(utterances, &[(1200, '4'), (1500, '7'), (1800, '#')], None).await;
    let keys = Some(DigitOptions {
        keys: KeySet::DIGITS,
        max_digits: 4,
        first_digit_timeout: Duration::from_secs(4),
        inter_digit_timeout: Duration::from_secs(4),
        terminator: Some('#'),
        clear: None,
        barge_in: true,
    });
    let listen = SpeechOptions { digits: keys, ..recording(&folder.path().join("said.wav")) };
    let said = listens(&mut call, &listen).await;
    assert!(matches!(&said, Ok(SpeechResult::Digits(keys)) if keys.digits == "47"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_folder_fails_the_recording_but_not_the_call() {
    let mut call = call(UtteranceSource::silent(), &[], None).await;
    let said = listens(&mut call, &recording(Path::new("/nonexistent/said.wav"))).await;
    assert!(matches!(said, Ok(SpeechResult::Failed(_))), "{said:?}");
    leaves(call).await;
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_ends_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let utterances = UtteranceSource::per_recording(vec![says("a long phone_log", 9.0)]);
    let mut call = call(utterances, &[], Some(3000)).await;
    let said = listens(&mut call, &recording(&folder.path().join("said.wav"))).await;
    assert_eq!(said, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn the_fake_freeswitch_has_no_speech_recognition() {
    let mut call = call(UtteranceSource::silent(), &[], None).await;
    let source = AsrSource::Switch { engine: "pocketsphinx".into(), grammar: "digits".into() };
    let listen = SpeechOptions { source, ..recording(Path::new("")) };
    assert_eq!(
        listens(&mut call, &listen).await,
        Ok(SpeechResult::Failed("ASR INIT ERROR".into()))
    );
    leaves(call).await;
}

#[tokio::test(start_paused = true)]
async fn speech_digits_and_missing_sounds_are_in_the_phone_log() {
    let mut call = call(UtteranceSource::silent(), &[], None).await;
    let spoken = |engine: &str| {
        let [engine, voice, text] = [engine, "kal", "Order seven"].map(str::to_owned);
        Sound::Tts(SwitchTts { engine, voice, text }.into())
    };
    let url = Sound::Url("http://127.0.0.1:8085/a.wav".into());
    let moment = SwitchMoment { form: MomentForm::Date, clock_seconds: 1_796_135_400 };
    let sounds =
        [spoken("none"), spoken("flite"), Sound::Digits("47".into()), Sound::Moment(moment), url];
    call.channel.play(&mut sounds.into_iter(), TypeAhead::Discard).await.unwrap();
    let events = call.phone_log.events();
    let heard = events.iter().filter_map(|happening| match happening {
        CallEvent::SoundStarted { sound, .. } => Some(format!("+ {sound}")),
        CallEvent::SoundMissing { sound } => Some(format!("- {sound}")),
        _ => None,
    });
    let wanted = [
        "- speak none|kal|Order seven",
        "+ speak flite|kal|Order seven",
        "- say hi number iterated 47",
        "+ say en number iterated 47",
        "- say hi current_date pronounced 1796135399",
        "+ say en current_date pronounced 1796135399",
        "+ http://127.0.0.1:8085/a.wav",
    ];
    assert_eq!(heard.collect::<Vec<_>>(), wanted);
}

#[tokio::test(start_paused = true)]
async fn a_file_string_is_played_without_its_missing_files() {
    let name = "file_string:///s/missing.wav!ivr/a.wav!ivr/b.wav";
    let mut call = call(UtteranceSource::silent(), &[], None).await;
    let sounds = [Sound::Named(name.into())];
    call.channel.play(&mut sounds.into_iter(), TypeAhead::Discard).await.unwrap();
    let events = call.phone_log.events();
    let lasts = Duration::from_secs(3);
    assert!(
        events.contains(&CallEvent::SoundMissing { sound: "/s/missing.wav".into() }),
        "{events:?}"
    );
    assert!(
        events.contains(&CallEvent::SoundStarted { sound: name.into(), duration: lasts }),
        "{events:?}"
    );
}
