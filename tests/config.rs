//! Script files and the daemon's file: what they mean, and what is wrong with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod config {
    use dialscript::channel::Sound;
    use dialscript::script::definition::{Part, Playlist};

    /// The recorded sounds of a playlist, in one language.
    fn recorded(playlist: &Playlist, language: &str) -> Vec<Sound> {
        let recorded = playlist.parts.iter().flat_map(|part| match part {
            Part::Recorded(recorded) => recorded.in_language(language).to_vec(),
            other => panic!("{other:?} is not recorded"),
        });
        recorded.collect()
    }

    mod cache;
    mod daemon;
    mod faulty;
    mod payloads;
    mod texts;
    mod cache_keys;
    mod sample;
    mod secrets;
    mod sounds;
    mod speech;
    mod tables;
    mod upstream;
    mod control;
}
