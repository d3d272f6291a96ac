//! Who listens.

use std::path::Path;

use dialscript::channel::Ear;
use dialscript::voice::hear::Hearing;
use dialscript::voice::settings::{Folder, ListenBy, Settings};

use crate::voice::recognition::setup::{RecognitionSetup, client, settings};

#[test]
fn without_an_engine_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let hearing = Hearing::new(&settings(folder.path()), client());
    assert_eq!(hearing.ear().expect_err("nobody").0, "no engine listens");
}

#[test]
fn the_switch_listens_itself() {
    let setup = RecognitionSetup::new(ListenBy::Switch {
        engine: "unimrcp".into(),
        grammar: "digits".into(),
    });
    let (ear, recording) = setup.hearing.ear().unwrap();
    assert_eq!(ear, Ear::Switch { engine: "unimrcp".into(), grammar: "digits".into() });
    assert!(recording.is_none());
}

#[test]
fn a_recording_is_named_as_the_switch_sees_it_and_never_twice() {
    let setup = RecognitionSetup::shell("", &[]);
    let on_switch = Path::new("/mnt/said").to_owned();
    let recordings = Folder { ours: setup.path().to_owned(), on_switch };
    let listen = dialscript::voice::settings::Listen {
        name: "ear".into(),
        by: ListenBy::Command(crate::voice::recognition::setup::shell("", &[])),
    };
    let settings = settings(setup.path());
    let settings = Settings { listen: Some(listen.into()), recordings, ..settings };
    let hearing = Hearing::new(&settings, client());
    let name = || match hearing.ear().unwrap() {
        (Ear::Recording(name), Some(_)) => name.to_string(),
        (ear, _) => panic!("{ear:?}"),
    };
    let (one, other) = (name(), name());
    assert_ne!(one, other);
    let random = one.strip_prefix("/mnt/said/said-").and_then(|name| name.strip_suffix(".wav"));
    assert!(random.is_some_and(|random| random.len() == 32), "{one}");
}
