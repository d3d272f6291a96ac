//! Fixed sounds of scripts are prepared before a call needs them.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use dialscript::script::definition::{Playlist, PromptPart, Script, ScriptLibrary, ScriptPrompt};
use dialscript::voice::settings::TtsBackend;

use crate::support::wait::{until, within};
use crate::support::wav::tone;
use crate::support::web::{Reply, Web};
use crate::voice::synthesis::engine::tts_engine;
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    file, length, render_if_cached, render_sound, text_request, url_request,
};

/// One script with a prompt of these parts.
fn library(parts: impl IntoIterator<Item = PromptPart>) -> ScriptLibrary {
    let sounds = Playlist { parts: parts.into_iter().collect() };
    let script =
        Script { prompt: ScriptPrompt { sounds, ..ScriptPrompt::default() }, ..Script::default() };
    let mut library = ScriptLibrary::default();
    library.scripts.insert("one".to_owned(), Arc::new(script));
    library
}

fn texts(texts: &[&str]) -> ScriptLibrary {
    library(texts.iter().map(|text| PromptPart::Text((*text).into())))
}

#[tokio::test]
async fn fixed_texts_and_urls_are_prepared_before_the_first_call() {
    let web = Web::start(|_| Reply::of(200, "audio/wav", tone(100))).await;
    let (setup, engine) = SynthesisSetup::with_engine();
    let engines = setup.open();
    let url = web.url("/hello.wav");
    let text = |text: &str| PromptPart::Text(text.into());
    engines.prewarm(&library([text("One."), text("Two."), PromptPart::Url(url.as_str().into())]));
    until("three sounds", || setup.sounds() == 3).await;
    for wanted in [text_request("One."), text_request("Two."), url_request(&url)] {
        until("a sound", || {
            render_if_cached(&engines, wanted.clone()).is_some_and(|made| made.is_ok())
        })
        .await;
    }
    assert_eq!(engine.runs(), 2);
}

#[tokio::test]
async fn removed_sounds_are_made_again_at_a_reload() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let engines = setup.open();
    engines.prewarm(&texts(&["One.", "Two."]));
    until("two runs", || engine.runs() == 2 && setup.sounds() == 2).await;
    until("two sounds", || render_if_cached(&engines, text_request("Two.")).is_some()).await;
    until("two sounds", || render_if_cached(&engines, text_request("One.")).is_some()).await;
    for file in setup.files() {
        fs::remove_file(setup.settings.cache_folder.local.join(file)).unwrap();
    }
    engines.prewarm(&texts(&["One.", "Two."]));
    until("two sounds again", || setup.sounds() == 2).await;
    assert_eq!(engine.runs(), 4);
}

#[tokio::test]
async fn a_failing_engine_does_not_stop_preparation_and_switch_texts_are_skipped() {
    let (mut setup, first, fallback) = SynthesisSetup::with_fallback("exit 3");
    let engines = setup.open();
    engines.prewarm(&texts(&["One.", "Two.", "Three.", "Four.", "Five."]));
    until("five sounds", || setup.sounds() == 5).await;
    assert!((3..=5).contains(&first.runs()), "{}", first.runs());
    assert_eq!(fallback.runs(), 5);
    setup.settings.default_engine =
        Some(tts_engine("flite", TtsBackend::Switch("flite".to_owned())));
    setup.settings.fallback_engine = None;
    let engines = setup.open();
    engines.prewarm(&texts(&["Six."]));
    within("the end", engines.close_and_wait()).await;
}

/// Advances the clock in steps of half a minute until the condition holds.
async fn until_with_time_advanced(what: &str, mut happens: impl FnMut() -> bool) {
    for _ in 0..200 {
        if happens() {
            return;
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(31)).await;
        tokio::time::resume();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_missing_sound_is_prepared_later() {
    let (mut setup, first, fallback) =
        SynthesisSetup::with_fallback("[ -e \"$0.works\" ] || exit 3; cat \"$tone\"");
    setup.settings.timeout = Duration::from_secs(24 * 60 * 60);
    let engines = setup.open();
    engines.prewarm(&texts(&["One."]));
    until("the fallback engine", || fallback.runs() == 1 && setup.sounds() == 1).await;
    let failures = first.runs();
    fs::write(first.path("sh.works"), "").unwrap();
    until_with_time_advanced("the first engine", || setup.sounds() == 2).await;
    let made = render_sound(&engines, text_request("One.")).await;
    assert_eq!((length(&made), first.runs(), fallback.runs()), (100, failures + 1, 1));
    fs::remove_file(file(&made)).unwrap();
    until_with_time_advanced("the first engine again", || first.runs() == failures + 2).await;
}

#[tokio::test]
async fn a_sound_that_keeps_failing_is_retried_less_and_less_often() {
    let (setup, engine) = SynthesisSetup::with_engine();
    // The folder is not writable, so each sound is lost. A commercial engine may charge for each.
    fs::write(&setup.settings.cache_folder.local, "").unwrap();
    let engines = setup.open();
    engines.prewarm(&texts(&["One."]));
    until("the first try", || engine.runs() == 1).await;
    until_with_time_advanced("the second try", || engine.runs() == 2).await;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(31)).await;
        tokio::time::resume();
    }
    assert!((3..10).contains(&engine.runs()), "{} tries in a quarter of an hour", engine.runs());
}
