//! Single flight: each sound is made once for all calls.

use std::fs;

use dialscript::channel::Sound;
use dialscript::script::voice::{
    RenderedSound, SoundError, SpeakingRate, VoiceParams, VoiceService,
};
use dialscript::voice::settings::TtsBackend;
use futures_util::future::join_all;

use crate::support::wait::{until, within};
use crate::voice::synthesis::engine::tts_engine;
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    file, length, render_if_cached, render_sound, sensitive_text_request, sound_error,
    text_request, text_request_with,
};

/// Speaks once the file `go` exists.
const WAITS: &str = "while [ ! -e \"$0.go\" ]; do sleep 0.05; done; cat \"$tone\"";

#[tokio::test]
async fn ten_simultaneous_calls_with_one_new_text_synthesize_it_once() {
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, WAITS);
    setup.settings.default_engine = Some(engine.tts_engine());
    let engines = setup.open();
    let ten = join_all((0..10).map(|_| engines.render(text_request("Good day."), false)));
    fs::write(engine.path("sh.go"), "").unwrap();
    let ten = within("ten sounds", ten).await;
    let files: Vec<_> = ten.into_iter().map(|made| file(&made.expect("a sound"))).collect();
    assert!(files.iter().all(|one| *one == files[0]));
    assert_eq!(engine.runs(), 1);
    assert_eq!(engine.text(), "Good day.");
}

#[tokio::test]
async fn the_second_call_gets_the_cached_sound_without_an_engine_run() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let engines = setup.open();
    let first = render_sound(&engines, text_request("Good day.")).await;
    assert_eq!(length(&first), 100);
    let second =
        render_if_cached(&engines, text_request("Good day.")).expect("at once").expect("a sound");
    assert_eq!(file(&first), file(&second));
    assert_eq!(engine.runs(), 1);
}

#[tokio::test]
async fn a_synthesis_completes_for_other_calls_when_its_caller_hangs_up() {
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, WAITS);
    setup.settings.default_engine = Some(engine.tts_engine());
    let engines = setup.open();
    let mut rendering = engines.render(text_request("Good day."), false);
    until("a run", || {
        let waits = futures_util::FutureExt::now_or_never(&mut rendering).is_none();
        assert!(waits);
        engine.runs() == 1
    })
    .await;
    drop(rendering);
    fs::write(engine.path("sh.go"), "").unwrap();
    within("the end", engines.close_and_wait()).await;
    assert!(render_if_cached(&engines, text_request("Good day.")).expect("at once").is_ok());
    assert_eq!(engine.runs(), 1);
}

#[tokio::test]
async fn each_voice_parameter_that_changes_the_sound_gives_its_own_file() {
    let (mut setup, engine) = SynthesisSetup::with_engine();
    setup.name("second", setup.engine("second", 100, "cat \"$tone\"").tts_engine());
    let engines = setup.open();
    let variants = [
        VoiceParams::default(),
        VoiceParams { engine: Some("second".into()), ..VoiceParams::default() },
        VoiceParams { voice: Some("en-us".into()), ..VoiceParams::default() },
        VoiceParams { language: Some("de".into()), ..VoiceParams::default() },
        VoiceParams { speed: Some(SpeakingRate(150)), ..VoiceParams::default() },
    ];
    for params in variants.clone() {
        render_sound(&engines, text_request_with("Good day.", params)).await;
    }
    assert_eq!((engine.runs(), setup.sounds()), (4, 5));
    for params in variants {
        assert!(render_if_cached(&engines, text_request_with("Good day.", params)).is_some());
    }
}

#[tokio::test]
async fn a_sensitive_text_is_synthesized_for_one_call_and_deleted_after_playback() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let engines = setup.open();
    let one = render_sound(&engines, sensitive_text_request("4711")).await;
    let other = render_sound(&engines, sensitive_text_request("4711")).await;
    assert_ne!(file(&one), file(&other));
    assert_eq!((engine.runs(), setup.private_files().len()), (2, 2));
    let heard = file(&one);
    drop(one);
    assert!(!heard.exists() && file(&other).exists());
    drop(other);
    assert_eq!((setup.files(), setup.private_files()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn the_synthesis_of_a_sensitive_text_is_cancelled_when_its_caller_hangs_up() {
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, "exec sleep 60");
    setup.settings.default_engine = Some(engine.tts_engine());
    let engines = setup.open();
    let rendering = engines.render(sensitive_text_request("4711"), false);
    until("a run", || engine.path("sh.pid").exists() && engine.runs() == 1).await;
    drop(rendering);
    within("the end", engines.close_and_wait()).await;
    until("its end", || !engine.is_running()).await;
    assert_eq!((setup.files(), setup.private_files()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_switch_with_text_to_speech_speaks_itself_and_others_use_the_fallback_engine() {
    let (mut setup, engine) = SynthesisSetup::with_engine();
    setup.settings.fallback_engine = Some(engine.tts_engine());
    setup.settings.default_engine =
        Some(tts_engine("flite", TtsBackend::Switch("flite".to_owned())));
    let engines = setup.open();
    let made = engines.render(text_request("Good day."), true).await.expect("a sound");
    let Sound::Tts(spoken) = made.sound else { panic!("{:?}", made.sound) };
    assert_eq!((spoken.engine.as_str(), spoken.text.as_str()), ("flite", "Good day."));
    let cached_sound =
        |speaks| engines.cached(text_request("Good day."), speaks).map(|made| made.sound);
    assert!(matches!(cached_sound(true), Some(Sound::Tts(_))) && cached_sound(false).is_none());
    assert_eq!(engine.runs(), 0);
    assert_eq!(
        length(&crate::voice::synthesis::render_sound(&engines, text_request("Good day.")).await),
        100
    );
    setup.settings.fallback_engine = None;
    let reason = sound_error(&setup.open(), text_request("Good day.")).await;
    assert_eq!(reason, "the switch has no text-to-speech, and no other engine is configured");
}

#[tokio::test]
async fn texts_over_the_queue_limit_are_refused_at_once() {
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, WAITS);
    setup.settings.default_engine = Some(engine.tts_engine());
    setup.settings.max_concurrent = 1;
    let engines = setup.open();
    let all: Vec<_> =
        (0..64).map(|n| engines.render(text_request(&format!("Number {n}.")), false)).collect();
    let refused = render_if_cached(&engines, text_request("One more."))
        .expect("at once")
        .err()
        .expect("a refusal");
    assert_eq!(refused.0, "64 sounds are being prepared already");
    // A text that is already being prepared is not refused.
    assert!(render_if_cached(&engines, text_request("Number 7.")).is_none());
    fs::write(engine.path("sh.go"), "").unwrap();
    let is_refused = |made: &Result<RenderedSound, SoundError>| made.is_err();
    let one_more = || render_if_cached(&engines, text_request("One more."));
    until("a place", || !one_more().as_ref().is_some_and(is_refused)).await;
    drop(all);
}
