//! Two processes with one cache folder, such as two daemons. The first one keeps the folder within its size.
//!
//! The two are in this process: locks of files that are opened twice exclude each other as those of two processes do.
//! `tests/cli/two_daemons.rs` has two daemons.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    file, render_if_cached, render_sound, sensitive_text_request, text_request,
};

#[tokio::test]
async fn the_second_process_removes_nothing_and_stores_nothing() {
    let (mut setup, engine) = SynthesisSetup::with_engine();
    let first = setup.open();
    let sensitive = render_sound(&first, sensitive_text_request("4711")).await;
    render_sound(&first, text_request("Good day.")).await;
    setup.settings.max_cache_bytes = 0;
    let second = setup.open();
    assert!(render_if_cached(&second, text_request("Good day.")).is_some());
    let other = render_sound(&second, text_request("Something else.")).await;
    assert!(file(&sensitive).exists() && file(&other).exists());
    assert_eq!((setup.sounds(), setup.private_files().len()), (1, 2));
    drop(other);
    assert_eq!((engine.runs(), setup.sounds(), setup.private_files().len()), (3, 1, 1));
}

#[tokio::test]
async fn users_outside_of_the_folders_group_cannot_take_the_lock() {
    let (setup, _) = SynthesisSetup::with_engine();
    let engines = setup.open();
    render_sound(&engines, text_request("Good day.")).await;
    let lock = fs::metadata(setup.settings.cache_folder.local.join(".lock")).unwrap();
    assert_eq!(lock.mode() & 0o777, 0o640);
}

#[tokio::test]
async fn the_second_process_does_not_use_a_sound_that_the_first_one_has_deleted() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let first = setup.open();
    let rendered = file(&render_sound(&first, text_request("Good day.")).await);
    let second = setup.open();
    fs::remove_file(rendered).unwrap();
    assert!(render_if_cached(&second, text_request("Good day.")).is_none());
    assert!(file(&render_sound(&second, text_request("Good day.")).await).exists());
    assert_eq!(engine.runs(), 2);
}

#[tokio::test]
async fn the_second_process_keeps_the_folder_within_its_size_when_the_first_one_has_ended() {
    let (mut setup, _) = SynthesisSetup::with_engine();
    let first = setup.open();
    render_sound(&first, text_request("One.")).await;
    setup.settings.max_cache_bytes = 4000;
    let second = setup.open();
    // The second one does not know this sound yet.
    render_sound(&first, text_request("Two.")).await;
    drop(first);
    let held = render_sound(&second, sensitive_text_request("4711")).await;
    render_sound(&second, text_request("Three.")).await;
    assert_eq!(setup.sounds(), 2, "each has 1644 bytes");
    assert!(render_if_cached(&second, text_request("Three.")).is_some());
    assert!(file(&held).exists(), "this process uses it");
}

#[tokio::test]
async fn a_process_that_starts_deletes_the_sensitive_sounds_of_a_killed_one_only() {
    let (setup, _) = SynthesisSetup::with_engine();
    let first = setup.open();
    let second = setup.open();
    let held = render_sound(&second, sensitive_text_request("4711")).await;
    drop(first);
    let left = setup.private_folder().join(format!("passing-{:032x}.wav", 7));
    fs::write(&left, "x").unwrap();
    let third = setup.open();
    assert!(file(&held).exists() && !left.exists());
    drop((second, third));
}
