//! `dialscript sounds`: the built program, run as a user runs it.

use std::fs;

use hound::WavReader;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{Ran, dialscript};
use crate::support::wav::silence;

const MP3: &[u8] = include_bytes!("../data/sounds/stereo-44100.mp3");

/// A folder with a daemon's file, in which the program runs.
struct Home(ConfigFolder);

impl Home {
    fn new() -> Self {
        Self(ConfigFolder::new())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        self.0.file(name, content);
        self
    }

    /// Silence as a WAV.
    fn wav(&self, name: &str, rate: u32, seconds: u32) -> &Self {
        self.file(name, silence(rate, seconds))
    }

    fn sounds(&self, arguments: &[&str]) -> Ran {
        let mut program = dialscript();
        program.current_dir(self.0.path()).arg("sounds").args(arguments);
        Ran::of(program.output().unwrap())
    }

    fn rate(&self, name: &str) -> u32 {
        WavReader::open(self.0.at(name)).unwrap().spec().sample_rate
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.at(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn an_imported_sound_is_there_and_is_reported() {
    let home = Home::new();
    home.file("in/welcome.mp3", MP3);
    let told = home.sounds(&["import", "in/welcome.mp3"]);
    assert_eq!(
        told.output,
        "play = \"welcome\": 0.5 s, imported from in/welcome.mp3: sounds/welcome.wav\n"
    );
    assert_eq!((told.code, told.errors.as_str()), (0, ""));
    assert_eq!(home.files("sounds"), ["welcome.wav"], "and nothing else is left");
    assert_eq!(home.rate("sounds/welcome.wav"), 8000);
    home.file("scripts/a.toml", "[prompt]\nplay = 'welcome'\n");
    assert!(home.0.program("check").status().unwrap().success());
}

#[test]
fn a_name_and_a_language_decide_its_place() {
    let home = Home::new();
    home.file("a.mp3", MP3);
    let told = home.sounds(&["import", "--language", "de", "--name", "menu/main", "a.mp3"]);
    assert!(told.output.starts_with("play = \"menu/main\" for de: 0.5 s"), "{}", told.output);
    assert_eq!(home.files("sounds/de/menu"), ["main.wav"]);
}

#[test]
fn nothing_is_replaced_unless_it_is_said() {
    let home = Home::new();
    home.file("a.mp3", MP3).file("sounds/a.wav", "mine");
    let told = home.sounds(&["import", "a.mp3"]);
    assert_eq!((told.code, told.output.as_str()), (1, ""));
    assert!(told.errors.contains("sound `a` already exists"), "{}", told.errors);
    assert!(told.errors.contains("--force"), "{}", told.errors);
    assert_eq!(fs::read(home.0.at("sounds/a.wav")).unwrap(), b"mine");
    assert_eq!(home.sounds(&["import", "--force", "a.mp3"]).code, 0);
    assert_eq!(home.rate("sounds/a.wav"), 8000);
}

#[test]
fn no_file_of_an_old_sound_is_left_beside_a_new_one() {
    let home = Home::new();
    home.file("a.mp3", MP3).wav("sounds/a.wav", 8000, 1).wav("sounds/a.wav16", 16000, 1);
    assert_eq!(home.sounds(&["import", "--force", "a.mp3"]).code, 0);
    for (name, samples) in [("sounds/a.wav", 4000), ("sounds/a.wav16", 8000)] {
        assert_eq!(WavReader::open(home.0.at(name)).unwrap().duration(), samples);
    }
    home.file("sounds/a.gsm", "old");
    let told = home.sounds(&["import", "--force", "a.mp3"]);
    assert_eq!(told.code, 1);
    assert!(told.errors.contains("remove that file"), "{}", told.errors);
}

#[test]
fn what_can_be_imported_is_whatever_happens_to_the_others() {
    let home = Home::new();
    home.file("good.mp3", MP3).file("bad.mp3", "<html>").file("other/good.mp3", MP3);
    home.file("my sound (2).mp3", MP3);
    let files = ["bad.mp3", "gone.mp3", "good.mp3", "other/good.mp3", "my sound (2).mp3", "other"];
    let told = home.sounds(&[&["import", "--force"], &files[..]].concat());
    assert_eq!(told.code, 1);
    assert_eq!(told.output.lines().count(), 1, "{}", told.output);
    for words in [
        "not a supported sound file",
        "bad.mp3",
        "gone.mp3",
        "can't be read",
        "two of these files have the name `good`",
        "--name my-sound--2",
        "this is a folder, not a file",
        "5 errors in 5 files",
    ] {
        assert!(told.errors.contains(words), "{words}: {}", told.errors);
    }
}

#[test]
fn names_that_nothing_can_play_are_refused() {
    let home = Home::new();
    home.file("a.mp3", MP3);
    for name in ["../a", "/etc/a", "a//b", "a/", "", ".a", "a b", "a.b", "a&b", "$x"] {
        let told = home.sounds(&["import", "--name", name, "a.mp3"]);
        assert_eq!(told.code, 1, "{name}");
        assert!(told.errors.contains("choose another name: --name "), "{}", told.errors);
    }
    let told = home.sounds(&["import", "--language", "../x", "a.mp3"]);
    assert!(told.errors.contains("invalid language `../x`"), "{}", told.errors);
    home.file("b.mp3", MP3);
    let told = home.sounds(&["import", "--name", "x", "a.mp3", "b.mp3"]);
    assert!(told.errors.contains("`--name` can't be used with several files"), "{}", told.errors);
    assert!(!home.0.at("sounds").exists());
}

#[test]
fn a_sound_of_the_library_is_made_playable_where_it_lies() {
    let home = Home::new();
    home.wav("sounds/de/hello.wav", 44100, 1);
    let checked = home.sounds(&["check"]);
    assert_eq!(checked.code, 1);
    let help = "dialscript sounds import --force sounds/de/hello.wav";
    assert!(checked.errors.contains(help), "{}", checked.errors);
    let told = home.sounds(&["import", "--force", "sounds/de/hello.wav"]);
    assert_eq!((told.code, told.errors.as_str()), (0, ""));
    assert_eq!(home.rate("sounds/de/hello.wav"), 8000);
    let checked = home.sounds(&["check"]);
    assert_eq!((checked.code, checked.output.as_str()), (0, "1 sound file, no errors\n"));
}

#[test]
fn check_tells_every_file_that_no_switch_plays() {
    let home = Home::new();
    home.wav("sounds/good.wav", 8000, 1).wav("sounds/wide.wav", 16000, 1);
    home.wav("sounds/wide.wav16", 16000, 1).file("sounds/broken.wav", "RIFF");
    home.file("sounds/en/song.mp3", MP3).file("sounds/good.mp3", MP3);
    home.file("sounds/README.md", "ours").file("sounds/.hidden.mp3", MP3);
    let told = home.sounds(&["check"]);
    assert_eq!((told.code, told.output.as_str()), (1, ""));
    for words in [
        "sounds/wide.wav` has 1 channel, 16000 Hz and 16 bits",
        "sounds/broken.wav` is not a WAV file",
        "dialscript sounds import sounds/en/song.mp3",
        "3 errors in 3 files",
    ] {
        assert!(told.errors.contains(words), "{words}: {}", told.errors);
    }
}

#[test]
fn the_list_shows_what_there_is_and_who_plays_it() {
    let home = Home::new();
    home.wav("sounds/hello.wav", 8000, 2).wav("sounds/de/hello.wav", 8000, 3);
    home.wav("sounds/hello.wav16", 16000, 2).wav("sounds/unused.wav", 8000, 75);
    home.file("sounds/old.gsm", [0; 1650]);
    home.file("scripts/a.toml", "[prompt]\nplay = ['hello', 'old', 'missing']\n");
    home.file("scripts/b.toml", "[prompt]\nplay = 'hello'\n[prompt");
    let told = home.sounds(&["list"]);
    let wanted = "\
NAME    LANGUAGES  LENGTH          FILES       PLAYED BY
hello   any, de    2.0 s to 3.0 s  wav, wav16  a, b
old     any        1.0 s           gsm         a
unused  any        1:15 min        wav         -
";
    assert_eq!((told.code, told.output.as_str()), (0, wanted));
    assert_eq!(told.errors, "", "faults of scripts are told by `check`");
}

#[test]
fn an_empty_library_says_how_it_is_filled() {
    let home = Home::new();
    let told = home.sounds(&["list"]);
    assert_eq!(told.code, 0);
    assert!(told.output.contains("dialscript sounds import FILE..."), "{}", told.output);
    assert_eq!(home.sounds(&["check"]).output, "0 sound files, no errors\n");
}

#[test]
fn an_invalid_daemon_file_is_reported_and_nothing_is_made() {
    let home = Home::new();
    home.file("dialscript.toml", "[folders]\nsouns = 'x'\n").file("a.mp3", MP3);
    for arguments in [&["import", "a.mp3"][..], &["list"], &["check"]] {
        let told = home.sounds(arguments);
        assert_eq!(told.code, 1, "{arguments:?}");
        assert!(told.errors.contains("souns"), "{}", told.errors);
    }
    assert!(!home.0.at("sounds").exists());
    let told = home.sounds(&["list", "--config", "/no/such.toml"]);
    assert!(told.errors.contains("/no/such.toml"), "{}", told.errors);
}

#[test]
fn help_tells_each_command() {
    let home = Home::new();
    assert_eq!(home.sounds(&[]).code, 2);
    let help = home.sounds(&["import", "--help"]);
    assert_eq!(help.code, 0);
    for words in ["--language", "--name", "--force", "--config", "Examples:", "MP3"] {
        assert!(help.output.contains(words), "{words}");
    }
}
