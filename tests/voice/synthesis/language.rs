//! The language in which an engine speaks: amounts are written in it.

use std::sync::Arc;

use dialscript::script::voice::{VoiceParams, VoiceService};
use dialscript::voice::settings::{EngineProgram, TtsBackend, TtsEngine};

use crate::voice::synthesis::engine::tts_engine;
use crate::voice::synthesis::setup::SynthesisSetup;

fn program(arguments: &[&str]) -> TtsEngine {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let program = EngineProgram { executable: "engine".to_owned(), arguments };
    Arc::into_inner(tts_engine("first", TtsBackend::Command(program))).unwrap()
}

/// The language of the default engine for these parameters of a script.
fn language(engine: TtsEngine, params: VoiceParams) -> Option<String> {
    let mut setup = SynthesisSetup::new();
    setup.settings.default_engine = Some(engine.into());
    setup.open().text_language(&params).map(|language| language.to_string())
}

#[tokio::test]
async fn the_language_is_the_scripts_or_the_configured_one() {
    let script = || VoiceParams { language: Some("de".into()), ..VoiceParams::default() };
    let configured = || TtsEngine { language: "fr".into(), language_is_set: true, ..program(&[]) };
    assert_eq!(language(program(&[]), script()).as_deref(), Some("de"));
    assert_eq!(language(configured(), script()).as_deref(), Some("de"));
    assert_eq!(language(configured(), VoiceParams::default()).as_deref(), Some("fr"));
}

#[tokio::test]
async fn the_default_language_counts_only_if_the_engine_chooses_its_voice_by_it() {
    let voice = || Some("thorsten".into());
    let script_voice = VoiceParams { voice: voice(), ..VoiceParams::default() };
    for (engine, params, expected) in [
        (program(&["-v", "{voice}"]), VoiceParams::default(), Some("en")),
        (program(&["--lang={language}"]), VoiceParams::default(), Some("en")),
        (program(&["--model", "de_DE-thorsten"]), VoiceParams::default(), None),
        (TtsEngine { voice: voice(), ..program(&["{voice}"]) }, VoiceParams::default(), None),
        (program(&["{voice}"]), script_voice, None),
    ] {
        assert_eq!(language(engine, params).as_deref(), expected);
    }
}
