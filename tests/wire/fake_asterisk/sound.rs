//! How long a sound is taken to be.

use std::fs;
use std::time::Duration;

use dialscript::fake::sound::{FakeSounds, SoundLength};
use tempfile::TempDir;

use crate::support::wav::tone;

fn length(folder: &TempDir, name: &str) -> Option<Duration> {
    let name = folder.path().join(name);
    let length = FakeSounds::default().length(name.to_str().unwrap());
    length.map(|length| length.duration_of(length.samples))
}

#[test]
fn the_length_of_a_wav_file_comes_from_its_header() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("hello.wav"), tone(750)).unwrap();
    assert_eq!(length(&folder, "hello"), Some(Duration::from_millis(750)));
    assert_eq!(length(&folder, "hello.wav"), None, "a name has no extension");
}

#[test]
fn the_length_of_a_raw_file_comes_from_its_size() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [("a.ulaw", 8000), ("b.sln", 16_000), ("c.sln16", 32_000), ("d.gsm", 1650)]
    {
        fs::write(folder.path().join(name), vec![0; bytes]).unwrap();
    }
    for name in ["a", "b", "c", "d"] {
        assert_eq!(length(&folder, name), Some(Duration::from_secs(1)), "{name}");
    }
}

#[test]
fn a_named_sound_has_a_default_length_and_a_file_must_exist() {
    let folder = TempDir::new().unwrap();
    assert_eq!(length(&folder, "nothing"), None);
    let unknown = FakeSounds::default().length("vm-goodbye").unwrap();
    assert_eq!(unknown.duration_of(unknown.samples), Duration::from_millis(1500));
    let listed = SoundLength { samples: 1, rate: 8000 };
    let sounds = FakeSounds::default().with("beep", Some(listed)).with("gone", None);
    assert_eq!((sounds.length("beep"), sounds.length("gone")), (Some(listed), None));
}

#[test]
fn an_unreadable_file_has_the_default_length() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("broken.wav"), "no RIFF").unwrap();
    assert_eq!(length(&folder, "broken"), Some(Duration::from_millis(1500)));
}
