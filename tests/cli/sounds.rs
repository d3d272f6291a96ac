//! `dialscript sounds`.

use std::fs;

use hound::WavReader;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, dialscript};
use crate::support::wav::silence;

const MP3: &[u8] = include_bytes!("../data/sounds/stereo-44100.mp3");

/// A folder with a daemon's file, in which the program runs.
struct SoundsFolder(ConfigFolder);

impl SoundsFolder {
    fn new() -> Self {
        Self(ConfigFolder::new())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        self.0.file(name, content);
        self
    }

    /// Writes a WAV file with silence.
    fn wav(&self, name: &str, rate: u32, seconds: u32) -> &Self {
        self.file(name, silence(rate, seconds))
    }

    fn run(&self, arguments: &[&str]) -> ProgramResult {
        let mut program = dialscript();
        program.current_dir(self.0.path()).arg("sounds").args(arguments);
        ProgramResult::from_output(program.output().unwrap())
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
fn an_imported_sound_is_written_and_reported() {
    let folder = SoundsFolder::new();
    folder.file("in/welcome.mp3", MP3);
    let result = folder.run(&["import", "in/welcome.mp3"]);
    assert_eq!(
        result.output,
        "play = \"welcome\": 0.5 s, imported from in/welcome.mp3: sounds/welcome.wav\n"
    );
    assert_eq!((result.code, result.errors.as_str()), (0, ""));
    assert_eq!(folder.files("sounds"), ["welcome.wav"], "no other files");
    assert_eq!(folder.rate("sounds/welcome.wav"), 8000);
    folder.file("scripts/a.toml", "[prompt]\nplay = 'welcome'\n");
    assert!(folder.0.program("check").status().unwrap().success());
}

#[test]
fn name_and_language_decide_the_path_of_an_imported_sound() {
    let folder = SoundsFolder::new();
    folder.file("a.mp3", MP3);
    let result = folder.run(&["import", "--language", "de", "--name", "menu/main", "a.mp3"]);
    assert!(result.output.starts_with("play = \"menu/main\" for de: 0.5 s"), "{}", result.output);
    assert_eq!(folder.files("sounds/de/menu"), ["main.wav"]);
}

#[test]
fn an_existing_sound_is_replaced_only_with_force() {
    let folder = SoundsFolder::new();
    folder.file("a.mp3", MP3).file("sounds/a.wav", "mine");
    let result = folder.run(&["import", "a.mp3"]);
    assert_eq!((result.code, result.output.as_str()), (1, ""));
    assert!(result.errors.contains("sound `a` already exists"), "{}", result.errors);
    assert!(result.errors.contains("--force"), "{}", result.errors);
    assert_eq!(fs::read(folder.0.at("sounds/a.wav")).unwrap(), b"mine");
    assert_eq!(folder.run(&["import", "--force", "a.mp3"]).code, 0);
    assert_eq!(folder.rate("sounds/a.wav"), 8000);
}

#[test]
fn a_new_sound_is_never_next_to_files_of_an_old_one() {
    let folder = SoundsFolder::new();
    folder.file("a.mp3", MP3).wav("sounds/a.wav", 8000, 1).wav("sounds/a.wav16", 16000, 1);
    assert_eq!(folder.run(&["import", "--force", "a.mp3"]).code, 0);
    for (name, samples) in [("sounds/a.wav", 4000), ("sounds/a.wav16", 8000)] {
        assert_eq!(WavReader::open(folder.0.at(name)).unwrap().duration(), samples);
    }
    folder.file("sounds/a.gsm", "old");
    let result = folder.run(&["import", "--force", "a.mp3"]);
    assert_eq!(result.code, 1);
    assert!(result.errors.contains("remove that file"), "{}", result.errors);
}

#[test]
fn a_file_is_imported_even_if_others_fail() {
    let folder = SoundsFolder::new();
    folder.file("good.mp3", MP3).file("bad.mp3", "<html>").file("other/good.mp3", MP3);
    folder.file("my sound (2).mp3", MP3);
    let files = ["bad.mp3", "gone.mp3", "good.mp3", "other/good.mp3", "my sound (2).mp3", "other"];
    let result = folder.run(&[&["import", "--force"], &files[..]].concat());
    assert_eq!(result.code, 1);
    assert_eq!(result.output.lines().count(), 1, "{}", result.output);
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
        assert!(result.errors.contains(words), "{words}: {}", result.errors);
    }
}

#[test]
fn invalid_sound_names_are_refused() {
    let folder = SoundsFolder::new();
    folder.file("a.mp3", MP3);
    for name in ["../a", "/etc/a", "a//b", "a/", "", ".a", "a b", "a.b", "a&b", "$x"] {
        let result = folder.run(&["import", "--name", name, "a.mp3"]);
        assert_eq!(result.code, 1, "{name}");
        assert!(result.errors.contains("choose another name: --name "), "{}", result.errors);
    }
    let result = folder.run(&["import", "--language", "../x", "a.mp3"]);
    assert!(result.errors.contains("invalid language `../x`"), "{}", result.errors);
    folder.file("b.mp3", MP3);
    let result = folder.run(&["import", "--name", "x", "a.mp3", "b.mp3"]);
    assert!(
        result.errors.contains("`--name` can't be used with several files"),
        "{}",
        result.errors
    );
    assert!(!folder.0.at("sounds").exists());
}

#[test]
fn a_sound_in_the_library_is_converted_in_place() {
    let folder = SoundsFolder::new();
    folder.wav("sounds/de/hello.wav", 44100, 1);
    let checked = folder.run(&["check"]);
    assert_eq!(checked.code, 1);
    let help = "dialscript sounds import --force sounds/de/hello.wav";
    assert!(checked.errors.contains(help), "{}", checked.errors);
    let result = folder.run(&["import", "--force", "sounds/de/hello.wav"]);
    assert_eq!((result.code, result.errors.as_str()), (0, ""));
    assert_eq!(folder.rate("sounds/de/hello.wav"), 8000);
    let checked = folder.run(&["check"]);
    assert_eq!((checked.code, checked.output.as_str()), (0, "1 sound file, no errors\n"));
}

#[test]
fn check_reports_every_file_that_no_switch_plays() {
    let folder = SoundsFolder::new();
    folder.wav("sounds/good.wav", 8000, 1).wav("sounds/wide.wav", 16000, 1);
    folder.wav("sounds/wide.wav16", 16000, 1).file("sounds/broken.wav", "RIFF");
    folder.file("sounds/en/song.mp3", MP3).file("sounds/good.mp3", MP3);
    folder.file("sounds/README.md", "ours").file("sounds/.hidden.mp3", MP3);
    let result = folder.run(&["check"]);
    assert_eq!((result.code, result.output.as_str()), (1, ""));
    for words in [
        "sounds/wide.wav` has 1 channel, 16000 Hz and 16 bits",
        "sounds/broken.wav` is not a WAV file",
        "dialscript sounds import sounds/en/song.mp3",
        "3 errors in 3 files",
    ] {
        assert!(result.errors.contains(words), "{words}: {}", result.errors);
    }
}

#[test]
fn the_list_shows_sounds_and_the_scripts_that_play_them() {
    let folder = SoundsFolder::new();
    folder.wav("sounds/hello.wav", 8000, 2).wav("sounds/de/hello.wav", 8000, 3);
    folder.wav("sounds/hello.wav16", 16000, 2).wav("sounds/unused.wav", 8000, 75);
    folder.file("sounds/old.gsm", [0; 1650]);
    folder.file("scripts/a.toml", "[prompt]\nplay = ['hello', 'old', 'missing']\n");
    folder.file("scripts/b.toml", "[prompt]\nplay = 'hello'\n[prompt");
    let result = folder.run(&["list"]);
    let wanted = "\
NAME    LANGUAGES  LENGTH          FILES       PLAYED BY
hello   any, de    2.0 s to 3.0 s  wav, wav16  a, b
old     any        1.0 s           gsm         a
unused  any        1:15 min        wav         -
";
    assert_eq!((result.code, result.output.as_str()), (0, wanted));
    assert_eq!(result.errors, "", "errors in scripts are only reported by `check`");
}

#[test]
fn the_list_of_an_empty_library_explains_import() {
    let folder = SoundsFolder::new();
    let result = folder.run(&["list"]);
    assert_eq!(result.code, 0);
    assert!(result.output.contains("dialscript sounds import FILE..."), "{}", result.output);
    assert_eq!(folder.run(&["check"]).output, "0 sound files, no errors\n");
}

#[test]
fn an_invalid_daemon_file_is_reported_and_no_file_is_written() {
    let folder = SoundsFolder::new();
    folder.file("dialscript.toml", "[folders]\nsouns = 'x'\n").file("a.mp3", MP3);
    for arguments in [&["import", "a.mp3"][..], &["list"], &["check"]] {
        let result = folder.run(arguments);
        assert_eq!(result.code, 1, "{arguments:?}");
        assert!(result.errors.contains("souns"), "{}", result.errors);
    }
    assert!(!folder.0.at("sounds").exists());
    let result = folder.run(&["list", "--config", "/no/such.toml"]);
    assert!(result.errors.contains("/no/such.toml"), "{}", result.errors);
}

#[test]
fn the_help_of_import_names_its_options() {
    let folder = SoundsFolder::new();
    assert_eq!(folder.run(&[]).code, 2);
    let help = folder.run(&["import", "--help"]);
    assert_eq!(help.code, 0);
    for words in ["--language", "--name", "--force", "--config", "Examples:", "MP3"] {
        assert!(help.output.contains(words), "{words}");
    }
}
