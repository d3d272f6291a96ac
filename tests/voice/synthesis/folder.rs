//! The folder of cached sounds: its limit, its use after a restart, and its errors.

use std::fs;
use std::time::{Duration, SystemTime};

use dialscript::channel::Sound;
use dialscript::voice::settings::SoundFormat;

use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{file, render_if_cached, render_sound, sound_error, text_request};

/// The size of a sound of 100 ms, in bytes.
const SIZE: u64 = 1644;

#[tokio::test]
async fn the_least_recently_played_sound_is_evicted_unless_it_is_playing() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    setup.settings.max_cache_bytes = 3 * SIZE;
    let engines = setup.open();
    let held = render_sound(&engines, text_request("Held.")).await;
    for text in ["One.", "Two.", "One.", "Three."] {
        render_sound(&engines, text_request(text)).await;
    }
    assert_eq!(setup.sounds(), 3);
    assert!(file(&held).exists());
    assert!(
        render_if_cached(&engines, text_request("One.")).is_some(),
        "heard again after the second"
    );
    assert!(render_if_cached(&engines, text_request("Three.")).is_some());
    let again = file(&render_sound(&engines, text_request("Two.")).await);
    assert!(again.exists());
    assert_eq!(setup.sounds(), 3);
    drop(held);
}

#[tokio::test]
async fn cached_sounds_are_used_after_a_restart() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let before = file(&render_sound(&setup.open(), text_request("Good day.")).await);
    let after = render_if_cached(&setup.open(), text_request("Good day."))
        .expect("at once")
        .expect("a sound");
    assert_eq!(file(&after), before);
    assert_eq!(engine.runs(), 1);
}

#[tokio::test]
async fn the_oldest_sounds_are_evicted_after_a_restart_with_a_smaller_limit() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    let engines = setup.open();
    for (text, age) in [("New.", 10), ("Old.", 1000), ("Older.", 2000)] {
        let made = file(&render_sound(&engines, text_request(text)).await);
        let then = SystemTime::now() - Duration::from_secs(age);
        fs::File::options().append(true).open(made).unwrap().set_modified(then).unwrap();
    }
    drop(engines);
    setup.settings.max_cache_bytes = 2 * SIZE;
    let engines = setup.open();
    assert_eq!(setup.sounds(), 2);
    assert!(render_if_cached(&engines, text_request("New.")).is_some());
    assert!(render_if_cached(&engines, text_request("Old.")).is_some());
    assert!(render_if_cached(&engines, text_request("Older.")).is_none());
}

#[tokio::test]
async fn files_left_by_a_crash_are_removed_and_foreign_files_are_kept() {
    let (setup, _) = SynthesisSetup::with_engine();
    let rendered = file(&render_sound(&setup.open(), text_request("Good day.")).await);
    let name = rendered.file_name().unwrap().to_str().unwrap().to_owned();
    let passing = format!("passing-{:032x}.wav", 7);
    let other = name.replace(|c: char| c.is_ascii_digit(), "0");
    let left = [
        format!(".unfinished-{name}"),
        format!(".unfinished-{passing}"),
        passing,
        other.replace(".wav", ".wav16"),
        other.replace(".wav", ".json"),
    ];
    let strange = ["hello.wav", "passing-by.wav", ".unfinished-hello.wav", "notes.txt"];
    for file in left.iter().map(String::as_str).chain(strange) {
        fs::write(setup.settings.cache_folder.local.join(file), "x").unwrap();
    }
    fs::write(setup.settings.cache_folder.local.join(&other), "").unwrap();
    let _engines = setup.open();
    let mut expected: Vec<_> = strange.into_iter().map(str::to_owned).collect();
    expected.push(name);
    expected.sort();
    assert_eq!(setup.files(), expected);
}

#[tokio::test]
async fn an_unwritable_folder_is_an_error_until_it_is_writable_again() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    let blocked = setup.path("blocked");
    fs::write(&blocked, "no folder").unwrap();
    setup.settings.cache_folder.local = blocked.join("cache");
    setup.settings.cache_folder.on_switch = blocked.join("cache");
    let engines = setup.open();
    for text in ["Good day.", "Good night."] {
        let reason = sound_error(&engines, text_request(text)).await;
        assert!(reason.starts_with("could not write the sound: "), "{reason}");
    }
    fs::remove_file(&blocked).unwrap();
    render_sound(&engines, text_request("Good day.")).await;
}

#[tokio::test]
async fn the_switch_gets_the_path_on_its_host_or_a_url() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    setup.settings.cache_folder.on_switch = "/mnt/sounds".into();
    let of_switch = file(&render_sound(&setup.open(), text_request("Good day.")).await);
    let name = of_switch.strip_prefix("/mnt/sounds").unwrap().to_str().unwrap().to_owned();
    assert_eq!(setup.files(), [name]);
    setup.settings.sound_server = Some(dialscript::voice::settings::SoundServerSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        url: "http://10.0.0.5:8085".to_owned(),
        allow: Vec::new(),
    });
    let made = render_sound(&setup.open(), text_request("Good day.")).await;
    let Sound::Url(url) = made.sound else { panic!("{:?}", made.sound) };
    assert!(url.starts_with("http://10.0.0.5:8085/") && url.ends_with(".wav"), "{url}");
}

#[tokio::test]
async fn the_two_files_of_a_sound_are_created_and_removed_together() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    setup.settings.format = SoundFormat::Both;
    let engines = setup.open();
    let made = render_sound(&engines, text_request("Good day.")).await;
    let wide = file(&made).with_extension("wav16");
    assert!(wide.exists());
    drop((made, engines));
    setup.settings.max_cache_bytes = 0;
    let _engines = setup.open();
    assert_eq!(setup.files(), [""; 0]);
}
