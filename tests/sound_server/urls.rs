//! What URLs look like, and which sounds have one.

use std::path::Path;

use dialscript::channel::Sound;

use super::studio::{served, urls};

#[test]
fn a_url_is_long_ends_as_the_file_and_holds_nothing_that_a_switch_evaluates() {
    let urls = urls(Path::new("/a"), "http://h");
    let url = served(&urls, "/a/sounds/x.wav");
    assert!(url.len() >= 60, "{url}");
    assert!(url.starts_with("http://h/sounds/") && url.ends_with("/x.wav"), "{url}");
    assert!(served(&urls, "/a/cache/0123.wav16").ends_with("/0123.wav16"));
    let strange = served(&urls, "/a/sounds/de/a b&c,(d)${e}%41?ü.wav");
    let end = strange.rsplit("/de/").next().unwrap();
    assert_eq!(end, "a%20b%26c%2C%28d%29%24%7Be%7D%2541%3F%C3%BC.wav");
}

#[test]
fn a_name_of_the_cache_and_its_file_have_one_url() {
    let urls = urls(Path::new("/a"), "http://h");
    assert_eq!(*urls.of_cache("0123.wav"), *served(&urls, "/a/cache/0123.wav"));
}

#[test]
fn every_process_and_every_file_has_signatures_of_its_own() {
    let (one, other) = (urls(Path::new("/a"), "http://h"), urls(Path::new("/a"), "http://h"));
    assert_eq!(one.of_cache("a.wav"), one.of_cache("a.wav"));
    assert_ne!(one.of_cache("a.wav"), other.of_cache("a.wav"));
    let signature = |url: &str| url.split('/').nth(4).unwrap().to_owned();
    assert_ne!(signature(&one.of_cache("a.wav")), signature(&one.of_cache("b.wav")));
    let library = served(&one, "/a/sounds/a.wav");
    assert_ne!(signature(&one.of_cache("a.wav")), signature(&library));
    assert!(signature(&library).len() >= 32, "128 bits at least");
}

#[test]
fn only_files_of_the_folders_are_served() {
    let urls = urls(Path::new("/a"), "http://h");
    let others = [
        Sound::File("/etc/passwd".into()),
        Sound::File("/a/soundsx/a.wav".into()),
        Sound::File("/a/sounds/../secrets/a.wav".into()),
        Sound::File("/a/sounds".into()),
        Sound::File("/a/sounds/".into()),
        Sound::OfSwitch("/a/sounds/a.wav".into()),
        Sound::Served("http://other/a.wav".into()),
        Sound::Digits("123".into()),
    ];
    for sound in others {
        assert_eq!(urls.reachable(&sound), sound);
    }
}
