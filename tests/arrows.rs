//! Which room may know which: read from the `use` lines and paths of the source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms of ours that it may know.
const MAY_KNOW: [(&str, &[&str]); 16] = [
    ("channel", &[]),
    ("script", &["channel"]),
    ("fake", &[]),
    ("agi", &["channel"]),
    ("esl", &["channel"]),
    ("web", &[]),
    ("single_flight", &[]),
    ("trigger", &["single_flight", "script", "web"]),
    ("http_server", &[]),
    ("voice", &["channel", "single_flight", "http_server", "script", "web"]),
    ("control", &["script", "trigger"]),
    ("metrics", &["http_server", "script", "telemetry", "trigger"]),
    ("config", &["channel", "control", "script", "server", "telemetry", "trigger", "voice", "web"]),
    ("telemetry", &["channel", "script"]),
    ("server", &["agi", "esl", "channel", "script", "telemetry"]),
    (
        "cli",
        &[
            "agi",
            "channel",
            "config",
            "control",
            "fake",
            "http_server",
            "metrics",
            "script",
            "server",
            "telemetry",
            "trigger",
            "voice",
            "web",
        ],
    ),
];

/// Libraries that only some rooms may use.
const ONLY_IN: [(&str, &[&str]); 7] = [
    ("redis", &["trigger"]),
    ("reqwest", &["trigger", "voice", "web"]),
    ("toml", &["config"]),
    ("hyper", &["http_server", "voice"]),
    ("prometheus_client", &["metrics"]),
    ("clap", &["cli"]),
    ("tracing_subscriber", &["telemetry"]),
];

fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join(format!("{room}.rs"))];
    let mut folders = vec![source.join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.into_iter().map(|file| (file.clone(), code(&fs::read_to_string(file).unwrap()))).collect()
}

/// The text without its comments: they may speak of any room.
fn code(text: &str) -> String {
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn rooms_named(code: &str) -> BTreeSet<&str> {
    let names = code.split("crate::").skip(1);
    names.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()).collect()
}

#[test]
fn every_room_knows_only_those_below_it() {
    for (room, may_know) in MAY_KNOW {
        for (file, code) in sources(room) {
            for known in rooms_named(&code) {
                let allowed = known == room || may_know.contains(&known);
                assert!(allowed, "{} knows `{known}`", file.display());
            }
        }
    }
}

#[test]
fn libraries_stay_in_their_rooms() {
    for (library, rooms) in ONLY_IN {
        for (room, _) in MAY_KNOW.iter().filter(|(room, _)| !rooms.contains(room)) {
            for (file, code) in sources(room) {
                assert!(
                    !code.contains(&format!("{library}::")),
                    "{} uses {library}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn grammars_know_nom_and_their_own_types() {
    for file in [
        "src/agi/parse.rs",
        "src/esl/parse.rs",
        "src/script/path.rs",
        "src/config/script/then_grammar.rs",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let code = code(&fs::read_to_string(path).unwrap());
        let uses = code.lines().filter_map(|line| line.strip_prefix("use "));
        for used in uses {
            let known = ["nom::", "std::"].iter().any(|library| used.starts_with(library));
            assert!(known, "{file} uses {used}");
        }
    }
}

#[test]
fn the_list_of_rooms_is_whole() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let library = library.unwrap();
    let mods = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let known: BTreeSet<_> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
    assert_eq!(mods.collect::<BTreeSet<_>>(), known);
}
