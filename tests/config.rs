//! Script files and the daemon's file: their settings, and the errors in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod config {
    use dialscript::channel::Sound;
    use dialscript::script::definition::{Playlist, PromptPart};

    /// The recorded sounds of a playlist, in one language.
    fn recorded(playlist: &Playlist, language: &str) -> Vec<Sound> {
        let recorded = playlist.parts.iter().flat_map(|part| match part {
            PromptPart::Recorded(recorded) => recorded.in_language(language).to_vec(),
            other => panic!("{other:?} is not recorded"),
        });
        recorded.collect()
    }

    mod answers;
    mod cache;
    mod cache_keys;
    mod control;
    mod daemon;
    mod errors;
    mod keypress;
    mod languages;
    mod limit;
    mod many_branches;
    mod otlp;
    mod payloads;
    mod reload;
    mod requests;
    mod sample;
    mod secrets;
    mod sounds;
    mod speech;
    mod tables;
    mod texts;
    mod upstream;
    mod valid_scripts;
}
