//! What is logged of engines and sounds.

use crate::support::log::{LogLines, record};
use crate::support::wav::tone;
use crate::support::web::{Reply, Web};
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    render_sound, sensitive_text_request, sound_error, text_request, url_request,
};

fn warnings(lines: &LogLines) -> Vec<String> {
    lines.text().lines().filter(|line| line.contains("WARN")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_failing_engine_is_logged_once_with_its_own_message() {
    let (lines, _guard) = record("trace");
    let mut setup = SynthesisSetup::new();
    let engine = setup.engine("first", 100, "echo no such voice >&2; exit 3");
    setup.settings.default_engine = Some(engine.tts_engine());
    let engines = setup.open();
    for text in ["Good day.", "Good night."] {
        sound_error(&engines, text_request(text)).await;
    }
    let warnings = warnings(&lines);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in ["text-to-speech engine failed", "first", "status 3", "no such voice"] {
        assert!(warnings[0].contains(part), "{}", warnings[0]);
    }
}

#[tokio::test]
async fn texts_to_speak_are_never_logged() {
    for wanted in [
        text_request("The code is 4711canary, which nobody knows."),
        sensitive_text_request("4711canary"),
    ] {
        let (lines, _guard) = record("trace");
        let lines_of_engine = "echo \"cannot say: $(cut -c 1-24 \"$0.text\")\" >&2; exit 3";
        let mut setup = SynthesisSetup::new();
        let engine = setup.engine("first", 100, lines_of_engine);
        setup.settings.default_engine = Some(engine.tts_engine());
        sound_error(&setup.open(), wanted).await;
        assert_eq!(warnings(&lines).len(), 1);
        assert!(!lines.text().contains("4711canary"), "{}", lines.text());
    }
}

#[tokio::test]
async fn urls_of_sounds_are_never_logged() {
    let (lines, _guard) = record("trace");
    let turn = std::sync::atomic::AtomicBool::new(true);
    let web = Web::start(move |_| match turn.swap(false, std::sync::atomic::Ordering::SeqCst) {
        true => Reply::with(200, "Cache-Control: max-age=0\r\n", tone(100)),
        false => Reply::of(500, "text/plain", "4711canary"),
    })
    .await;
    let engines = SynthesisSetup::new().open();
    render_sound(&engines, url_request(&web.url("/4711canary?word=4711canary"))).await;
    render_sound(&engines, url_request(&web.url("/4711canary?word=4711canary"))).await;
    let ours: Vec<_> = warnings(&lines);
    assert_eq!(ours.len(), 1);
    assert!(ours[0].contains("the stale one is played"), "{}", ours[0]);
    assert!(!ours[0].contains("4711canary"), "{}", ours[0]);
}
