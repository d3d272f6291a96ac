//! Conversations of a real switch, read from `tests/data/esl/traces`.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::support::data;

pub(crate) struct Transcript {
    pub(crate) name: String,
    pub(crate) packets: Vec<Packet>,
}

pub(crate) enum Packet {
    FromSwitch(Vec<u8>),
    ToSwitch(Vec<u8>),
}

impl Transcript {
    /// All bytes that FreeSWITCH sent.
    pub(crate) fn switch(&self) -> Vec<u8> {
        let sent = self.packets.iter().filter_map(|packet| match packet {
            Packet::FromSwitch(bytes) => Some(&bytes[..]),
            Packet::ToSwitch(_) => None,
        });
        sent.collect::<Vec<_>>().concat()
    }

    /// The commands that the server sent, as text with their bodies.
    pub(crate) fn commands(&self) -> Vec<String> {
        let sent = self.packets.iter().filter_map(|packet| match packet {
            Packet::ToSwitch(bytes) => Some(&bytes[..]),
            Packet::FromSwitch(_) => None,
        });
        commands(&sent.collect::<Vec<_>>().concat())
    }
}

pub(crate) fn all() -> &'static [Transcript] {
    static ALL: LazyLock<Vec<Transcript>> = LazyLock::new(read_all);
    &ALL
}

pub(crate) fn named(name: &str) -> &'static Transcript {
    all().iter().find(|transcript| transcript.name == name).unwrap()
}

/// The packets with their seconds.
#[allow(dead_code)]
pub(crate) fn timed(name: &str) -> Vec<(f64, Packet)> {
    let path = data::path(&format!("esl/traces/{name}.jsonl"));
    let text = fs::read_to_string(path).unwrap();
    let time = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["t"].as_f64();
    text.lines().map(|line| (time(line).unwrap(), packet(line))).collect()
}

fn read_all() -> Vec<Transcript> {
    let folder = data::path("esl/traces");
    let mut all: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all.len(), 20, "transcripts are missing");
    all
}

fn read(path: &PathBuf) -> Transcript {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let packets = fs::read_to_string(path).unwrap().lines().map(packet).collect();
    Transcript { name, packets }
}

fn packet(line: &str) -> Packet {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let data = line["data"].as_str().unwrap().chars().map(|char| u8::try_from(char).unwrap());
    match line["dir"].as_str().unwrap() {
        "FS>APP" => Packet::FromSwitch(data.collect()),
        _ => Packet::ToSwitch(data.collect()),
    }
}

/// Splits what a server sent into commands, as `read_packet` does.
pub(crate) fn commands(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).replace('\r', "");
    let mut commands = Vec::new();
    let mut rest = text.trim_start_matches('\n');
    while let Some((head, after)) = rest.split_once("\n\n") {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let (body, after) = after.split_at(length.map_or(0, |length| length.parse().unwrap()));
        commands.push(format!("{head}\n\n{body}"));
        rest = after.trim_start_matches('\n');
    }
    assert_eq!(rest, "", "half a command");
    commands
}

/// The ends of whole messages at the beginning of what a switch sent: header lines, then the body.
pub(crate) fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut frames = Vec::new();
    let mut start = 0;
    while let Some(blank) = bytes[start..].windows(2).position(|pair| pair == b"\n\n") {
        let head = String::from_utf8_lossy(&bytes[start..start + blank]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let body = start + blank + 2;
        start = body + length.map_or(0, |length| length.parse::<usize>().unwrap());
        if start > bytes.len() {
            break;
        }
        frames.push((body, start));
    }
    frames
}
