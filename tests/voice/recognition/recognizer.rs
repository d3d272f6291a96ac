//! The choice of the recognizer, and the paths of recordings.

use std::path::Path;

use dialscript::channel::AsrSource;
use dialscript::voice::asr::Recognizer;
use dialscript::voice::settings::{AsrBackend, FolderPaths, VoiceSettings};

use crate::voice::recognition::setup::{RecognitionSetup, client, settings};

#[test]
fn without_an_engine_speech_recognition_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = Recognizer::new(&settings(folder.path()), client());
    assert_eq!(
        recognizer.asr_source().expect_err("nobody").0,
        "no speech recognizer is configured"
    );
}

#[test]
fn speech_recognition_of_the_switch_is_used() {
    let setup = RecognitionSetup::new(AsrBackend::Switch {
        engine: "unimrcp".into(),
        grammar: "digits".into(),
    });
    let (source, recording) = setup.recognizer.asr_source().unwrap();
    assert_eq!(source, AsrSource::Switch { engine: "unimrcp".into(), grammar: "digits".into() });
    assert!(recording.is_none());
}

#[test]
fn a_recording_has_a_unique_path_as_the_switch_sees_it() {
    let setup = RecognitionSetup::shell("", &[]);
    let on_switch = Path::new("/mnt/said").to_owned();
    let recordings = FolderPaths { local: setup.path().to_owned(), on_switch };
    let listen = dialscript::voice::settings::AsrEngine {
        name: "recognizer".into(),
        backend: AsrBackend::Command(crate::voice::recognition::setup::shell("", &[])),
    };
    let settings = settings(setup.path());
    let settings = VoiceSettings {
        asr_engine: Some(listen.into()),
        recordings_folder: recordings,
        ..settings
    };
    let recognizer = Recognizer::new(&settings, client());
    let name = || match recognizer.asr_source().unwrap() {
        (AsrSource::Recording(name), Some(_)) => name.to_string(),
        (source, _) => panic!("{source:?}"),
    };
    let (one, other) = (name(), name());
    assert_ne!(one, other);
    let random = one.strip_prefix("/mnt/said/said-").and_then(|name| name.strip_suffix(".wav"));
    assert!(random.is_some_and(|random| random.len() == 32), "{one}");
}
