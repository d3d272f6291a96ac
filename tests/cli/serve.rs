//! `dialscript serve`, started as a service manager starts it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{self, ProgramResult, send_signal};
use crate::support::wait::blocking_until;

const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: hello\nagi_uniqueid: 1.1\n\n";
const SCRIPT: &str = "[otherwise]\nset = { A = 'b' }\n";

/// A daemon that serves the script `hello`.
struct Daemon {
    program: program::DaemonProcess,
    asterisk: SocketAddr,
}

impl Daemon {
    fn start(log: impl Into<Stdio>) -> Self {
        let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
        let asterisk = free_address();
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n[log]\nlevel = 'trace'\n"
        ));
        let program = program::DaemonProcess::start(folder, log);
        drop(program::DaemonProcess::connect(asterisk));
        Self { program, asterisk }
    }

    /// Makes a call. Returns the first and the last command of the daemon.
    fn call(&self) -> (String, String) {
        let commands = self.call_that_enters("");
        (
            commands.first().cloned().unwrap_or_default(),
            commands.last().cloned().unwrap_or_default(),
        )
    }

    /// Makes a call in which the caller enters these digits. Returns all commands of the daemon, except the one that asks
    /// for the module `func_strings`. This Asterisk has no such module, so each variable is set by a command of its own.
    fn call_that_enters(&self, digits: &str) -> Vec<String> {
        let mut stream = program::DaemonProcess::connect(self.asterisk);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(ENVIRONMENT.as_bytes()).unwrap();
        let mut commands = Vec::new();
        let mut digits = digits.bytes();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 {
            if line.contains("LEN(1)") {
                line.clear();
                stream.write_all(b"200 result=0\n").unwrap();
                continue;
            }
            let waits = line.starts_with("WAIT FOR DIGIT");
            let result = if waits { digits.next().unwrap_or(b'0') } else { 1 };
            commands.push(std::mem::take(&mut line));
            stream.write_all(format!("200 result={result}\n").as_bytes()).unwrap();
        }
        commands
    }

    fn script(&self, name: &str, content: &str) {
        self.program.folder.script(name, content);
    }

    fn exit_code(mut self) -> Option<i32> {
        self.program.stop()
    }
}

/// Waits until the log contains the words.
fn wait_for_log(log: &NamedTempFile, words: &str) {
    blocking_until(&format!("{words:?} in the log"), || {
        fs::read_to_string(log).unwrap().contains(words).then_some(())
    });
}

fn assert_served(call: (String, String)) {
    assert_eq!(call.0, "SET VARIABLE \"A\" \"b\"\n");
    assert_eq!(call.1, "SET VARIABLE \"DIALSCRIPT_OUTCOME\" \"otherwise\"\n");
}

