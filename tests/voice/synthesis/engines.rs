//! Engines that fail, and fallback engines.

use std::time::Duration;

use dialscript::script::voice::VoiceParams;
use dialscript::voice::settings::{EngineProgram, TtsBackend};
use tokio::time::Instant;

use crate::support::wait::until;
use crate::voice::synthesis::engine::tts_engine;
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    length, render_if_cached, render_sound, sound_error, text_request, text_request_with,
};

fn not_installed() -> TtsBackend {
    TtsBackend::Command(EngineProgram {
        executable: "/nowhere/speaks".into(),
        arguments: Vec::new(),
    })
}

/// The fallback engine is used when the first engine runs these lines.
async fn assert_fallback_is_used(lines: &str) {
    let (setup, first, fallback) = SynthesisSetup::with_fallback(lines);
    let engines = setup.open();
    assert_eq!(length(&render_sound(&engines, text_request("Good day.")).await), 200);
    assert_eq!((first.runs(), fallback.runs()), (1, 1));
}

#[tokio::test]
async fn the_fallback_engine_is_used_when_the_first_fails() {
    assert_fallback_is_used("exit 3").await;
    assert_fallback_is_used("kill -SEGV $$").await;
    assert_fallback_is_used("echo this is no sound").await;
    assert_fallback_is_used("exit 0").await;
    assert_fallback_is_used("exec yes").await;
}

#[tokio::test]
async fn an_engine_that_is_not_installed_is_not_waited_for() {
    let (mut setup, _, fallback) = SynthesisSetup::with_fallback("");
    setup.settings.default_engine = Some(tts_engine("missing", not_installed()));
    assert_eq!(length(&render_sound(&setup.open(), text_request("Good day.")).await), 200);
    assert_eq!(fallback.runs(), 1);
}

#[tokio::test]
async fn an_engine_that_hangs_is_killed_at_its_timeout() {
    let (mut setup, first, _) = SynthesisSetup::with_fallback("exec sleep 60");
    setup.settings.timeout = Duration::from_millis(1500);
    let begun = Instant::now();
    assert_eq!(length(&render_sound(&setup.open(), text_request("Good day.")).await), 200);
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    until("its end", || !first.is_running()).await;
}

#[tokio::test]
async fn when_all_engines_fail_the_error_has_each_reason_and_not_the_text() {
    let mut setup = SynthesisSetup::new();
    let first = setup.engine("first", 100, "cat \"$0.text\" >&2; exit 3");
    setup.settings.default_engine = Some(first.tts_engine());
    setup.settings.fallback_engine = Some(tts_engine("missing", not_installed()));
    let reason = sound_error(&setup.open(), text_request("Good day.")).await;
    assert!(reason.starts_with("first: it exited with status 3; missing: "), "{reason}");
    assert!(!reason.contains("Good day"), "{reason}");
}

#[tokio::test]
async fn a_text_without_an_engine_is_an_error_at_once() {
    let engines = SynthesisSetup::new().open();
    let outcome = render_if_cached(&engines, text_request("Good day.")).expect("at once");
    assert!(outcome.err().expect("no sound").0.starts_with("no text-to-speech engine: none"));
    let params = VoiceParams { engine: Some("other".into()), ..VoiceParams::default() };
    let outcome =
        render_if_cached(&engines, text_request_with("Good day.", params)).expect("at once");
    assert_eq!(outcome.err().expect("no sound").0, "there is no text-to-speech engine named other");
}

#[tokio::test]
async fn repeated_failures_open_the_circuit_breaker_of_an_engine() {
    let (setup, first, fallback) = SynthesisSetup::with_fallback("exit 3");
    let engines = setup.open();
    for n in 0..5 {
        render_sound(&engines, text_request(&format!("Number {n}."))).await;
    }
    assert_eq!((first.runs(), fallback.runs()), (3, 5));
    // Meanwhile the sound of the fallback engine is served at once.
    assert!(render_if_cached(&engines, text_request("Number 4.")).is_some());
}

#[tokio::test]
async fn a_failing_voice_does_not_affect_the_other_voices() {
    let (setup, first, _) =
        SynthesisSetup::with_fallback("grep -q bad \"$0.text\" && exit 3; cat \"$tone\"");
    let engines = setup.open();
    let params = VoiceParams { voice: Some("missing".into()), ..VoiceParams::default() };
    for n in 0..4 {
        render_sound(&engines, text_request_with(&format!("bad {n}"), params.clone())).await;
    }
    assert_eq!(first.runs(), 3);
    assert_eq!(length(&render_sound(&engines, text_request("good")).await), 100);
}

#[tokio::test]
async fn a_sound_of_the_fallback_engine_is_not_cached_for_the_first_engine() {
    let (setup, first, fallback) =
        SynthesisSetup::with_fallback("[ -e \"$0.works\" ] || exit 3; cat \"$tone\"");
    let engines = setup.open();
    assert_eq!(length(&render_sound(&engines, text_request("Good day.")).await), 200);
    assert_eq!(length(&render_sound(&engines, text_request("Good day.")).await), 200);
    assert_eq!((first.runs(), fallback.runs()), (2, 1));
    std::fs::write(first.path("sh.works"), "").unwrap();
    assert_eq!(length(&render_sound(&engines, text_request("Good day.")).await), 100);
}

#[tokio::test]
async fn a_text_that_waits_for_a_permit_times_out() {
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, "exec sleep 60");
    setup.settings.default_engine = Some(engine.tts_engine());
    setup.settings.max_concurrent = 1;
    setup.settings.timeout = Duration::from_millis(500);
    let engines = setup.open();
    let (one, other) = tokio::join!(
        sound_error(&engines, text_request("One.")),
        sound_error(&engines, text_request("Other."))
    );
    assert!(one.starts_with("first: "), "{one}");
    assert!(
        other.starts_with("no text-to-speech engine was free") || other.starts_with("first: "),
        "{other}"
    );
    assert!(engine.runs() <= 2);
}
