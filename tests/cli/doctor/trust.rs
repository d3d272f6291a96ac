//! What another user of the host can write is neither run nor put into a command without quotes.

use std::fs;
use std::os::unix::fs::{chown, symlink};

use super::Installation;

/// The user `voice`, which is not the one of a switch.
const OTHER_USER: u32 = 4500;

impl Installation {
    /// A process of another user that gives itself the name of a program.
    fn other_process(&self, name: &str, arguments: &str) {
        let (uid, folder) = (OTHER_USER, "proc/66");
        let status = format!(
            "Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nGroups:\t\n"
        );
        self.host_file(&format!("{folder}/comm"), &format!("{name}\n"));
        self.host_file(&format!("{folder}/cmdline"), arguments);
        self.host_file(&format!("{folder}/status"), &status);
    }
}

#[test]
fn the_programs_of_a_configuration_of_another_user_are_not_run() {
    let installation = Installation::new();
    let file = installation.folder.config_file();
    if chown(&file, Some(OTHER_USER), None).is_err() {
        return;
    }
    let [finding] = &installation.doctor(&[]).of("engines")[..] else { panic!() };
    assert!(finding.starts_with("not_checked: the speech engines: "), "{finding}");
    let fix = format!("| sudo -u '#4500' dialscript doctor --config {}", file.display());
    assert!(finding.ends_with(&fix), "{finding}");
}

#[test]
fn the_programs_of_a_configuration_in_a_folder_of_another_user_are_not_run() {
    let installation = Installation::new();
    if chown(installation.folder.path(), Some(OTHER_USER), None).is_err() {
        return;
    }
    let [finding] = &installation.doctor(&[]).of("engines")[..] else { panic!() };
    assert!(finding.starts_with("not_checked: the speech engines: "), "{finding}");
}

#[test]
fn a_process_that_only_has_the_name_of_the_switch_is_not_the_switch() {
    let installation = Installation::new();
    installation.other_process("asterisk", "");
    let runs = |switch: Vec<String>| switch.iter().filter(|line| line.contains("4500")).count();
    let files = || runs(installation.doctor(&[]).of("files"));
    installation.shared_folder("cache", 0o2750);
    assert_eq!(files(), 1, "without a program that can be examined, the name counts");
    let link = installation.host.path().join("proc/66/exe");
    symlink("/usr/bin/env", &link).unwrap();
    assert_eq!(files(), 0, "the program has another name");
    fs::remove_file(&link).unwrap();
    installation.host_file("home/asterisk", "");
    let program = installation.host.path().join("home/asterisk");
    symlink(&program, &link).unwrap();
    if chown(&program, Some(OTHER_USER), None).is_ok() {
        assert_eq!(files(), 0, "the program belongs to another user");
    }
}

#[test]
fn a_process_that_only_has_the_name_of_the_daemon_is_not_the_daemon() {
    let installation = Installation::new();
    let file = installation.folder.config_file().display().to_string();
    installation.other_process("dialscript", &format!("dialscript\0serve\0--config\0{file}\0"));
    installation.host_file("etc/passwd", "voice:x:4500:4500::/:\ndialscript:x:4300:4300::/:\n");
    installation.folder.file("secrets/SHOP", "s3cret").mode("secrets", 0o755);
    installation.folder.mode("secrets/SHOP", 0o644);
    let owner =
        || installation.doctor(&[]).of("secrets")[0].rsplit_once("chown ").unwrap().1.to_owned();
    assert!(owner().starts_with("voice "), "{}", owner());
    symlink("/usr/bin/env", installation.host.path().join("proc/66/exe")).unwrap();
    assert!(owner().starts_with("dialscript "), "{}", owner());
}

#[test]
fn an_account_whose_name_the_shell_would_expand_is_no_account() {
    let installation = Installation::new();
    installation.shared_folder("cache", 0o2750);
    installation.asterisk_runs_with_groups(&[4242]);
    installation.host_file("etc/passwd", "asterisk$(reboot):x:4242:4242::/:\n-x:x:4243:4243::/:\n");
    installation.host_file("etc/group", "dialscript:x:4300:$(reboot)\n`reboot`:x:4242:\n");
    let output = installation.doctor(&[]).0.output;
    assert!(!output.contains("reboot"), "{output}");
    assert!(output.contains("u:4242:rX"), "{output}");
    let refused = installation.doctor(&["--switch-user", "-x"]).0;
    assert_eq!(refused.code, 2, "{}", refused.errors);
}

#[test]
fn the_command_of_an_engine_is_quoted_word_by_word() {
    let installation = Installation::new();
    let address = installation.address;
    installation.folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{address}']\n[speech.say]\nengine = 'command'\n\
         command = ['false', '', \"it's\", '$(reboot)', '{{out}}']\n"
    ));
    let [problem] = &installation.doctor(&[]).of("engines")[..] else { panic!() };
    assert!(problem.contains(": false '' 'it'\\''s' '$(reboot)' "), "{problem}");
}
