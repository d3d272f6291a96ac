//! `dialscript serve` with script files that have errors.

use std::fs;
use std::net::SocketAddr;

use tempfile::NamedTempFile;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult, dialscript};
use crate::support::wait::blocking_until;

const GREETING: &str = "[otherwise]\nset = { A = 'old' }\n";
const NEW_GREETING: &str = "[otherwise]\nset = { A = 'new' }\n";
const FAULTY: &str = "[otherwise]\nthn = 'hangup'\n";
/// The exit code of `dialscript call` if no script ran.
const REFUSED: i32 = 6;

/// A daemon that serves both switches.
struct FaultyDaemon {
    process: DaemonProcess,
    listeners: [(&'static str, SocketAddr); 2],
    log: NamedTempFile,
}

impl FaultyDaemon {
    fn start(folder: ConfigFolder) -> Self {
        let (asterisk, freeswitch) = (free_address(), free_address());
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = ['{freeswitch}']\n"
        ));
        let log = NamedTempFile::new().unwrap();
        let process = DaemonProcess::start(folder, log.reopen().unwrap());
        let listeners = [("asterisk", asterisk), ("freeswitch", freeswitch)];
        listeners.iter().for_each(|(_, address)| drop(DaemonProcess::connect(*address)));
        Self { process, listeners, log }
    }

    /// Calls a script from both switches. Each result must be the same.
    fn call(&self, script: &str, check: impl Fn(&ProgramResult)) {
        for (switch, address) in &self.listeners {
            let mut program = dialscript();
            program.args(["call", script, "--json", "--reveal", "--switch", switch]);
            program.args(["--connect", &address.to_string()]);
            check(&ProgramResult::from_output(program.output().unwrap()));
        }
    }

    fn assert_served(&self, script: &str, value: &str) {
        self.call(script, |call| assert_eq!((call.code, call.variable("A")), (0, value)));
    }

    fn assert_refused(&self, script: &str) {
        self.call(script, |call| assert_eq!(call.code, REFUSED, "{}", call.output));
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until a line of the log contains all words. Returns the number of these lines.
    fn wait_for_line(&self, words: &[&str]) -> usize {
        blocking_until(&format!("{words:?} in the log"), || {
            let log = self.log();
            let lines = log.lines().filter(|line| words.iter().all(|word| line.contains(word)));
            Some(lines.count()).filter(|count| *count > 0)
        })
    }

    /// Stops the daemon, and starts another one with the same files.
    fn restart(mut self, change: impl Fn(&ConfigFolder)) -> Self {
        assert_eq!(self.process.stop(), Some(0));
        change(&self.process.folder);
        let folder = std::mem::replace(&mut self.process.folder, ConfigFolder::new());
        Self::start(folder)
    }
}

#[test]
fn a_faulty_script_is_refused_with_its_reason_in_the_log_and_the_others_are_served() {
    let leads = "[otherwise]\nthen = 'script broken'\n";
    let folder =
        ConfigFolder::with_scripts(&[("hello", GREETING), ("broken", FAULTY), ("leads", leads)]);
    let daemon = FaultyDaemon::start(folder);
    daemon.wait_for_line(&["ERROR", "configuration error", "broken.toml:2: unknown key `thn`"]);
    daemon.wait_for_line(&["excluded: calls for this script are refused", "script=\"leads\""]);
    daemon.wait_for_line(&["not all script files are valid", "errors=1 excluded=2 last_valid=0"]);
    daemon.wait_for_line(&["serving", "scripts=1"]);
    daemon.assert_served("hello", "old");
    daemon.assert_refused("broken");
    daemon.assert_refused("leads");
    let refused = "refused: the script is excluded";
    daemon.wait_for_line(&[refused, "script=\"broken\"", "reason=\"", "unknown key `thn`"]);
    let leads = [refused, "script=\"leads\"", "reason=\"leads to `broken`, which is excluded\""];
    assert_eq!(daemon.wait_for_line(&leads), 2, "one for each switch: {}", daemon.log());
}

#[test]
fn after_a_restart_the_last_valid_version_of_a_faulty_script_serves() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("other", GREETING)]);
    let version = format!("version=\"{}\"", folder.loaded("hello").version);
    let daemon = FaultyDaemon::start(folder);
    let copy = daemon.process.folder.at("state/last_valid/hello.toml");
    blocking_until("the copy is stored", || copy.exists().then_some(()));
    let daemon = daemon.restart(|folder| {
        folder.script("hello", FAULTY).script("other", NEW_GREETING);
    });
    let serves = "the last valid version of this script serves";
    daemon.wait_for_line(&["WARN", serves, "script=\"hello\"", &version]);
    daemon.wait_for_line(&[serves, "since=\"20", "reason=\"", "hello.toml:2: unknown key `thn`"]);
    daemon.assert_served("hello", "old");
    daemon.assert_served("other", "new");
    let call = ["INFO call ", "script=\"hello\"", &version];
    blocking_until("a line for each call", || (daemon.wait_for_line(&call) == 2).then_some(()));
}

#[test]
fn a_reload_replaces_excluded_scripts_only_if_all_files_are_valid() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("broken", FAULTY)]);
    let daemon = FaultyDaemon::start(folder);
    daemon.process.folder.script("hello", NEW_GREETING);
    daemon.process.signal("-HUP");
    daemon.wait_for_line(&["reload failed", "errors=1"]);
    daemon.assert_served("hello", "old");
    daemon.assert_refused("broken");
    daemon.process.folder.script("broken", GREETING);
    daemon.process.signal("-HUP");
    daemon.wait_for_line(&["scripts reloaded"]);
    daemon.assert_served("hello", "new");
    daemon.assert_served("broken", "old");
    let copy = daemon.process.folder.at("state/last_valid/broken.toml");
    blocking_until("the copy is stored", || copy.exists().then_some(()));
}

#[test]
fn a_daemon_without_any_valid_script_starts_and_says_that_it_refuses_all_calls() {
    let daemon = FaultyDaemon::start(ConfigFolder::with_scripts(&[("hello", FAULTY)]));
    daemon.wait_for_line(&["ERROR", "no script is valid: all calls are refused", "excluded=1"]);
    daemon.assert_refused("hello");
}

#[test]
fn a_state_folder_that_cannot_be_written_is_a_warning_and_calls_are_served() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    folder.file("state", "not a folder");
    let daemon = FaultyDaemon::start(folder);
    daemon.wait_for_line(&["WARN", "can't keep the valid scripts", "`state` in [folders]"]);
    daemon.assert_served("hello", "old");
}

#[test]
fn with_strict_the_daemon_does_not_start_if_a_script_has_an_error() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("broken", FAULTY)]);
    let output = folder.program("serve").arg("--strict").output().unwrap();
    let ran = ProgramResult::from_output(output);
    assert_eq!(ran.code, 78);
    assert!(ran.errors.contains("unknown key `thn`") && ran.errors.contains("1 error in 1 file"));
}
