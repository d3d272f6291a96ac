//! The language in which an engine speaks, and the voice for it.

use std::sync::Arc;

use dialscript::script::voice::{VoiceParams, VoiceService};
use dialscript::voice::settings::{EngineProgram, TtsBackend, TtsEngine};

use crate::voice::synthesis::engine::{Engine, tts_engine};
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{render_sound, text_request_with};

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

/// A program that notes its voice and its language.
fn noting(setup: &SynthesisSetup) -> Engine {
    setup.engine("first", 100, "echo \"$1 $2\" >> \"$0.voices\"; cat \"$tone\"")
}

/// The engine with voices for Brazilian Portuguese and for German.
fn with_voices(engine: &Engine, voice: Option<&str>) -> TtsEngine {
    let TtsEngine { backend, .. } = Arc::into_inner(engine.tts_engine()).unwrap();
    let TtsBackend::Command(script) = backend else { unreachable!() };
    let arguments =
        [script.arguments, vec!["{voice}".to_owned(), "{language}".to_owned()]].concat();
    let voices = [("pt-BR", "faber"), ("de", "thorsten")];
    let voices = voices.map(|(language, voice)| (Arc::from(language), Arc::from(voice)));
    let backend = TtsBackend::Command(EngineProgram { arguments, ..script });
    let voice = voice.map(Arc::from);
    TtsEngine { backend, voice, voices: voices.into_iter().collect(), ..program(&[]) }
}

fn in_language(language: &str, in_call_language: bool) -> VoiceParams {
    VoiceParams { language: Some(language.into()), in_call_language, ..VoiceParams::default() }
}

#[tokio::test]
async fn the_voice_is_that_of_the_language_and_that_of_the_engine_only_in_its_own_language() {
    let script_voice = VoiceParams { voice: Some("other".into()), ..in_language("de", true) };
    for (params, spoken) in [
        (VoiceParams::default(), "amy en"),
        (in_language("de", true), "thorsten de"),
        (in_language("de-AT", true), "thorsten de-AT"),
        (in_language("PT-br", true), "faber PT-br"),
        (in_language("pt", true), "pt pt"),
        (in_language("en-GB", true), "amy en-GB"),
        (in_language("fr", true), "fr fr"),
        (in_language("de", false), "thorsten de"),
        (in_language("fr", false), "amy fr"),
        (script_voice, "other de"),
    ] {
        let mut setup = SynthesisSetup::new();
        let engine = noting(&setup);
        setup.settings.default_engine = Some(with_voices(&engine, Some("amy")).into());
        render_sound(&setup.open(), text_request_with("Good day.", params)).await;
        let noted = std::fs::read_to_string(engine.path("sh.voices")).unwrap();
        assert_eq!(noted.trim_end(), spoken);
    }
}
