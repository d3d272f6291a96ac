//! Who can read the sound of a sensitive text while it is played.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::support::acl;
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{file, render_sound, sensitive_text_request, sound_error};

/// The number of a user that need not exist.
const SWITCH_USER: u32 = 4242;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// The modes of the folder and of the sound, in a cache folder with this mode.
async fn modes_in_cache_folder(cache_mode: u32) -> (u32, u32) {
    let (setup, _) = SynthesisSetup::with_engine();
    let cache = &setup.settings.cache_folder.local;
    fs::create_dir(cache).unwrap();
    fs::set_permissions(cache, Permissions::from_mode(cache_mode)).unwrap();
    let held = render_sound(&setup.open(), sensitive_text_request("4711")).await;
    let sound = file(&held);
    assert_eq!(sound.parent(), Some(&*setup.private_folder()));
    assert_eq!(fs::metadata(&sound).unwrap().gid(), fs::metadata(cache).unwrap().gid());
    (mode(&setup.private_folder()), mode(&sound))
}

#[tokio::test]
async fn other_users_can_neither_list_the_folder_nor_guess_the_name() {
    assert_eq!(modes_in_cache_folder(0o755).await, (0o711, 0o644));
    assert_eq!(modes_in_cache_folder(0o750).await, (0o711, 0o644));
    assert_eq!(modes_in_cache_folder(0o2755).await, (0o2711, 0o644));
}

#[tokio::test]
async fn in_a_cache_folder_of_the_switchs_group_only_that_group_can_read_it() {
    assert_eq!(modes_in_cache_folder(0o2750).await, (0o2710, 0o640));
    assert_eq!(modes_in_cache_folder(0o2770).await, (0o2710, 0o640));
}

#[tokio::test]
async fn a_user_with_an_access_control_list_can_read_it_and_not_list_the_folder() {
    let (setup, _) = SynthesisSetup::with_engine();
    let cache = &setup.settings.cache_folder.local;
    fs::create_dir(cache).unwrap();
    if !acl::share_folder(cache, SWITCH_USER, 0o2750) {
        return;
    }
    let held = render_sound(&setup.open(), sensitive_text_request("4711")).await;
    assert_eq!(acl::effective_rights(&setup.private_folder(), SWITCH_USER), 0o1);
    assert_eq!(acl::effective_rights(&file(&held), SWITCH_USER), 0o4);
}

#[tokio::test]
async fn a_folder_that_can_be_listed_is_corrected() {
    let (setup, _) = SynthesisSetup::with_engine();
    fs::create_dir_all(setup.private_folder()).unwrap();
    fs::set_permissions(setup.private_folder(), Permissions::from_mode(0o777)).unwrap();
    render_sound(&setup.open(), sensitive_text_request("4711")).await;
    assert_eq!(mode(&setup.private_folder()), 0o711);
}

#[tokio::test]
async fn a_link_in_place_of_the_folder_is_not_followed() {
    let (setup, _) = SynthesisSetup::with_engine();
    let elsewhere = setup.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(&setup.settings.cache_folder.local).unwrap();
    std::os::unix::fs::symlink(&elsewhere, setup.private_folder()).unwrap();
    let engines = setup.open();
    let reason = sound_error(&engines, sensitive_text_request("4711")).await;
    assert_eq!(reason, "could not write the sound: `private` in the cache folder is not ours");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}
