//! The switch can read the sounds, whatever the umask of the daemon is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::acl;
use crate::support::config_folder::ConfigFolder;
use crate::support::program::ProgramResult;
use crate::support::wav::tone;

/// The number of a user that need not exist.
const SWITCH_USER: u32 = 4242;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Speaks a text with a umask that takes all rights from others. Returns the folder with the cached sound.
fn speak_with_umask(folder: &ConfigFolder) {
    folder
        .file("hello.wav", tone(100))
        .script("hello", "[prompt]\nsay = 'Hello.'\n[otherwise]\nthen = 'hangup'\n");
    folder.daemon_file(format!(
        "[speech.say]\nengine = 'command'\ncommand = ['cp', '{}', '{{out}}']\n",
        folder.at("hello.wav").display()
    ));
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077 && exec \"$0\" call hello --engines --config \"$1\""]);
    shell.arg(env!("CARGO_BIN_EXE_dialscript")).arg(folder.config_file());
    let result = ProgramResult::from_output(shell.output().unwrap());
    assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
}

fn sound(folder: &ConfigFolder) -> PathBuf {
    let files = fs::read_dir(folder.at("cache")).unwrap().map(|entry| entry.unwrap().path());
    let sounds: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "wav")).collect();
    let [sound] = &sounds[..] else { panic!("{sounds:?}") };
    sound.clone()
}

fn sound_mode(folder: &ConfigFolder) -> u32 {
    mode(&sound(folder))
}

#[test]
fn all_users_can_read_sounds_in_a_folder_that_the_daemon_has_created() {
    let folder = ConfigFolder::new();
    speak_with_umask(&folder);
    assert_eq!((mode(&folder.at("cache")), sound_mode(&folder)), (0o755, 0o644));
}

#[test]
fn only_the_group_can_read_sounds_in_a_folder_of_that_group() {
    let folder = ConfigFolder::new();
    fs::create_dir(folder.at("cache")).unwrap();
    folder.mode("cache", 0o2750);
    speak_with_umask(&folder);
    assert_eq!((mode(&folder.at("cache")), sound_mode(&folder)), (0o2750, 0o640));
}

/// systemd sets the mode of the folder again at each start, after the administrator has set the list.
#[test]
fn a_user_with_an_access_control_list_can_read_sounds_that_are_made_later() {
    let folder = ConfigFolder::new();
    fs::create_dir(folder.at("cache")).unwrap();
    if !acl::share_folder(&folder.at("cache"), SWITCH_USER, 0o2750) {
        return;
    }
    speak_with_umask(&folder);
    assert_eq!(acl::effective_rights(&folder.at("cache"), SWITCH_USER), 0o5);
    assert_eq!(acl::effective_rights(&sound(&folder), SWITCH_USER), 0o4);
    assert_eq!(sound_mode(&folder), 0o640);
}