#[test]
fn a_call_is_served_and_a_stop_ends_with_exit_code_0() {
    let daemon = Daemon::start(Stdio::null());
    assert_served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_full_disk_for_the_log_does_not_affect_calls() {
    let daemon = Daemon::start(OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_served(daemon.call());
    assert_served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_closed_log_pipe_does_not_affect_calls() {
    let mut daemon = Daemon::start(Stdio::piped());
    drop(daemon.program.process.stderr.take());
    assert_served(daemon.call());
    assert_served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn only_a_reload_without_errors_replaces_the_scripts() {
    let log = NamedTempFile::new().unwrap();
    let daemon = Daemon::start(log.reopen().unwrap());
    let reload = |text: &str, words: &str| {
        daemon.script("hello", text);
        daemon.program.signal("-HUP");
        wait_for_log(&log, words);
    };
    reload("[keypress]\nlength = 4\ngap = '300000000000years'\n", "reload failed");
    assert_served(daemon.call());
    reload("[otherwise]\nset = { A = 'c' }\n", "scripts reloaded");
    assert_eq!(daemon.call().0, "SET VARIABLE \"A\" \"c\"\n");
}

#[test]
fn the_daemon_does_not_start_with_an_error_in_its_own_file() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[asterisk]\nlissten = 1\n");
    let ran = ProgramResult::from_output(folder.program("serve").output().unwrap());
    assert_eq!(ran.code, 78);
    let errors = ran.errors;
    assert!(errors.contains("lissten") && errors.contains("did you mean `listen`?"), "{errors}");
}

#[test]
fn a_taken_port_is_reported_with_its_key_and_the_process_that_holds_it() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
    let tables = [
        ("[asterisk]", format!("[asterisk]\nlisten=['{address}']\n[freeswitch]\nlisten=[]\n")),
        ("[freeswitch]", format!("[asterisk]\nlisten=[]\n[freeswitch]\nlisten=['{address}']\n")),
        (
            "[metrics]",
            format!(
                "[asterisk]\nlisten=[]\n[freeswitch]\nlisten=[]\n[metrics]\nlisten='{address}'\n"
            ),
        ),
    ];
    for (table, content) in tables {
        folder.daemon_file(content);
        let ran = ProgramResult::from_output(folder.program("serve").output().unwrap());
        let process = std::process::id();
        let expected =
            format!("`listen` of {table}: cannot listen on {address}: the process {process} (");
        assert!(ran.code == 1 && ran.errors.contains(&expected), "{}", ran.errors);
        assert!(ran.errors.contains("stop it, or write another port"), "{}", ran.errors);
    }
}

#[test]
fn an_address_of_another_host_is_reported_with_its_key() {
    let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
    folder.daemon_file("[asterisk]\nlisten=['192.0.2.1:4573']\n[freeswitch]\nlisten=[]\n");
    let ran = ProgramResult::from_output(folder.program("serve").output().unwrap());
    let expected =
        "`listen` of [asterisk]: cannot listen on 192.0.2.1:4573: this host does not have";
    assert!(ran.code == 1 && ran.errors.contains(expected), "{}", ran.errors);
}

#[test]
fn a_file_that_the_user_may_not_read_is_reported_with_the_user_and_what_refuses_it() {
    let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
    folder.mode("", 0o755).mode("scripts/hello.toml", 0o600).mode("scripts", 0o711);
    let is_root = rustix::process::geteuid().is_root();
    let check_as = |user: u32| {
        let mut program = folder.program("check");
        if is_root {
            program.uid(user).gid(user);
        } else {
            folder.mode("scripts/hello.toml", 0o000).mode("scripts", 0o000);
        }
        // If the program itself is in a folder of root, another user cannot run it.
        program.output().ok().map(|output| ProgramResult::from_output(output).errors)
    };
    // The user `nobody` of most systems, which is no person.
    let check = || check_as(65534);
    let Some(errors) = check() else { return };
    let listed = folder.at("scripts").display().to_string();
    assert!(errors.contains("cannot read the scripts folder: the user "), "{errors}");
    assert!(errors.contains("may not read this: it belongs to "), "{errors}");
    assert!(
        errors.contains(&format!("{listed}` and `chmod g+rx {listed}`")) || !is_root,
        "{errors}"
    );
    // The daemon's files are not opened to a person: an ID of 1000 or above, and no user who cannot log in.
    let errors = check_as(4711).unwrap_or_default();
    assert!(
        errors.contains("run this with `sudo`") && !errors.contains("chmod") || !is_root,
        "{errors}"
    );
    folder.mode("scripts", 0o755);
    let errors = check().unwrap_or_default();
    assert!(errors.contains("may not read this: it belongs to ") || !is_root, "{errors}");
    folder.mode("", if is_root { 0o700 } else { 0o000 });
    let errors = check().unwrap_or_default();
    folder.mode("", 0o700).mode("scripts", 0o700);
    let closed = format!("may not enter the folder `{}`", folder.path().display());
    assert!(errors.contains(&closed) && (errors.contains("chmod g+x") || !is_root), "{errors}");
}

#[test]
fn sensitive_input_is_not_in_the_log_at_any_level() {
    let log = NamedTempFile::new().unwrap();
    let daemon = Daemon::start(log.reopen().unwrap());
    let nobody = free_address();
    let trigger = format!("[trigger]\nurl = 'http://{nobody}/{{keypress}}?a={{keypress}}'\n");
    let more = "timeout = '100ms'\nbody = 'pin={keypress}'\nheaders = 'X-Pin={keypress}'\n\
        [no_response]\nthen = 'script menu'\n";
    let ask = "[keypress]\nlength = 8\nsensitive = true\n[no_input]\n";
    daemon.script("hello", &format!("{ask}{trigger}{more}"));
    let menu = "[[branch]]\nwhen = '47110815'\nthen = 'goto {keypress}@{hello.keypress}'\n";
    daemon.script("menu", &format!("{ask}{menu}"));
    daemon.program.signal("-HUP");
    wait_for_log(&log, "scripts reloaded");
    let commands = daemon.call_that_enters("4711081547110815").concat();
    assert!(commands.contains("DIALPLAN_EXISTS(47110815,47110815,1)"), "{commands}");
    ["request", "branch", "goto ***@***"].into_iter().for_each(|words| wait_for_log(&log, words));
    let log = fs::read_to_string(&log).unwrap();
    assert!(!log.contains("47110815"), "{log}");
}

#[test]
fn a_stop_during_synthesis_ends_the_engine_and_leaves_no_files() {
    let folder = ConfigFolder::with_scripts(&[("hello", "[prompt]\nsay = 'Hello.'\n")]);
    let (pid_file, temporary) = (folder.at("pid_file"), folder.at("tmp"));
    let engine = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100", pid_file.display());
    folder.daemon_file(format!(
        "[asterisk]\nlisten = ['127.0.0.1:0']\n[freeswitch]\nlisten = []\n[speech]\ntimeout = '30s'\n\
         say = {{ engine = 'command', command = ['/bin/sh', '-c', '{engine}', '{{out}}'] }}\n"
    ));
    fs::create_dir(&temporary).unwrap();
    let mut command = folder.program("serve");
    let mut child = command.env("TMPDIR", &temporary).stderr(Stdio::null()).spawn().unwrap();
    let pid = blocking_until("the engine runs", || fs::read_to_string(&pid_file).ok());
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 1, "the engine's folder");
    send_signal(&child, "-TERM");
    let ended = blocking_until("the daemon ends", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
    let engine = Path::new("/proc").join(pid.trim()).join("exe");
    blocking_until("the engine ends", || (!engine.exists()).then_some(()));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "files of the engine");
}
