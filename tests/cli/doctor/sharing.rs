//! Whether the switch can use the folders of the daemon.

use std::fs;
use std::os::unix::fs::chown;

use super::Installation;

const JOIN: &str = "usermod -aG dialscript asterisk && systemctl restart asterisk";

impl Installation {
    /// Creates a folder of the daemon with the shared group and this mode.
    fn shared_folder(&self, name: &str, mode: u32) -> String {
        let path = self.folder.at(name);
        fs::create_dir_all(&path).unwrap();
        chown(&path, None, Some(self.shared_group())).unwrap();
        self.folder.mode(name, mode);
        path.display().to_string()
    }
}

#[test]
fn a_switch_outside_of_the_group_gets_the_one_command_that_lets_it_read_the_sounds() {
    let installation = Installation::new();
    let cache = installation.shared_folder("cache", 0o2750);
    installation.accounts(&[]).asterisk_runs_with_groups(&[4242]);
    let diagnosis = installation.doctor(&[]);
    let expected = format!(
        "problem: user asterisk cannot enter the folder {cache} (mode 2750, owner dialscript, group dialscript) | {JOIN}"
    );
    assert_eq!(diagnosis.of("files"), [expected]);
}

#[test]
fn a_switch_that_was_started_before_its_user_joined_the_group_must_be_restarted() {
    let installation = Installation::new();
    installation.shared_folder("cache", 0o2750);
    installation.asterisk_runs_with_groups(&[4242]);
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    assert!(finding.contains("asterisk was started before asterisk joined the group"), "{finding}");
    assert!(finding.ends_with("| systemctl restart asterisk"), "{finding}");
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
    assert!(finding.ends_with(&format!("| chmod g+rwx '{recordings}'")), "{finding}");
}

#[test]
fn a_sound_that_only_its_owner_can_read_is_named() {
    let installation = Installation::new();
    installation.shared_folder("cache", 0o2750);
    installation.folder.file("cache/x.wav", "").mode("cache/x.wav", 0o600);
    chown(installation.folder.at("cache/x.wav"), None, Some(installation.shared_group())).unwrap();
    let [finding] = &installation.doctor(&[]).of("files")[..] else { panic!() };
    assert!(finding.contains("user asterisk cannot read the file"), "{finding}");
    assert!(finding.contains("/cache/x.wav (mode 0600, "), "{finding}");
    assert!(finding.contains("| chmod g+r '"), "{finding}");
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
    assert!(
        finding.ends_with("| usermod -aG dialscript voice && systemctl restart asterisk"),
        "{finding}"
    );
}

#[test]
fn a_user_that_does_not_exist_is_an_error_of_the_command_line() {
    let result = Installation::new().doctor(&["--switch-user", "nobody-else"]).0;
    assert_eq!((result.code, &*result.output), (2, ""));
    assert!(result.errors.contains("`--switch-user nobody-else`: this host has no such user"));
}
