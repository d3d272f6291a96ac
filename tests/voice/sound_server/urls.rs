//! The form of URLs, and which sounds have one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dialscript::channel::Sound;
use dialscript::voice::settings::{FolderPaths, SoundServerSettings};
use dialscript::voice::sound_server::SoundUrls;
use tempfile::TempDir;

use super::setup::{served, urls};

fn at(folder: &TempDir, file: &str) -> String {
    folder.path().join(file).to_str().unwrap().to_owned()
}

#[test]
fn a_url_is_long_keeps_the_extension_and_has_no_characters_that_a_switch_evaluates() {
    let folder = TempDir::new().unwrap();
    let urls = urls(folder.path(), "http://h");
    let url = served(&urls, &at(&folder, "sounds/x.wav"));
    assert!(url.len() >= 60, "{url}");
    assert!(url.starts_with("http://h/sounds/") && url.ends_with("/x.wav"), "{url}");
    assert!(served(&urls, &at(&folder, "cache/0123.wav16")).ends_with("/0123.wav16"));
    let strange = served(&urls, &at(&folder, "sounds/de/a b&c,(d)${e}%41?ü.wav"));
    let end = strange.rsplit("/de/").next().unwrap();
    assert_eq!(end, "a%20b%26c%2C%28d%29%24%7Be%7D%2541%3F%C3%BC.wav");
}

#[test]
fn a_cached_sound_has_the_same_url_by_name_and_by_file() {
    let folder = TempDir::new().unwrap();
    let urls = urls(folder.path(), "http://h");
    assert_eq!(*urls.cached_sound_url("0123.wav"), *served(&urls, &at(&folder, "cache/0123.wav")));
}

#[test]
fn a_signature_is_valid_for_one_folder_and_one_file() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (one, other) = (urls(folders[0].path(), "http://h"), urls(folders[1].path(), "http://h"));
    assert_eq!(one.cached_sound_url("a.wav"), one.cached_sound_url("a.wav"));
    assert_ne!(one.cached_sound_url("a.wav"), other.cached_sound_url("a.wav"));
    let signature = |url: &str| url.split('/').nth(4).unwrap().to_owned();
    assert_ne!(
        signature(&one.cached_sound_url("a.wav")),
        signature(&one.cached_sound_url("b.wav"))
    );
    let library = served(&one, &at(&folders[0], "sounds/a.wav"));
    assert_ne!(signature(&one.cached_sound_url("a.wav")), signature(&library));
    assert!(signature(&library).len() >= 32, "128 bits at least");
}

#[test]
fn urls_stay_the_same_after_a_restart_and_the_key_file_is_private() {
    let folder = TempDir::new().unwrap();
    let before = urls(folder.path(), "http://h").cached_sound_url("a.wav");
    assert_eq!(urls(folder.path(), "http://h").cached_sound_url("a.wav"), before);
    let key = folder.path().join("cache/.sound-server-key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&key, "short").unwrap();
    assert_ne!(
        urls(folder.path(), "http://h").cached_sound_url("a.wav"),
        before,
        "no key: a new one"
    );
}

#[test]
fn a_library_sound_is_served_under_the_path_of_the_switch() {
    let folder = TempDir::new().unwrap();
    let ours = folder.path().join("sounds");
    let sounds = FolderPaths { local: ours, on_switch: "/mnt/sounds".into() };
    let cache = FolderPaths { local: folder.path().join("cache"), on_switch: "/mnt/cache".into() };
    let listen = "127.0.0.1:1".parse().unwrap();
    let server = SoundServerSettings { listen, url: "http://h".into(), allow: vec![] };
    let urls = SoundUrls::new(&server, &cache, &sounds).unwrap();
    let (there, here) = (served(&urls, "/mnt/sounds/a.wav"), at(&folder, "sounds/a.wav"));
    assert_eq!(there, served(&urls, &here));
}

#[test]
fn only_files_inside_the_folders_are_served() {
    let folder = TempDir::new().unwrap();
    let urls = urls(folder.path(), "http://h");
    let at = |file: &str| at(&folder, file).into();
    let others = [
        Sound::File("/etc/passwd".into()),
        Sound::File(at("soundsx/a.wav")),
        Sound::File(at("sounds/../secrets/a.wav")),
        Sound::File(at("sounds")),
        Sound::File(at("sounds/")),
        Sound::Named(at("sounds/a.wav")),
        Sound::Url("http://other/a.wav".into()),
        Sound::Digits("123".into()),
    ];
    for sound in others {
        assert_eq!(urls.switch_sound(&sound), sound);
    }
}
