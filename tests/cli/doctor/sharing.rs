//! Whether the switch can use the folders of the daemon.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use super::Installation;
use crate::support::acl;

/// The command that lets Asterisk's user read sounds.
fn read_command(folder: &str) -> String {
    format!("setfacl -R -m u:asterisk:rX,d:u:asterisk:rX {folder}")
}

impl Installation {
    /// Creates a folder of the daemon with the shared group and this mode.
    pub(super) fn shared_folder(&self, name: &str, mode: u32) -> String {
        let path = self.folder.at(name);
        fs::create_dir_all(&path).unwrap();
        chown(&path, None, Some(self.shared_group())).unwrap();
        self.folder.mode(name, mode);
        path.display().to_string()
    }
}

#[test]
fn a_switch_without_rights_gets_the_one_command_that_lets_it_read_the_sounds() {
    let installation = Installation::new();
    let cache = installation.shared_folder("cache", 0o2750);
    installation.accounts(&[]).asterisk_runs_with_groups(&[4242]);
    let diagnosis = installation.doctor(&[]);
    let expected = format!(
        "problem: user asterisk cannot enter the folder {cache} (mode 2750, owner dialscript, group dialscript) | {}",
        read_command(&cache)
    );
    assert_eq!(diagnosis.of("files"), [expected]);
}

#[test]
fn a_switch_that_runs_without_the_group_of_its_user_gets_an_access_control_list() {
    let installation = Installation::new();
    let cache = installation.shared_folder("cache", 0o2750);
    installation.asterisk_runs_with_groups(&[4242]);
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    let reason = "asterisk runs without this group of its user: it drops its groups (option -G or -g), or was started \
                  before the user joined";
    assert!(finding.contains(reason), "{finding}");
    assert!(finding.ends_with(&format!("| {}", read_command(&cache))), "{finding}");
}

#[test]
fn a_switch_in_the_group_can_read_the_sounds_and_write_recordings() {
    let installation = Installation::new();
    let listens = "[prompt]\nsay = 'Hello.'\n[speech]\nlanguage = 'en'\n[otherwise]\nthen = 'hangup'\n\
                   [no_input]\nthen = 'hangup'\n";
    installation.folder.script("listens", listens);
    installation.configure("[speech.listen]\nengine = 'command'\ncommand = ['cat', '{in}']\n");
    let cache = installation.shared_folder("cache", 0o2750);
    let recordings = installation.shared_folder("recordings", 0o2770);
    let diagnosis = installation.doctor(&[]);
    assert_eq!(
        diagnosis.of("files"),
        [
            format!("ok: user asterisk of asterisk can read files in {cache} | "),
            format!("ok: user asterisk of asterisk can write to {recordings} | "),
        ]
    );
    installation.shared_folder("recordings", 0o2750);
    let finding = &installation.doctor(&[]).of("files")[1];
    let command = format!("| setfacl -R -m u:asterisk:rwX,d:u:asterisk:rwX {recordings}");
    assert!(finding.ends_with(&command), "{finding}");
}

#[test]
fn a_sound_that_only_its_owner_can_read_is_named() {
    let installation = Installation::new();
    let cache = installation.shared_folder("cache", 0o2750);
    installation.folder.file("cache/x.wav", "").mode("cache/x.wav", 0o600);
    chown(installation.folder.at("cache/x.wav"), None, Some(installation.shared_group())).unwrap();
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    assert!(finding.contains("user asterisk cannot read the file"), "{finding}");
    assert!(finding.contains("/cache/x.wav (mode 0600, "), "{finding}");
    assert!(finding.ends_with(&format!("| {}", read_command(&cache))), "{finding}");
}

#[test]
fn another_user_of_the_switch_can_be_named() {
    let installation = Installation::new();
    installation.shared_folder("cache", 0o2750);
    installation.host_file("etc/passwd", "voice:x:4500:4500::/:\n");
    let [finding] = &installation.doctor(&["--switch-user", "voice"]).of("files")[..] else {
        panic!()
    };
    assert!(finding.starts_with("problem: user voice cannot enter the folder"), "{finding}");
    assert!(finding.contains("| setfacl -R -m u:voice:rX,d:u:voice:rX /"), "{finding}");
}

#[test]
fn a_user_that_does_not_exist_is_an_error_of_the_command_line() {
    let result = Installation::new().doctor(&["--switch-user", "nobody-else"]).0;
    assert_eq!((result.code, &*result.output), (2, ""));
    assert!(result.errors.contains("`--switch-user nobody-else`: this host has no such user"));
}

#[test]
fn a_closed_folder_above_the_shared_one_is_opened_for_passing_only() {
    let installation = Installation::new();
    installation.shared_folder("closed", 0o700);
    let cache = installation.shared_folder("closed/cache", 0o755);
    installation.configure(&format!("[folders]\ncache = '{cache}'\n"));
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    let closed = installation.folder.at("closed").display().to_string();
    assert!(finding.contains(&format!("cannot enter the folder {closed} (mode 0700")), "{finding}");
    assert!(finding.ends_with(&format!("| setfacl -m u:asterisk:x {closed}")), "{finding}");
}

#[test]
fn an_access_control_list_lets_the_switch_use_the_folder() {
    let installation = Installation::new();
    let cache = installation.shared_folder("cache", 0o2750);
    installation.accounts(&[]).asterisk_runs_with_groups(&[4242]);
    if !acl::share_folder(Path::new(&cache), 4242, 0o2750) {
        return;
    }
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    assert!(finding.starts_with("ok: user asterisk of asterisk can read files in "), "{finding}");
}
