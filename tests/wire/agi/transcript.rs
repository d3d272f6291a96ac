//! Conversations of real switches, read from `tests/data/agi`.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::support::data;

pub(crate) struct Transcript {
    /// `22/env`
    pub(crate) name: String,
    /// All bytes that Asterisk sent.
    pub(crate) asterisk: Vec<u8>,
    /// How many whole lines the server sent.
    pub(crate) commands: usize,
}

pub(crate) fn all() -> &'static [Transcript] {
    static ALL: LazyLock<Vec<Transcript>> = LazyLock::new(read_all);
    &ALL
}

fn read_all() -> Vec<Transcript> {
    let mut all: Vec<_> = ["16", "22"].iter().flat_map(|version| of(version)).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(all.len() > 100, "transcripts are missing: {}", all.len());
    all
}

pub(crate) fn named(name: &str) -> &'static Transcript {
    all().iter().find(|transcript| transcript.name == name).unwrap()
}

fn of(version: &str) -> Vec<Transcript> {
    let folder = data::path("agi").join(version);
    fs::read_dir(folder).unwrap().map(|entry| read(version, &entry.unwrap().path())).collect()
}

fn read(version: &str, path: &PathBuf) -> Transcript {
    let text = fs::read_to_string(path).unwrap();
    let name = format!("{version}/{}", path.file_stem().unwrap().to_str().unwrap());
    let said = |who: &'static str| text.lines().filter_map(move |line| line.split_once(who));
    let asterisk = said(" A> ").map(|(_, line)| line).filter(|line| *line != "<EOF>");
    let whole = said(" S> ").filter(|(_, line)| line.ends_with("\\n") || line.ends_with(" bytes)"));
    Transcript { name, asterisk: asterisk.flat_map(unescaped).collect(), commands: whole.count() }
}

fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = escape(after);
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn escape(after: &str) -> (u8, usize) {
    match after.as_bytes()[0] {
        b'n' => (b'\n', 1),
        b'r' => (b'\r', 1),
        b't' => (b'\t', 1),
        b'x' => (u8::from_str_radix(&after[1..3], 16).unwrap(), 3),
        other => (other, 1),
    }
}
