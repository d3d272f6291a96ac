//! `dialscript reload`, and SIGHUP, with a started daemon.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult};
use crate::support::wait::blocking_until;

const SETS_B: &str = "[otherwise]\nset = { A = 'b' }\n";
const SETS_C: &str = "[otherwise]\nset = { A = 'c' }\n";
const ASKS: &str = "[keypress]\nlength = 1\n[otherwise]\nset = { A = 'asked' }\n[no_input]\n";

/// A daemon that serves Asterisk.
struct Daemon {
    program: DaemonProcess,
    asterisk: SocketAddr,
    metrics: SocketAddr,
}

impl Daemon {
    fn start(scripts: &[(&str, &str)]) -> Self {
        let folder = ConfigFolder::with_scripts(scripts);
        let (asterisk, metrics) = (free_address(), free_address());
        folder.daemon_file(daemon_file(asterisk, metrics, "", ""));
        let log = File::create(folder.at("log")).unwrap();
        let daemon = Self { program: DaemonProcess::start(folder, log), asterisk, metrics };
        daemon.wait_for_log("serving");
        daemon
    }

    /// Changes the daemon's file. `listener` has lines for `[asterisk]`.
    fn configure(&self, listener: &str, more: &str) {
        let content = daemon_file(self.asterisk, self.metrics, listener, more);
        self.program.folder.daemon_file(content);
    }

    fn script(&self, name: &str, content: &str) {
        self.program.folder.script(name, content);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut program = self.program.folder.program("reload");
        program.args(arguments);
        program
    }

    fn reload(&self, arguments: &[&str]) -> ProgramResult {
        ProgramResult::from_output(self.command(arguments).output().unwrap())
    }

    /// Reloads without errors, and returns the result of `--json`.
    fn reload_json(&self) -> Value {
        let ran = self.reload(&["--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.output, ran.errors);
        ran.events().last().unwrap().clone()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.program.folder.at("log")).unwrap()
    }

    fn wait_for_log(&self, words: &str) {
        let has_words = || self.log().contains(words).then_some(());
        blocking_until(&format!("{words:?} in the log"), has_words);
    }

    fn call(&self, script: &str) -> AgiCall {
        AgiCall::start(self.asterisk, script)
    }
}

fn daemon_file(asterisk: SocketAddr, metrics: SocketAddr, listener: &str, more: &str) -> String {
    format!(
        "[asterisk]\nlisten = ['{asterisk}']\n{listener}\n[freeswitch]\nlisten = []\n\
         [metrics]\nlisten = '{metrics}'\n{more}\n"
    )
}

/// A call, from the side of Asterisk.
struct AgiCall {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl AgiCall {
    fn start(address: SocketAddr, script: &str) -> Self {
        let mut stream = DaemonProcess::connect(address);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let environment =
            format!("agi_network: yes\nagi_network_script: {script}\nagi_uniqueid: 1.1\n\n");
        stream.write_all(environment.as_bytes()).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }

    /// The next command of the daemon; empty at the end of the call.
    fn command(&mut self) -> String {
        let mut line = String::new();
        // A refused call can end with a reset.
        drop(self.reader.read_line(&mut line));
        line
    }

    fn reply(&mut self, result: &str) {
        self.stream.write_all(format!("200 result={result}\n").as_bytes()).unwrap();
    }

    /// Answers commands until the daemon waits for a key.
    fn until_asked(&mut self) {
        while !self.command().starts_with("WAIT FOR DIGIT") {
            self.reply("1");
        }
    }

    /// Answers all commands to the end of the call, and returns them. This Asterisk has no module `func_strings`, so each
    /// variable is set by a command of its own.
    fn finish(mut self) -> String {
        let mut commands = String::new();
        loop {
            let command = self.command();
            if command.is_empty() {
                return commands;
            }
            if command.contains("LEN(1)") {
                self.reply("0");
                continue;
            }
            commands.push_str(&command);
            self.reply("1");
        }
    }
}

#[test]
fn it_prints_which_scripts_are_new_changed_and_removed_with_their_versions() {
    let daemon = Daemon::start(&[("hello", SETS_B), ("old", SETS_B), ("same", SETS_B)]);
    daemon.script("hello", SETS_C);
    daemon.script("menu", SETS_C);
    fs::remove_file(daemon.program.folder.at("scripts/old.toml")).unwrap();
    let ran = daemon.reload(&[]);
    let expected = "reloaded: 3 scripts\nnew      menu   0c8bfecb\nchanged  hello  fda6a384 -> 0c8bfecb\n\
                    removed  old\n";
    assert_eq!((ran.code, &*ran.output, &*ran.errors), (0, expected, ""));
    assert!(daemon.call("hello").finish().starts_with("SET VARIABLE \"A\" \"c\"\n"));
    assert!(!daemon.call("old").finish().contains("\"A\""));
    daemon.wait_for_log("scripts reloaded scripts=3 new=1 changed=1 removed=1");
    assert_eq!(daemon.reload(&[]).output, "reloaded: 3 scripts\n", "nothing differs");
}

#[test]
fn a_faulty_file_changes_nothing_and_is_shown_with_its_line() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    daemon.script("hello", "[otherwise]\nset = { A = 'c' }\nthem = 'x\u{202e}'\n");
    daemon.configure("allow = ['192.0.2.0/24']", "");
    let ran = daemon.reload(&[]);
    assert_eq!((ran.code, &*ran.output), (1, ""));
    let caret = "3 | them = 'x";
    assert!(ran.errors.contains("hello.toml:3:") && ran.errors.contains(caret), "{}", ran.errors);
    assert!(ran.errors.contains("^^^^"), "{}", ran.errors);
    let end =
        "1 error in 1 file\nnothing was changed: the previous scripts and settings stay in use\n";
    assert!(ran.errors.ends_with(end), "{}", ran.errors);
    assert!(!ran.errors.contains('\u{202e}'), "{:?}", ran.errors);
    assert!(daemon.call("hello").finish().starts_with("SET VARIABLE \"A\" \"b\"\n"));
    daemon.wait_for_log("reload failed: the previous scripts stay in use");
    let json = daemon.reload(&["--json"]);
    assert_eq!(json.code, 1);
    let [error, result] = json.events() else { panic!("{}", json.output) };
    assert_eq!((&error["level"], &error["line"]), (&"error".into(), &3.into()));
    assert_eq!((&result["result"], &result["errors"]), (&"failed".into(), &1.into()));
}

#[test]
fn warnings_are_printed_and_do_not_fail() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    daemon.configure("allow = ['10.0.0.5/8', '127.0.0.0/8']", "");
    let ran = daemon.reload(&[]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(
        ran.errors.starts_with("warning: ") && ran.errors.contains("10.0.0.5/8"),
        "{}",
        ran.errors
    );
    assert_eq!(ran.output, "reloaded: 1 script\nin use: [asterisk] allow\n");
}

#[test]
fn a_changed_allow_list_applies_to_new_calls_only() {
    let daemon = Daemon::start(&[("asks", ASKS), ("hello", SETS_B)]);
    let mut active = daemon.call("asks");
    active.until_asked();
    daemon.configure("allow = ['192.0.2.0/24']", "");
    assert_eq!(daemon.reload_json()["applied"], serde_json::json!(["[asterisk] allow"]));
    assert!(!daemon.call("hello").finish().contains("\"A\""), "it is refused");
    daemon.wait_for_log("refused: address is not in `allow`");
    active.reply("53");
    assert!(active.finish().contains("SET VARIABLE \"A\" \"asked\""), "it was not disturbed");
    daemon.configure("", "");
    daemon.reload_json();
    assert!(daemon.call("hello").finish().contains("SET VARIABLE \"A\" \"b\""));
}

#[test]
fn an_active_call_keeps_its_script() {
    let daemon = Daemon::start(&[("asks", ASKS)]);
    let mut active = daemon.call("asks");
    active.until_asked();
    daemon.script("asks", SETS_C);
    daemon.reload_json();
    active.reply("53");
    assert!(active.finish().contains("SET VARIABLE \"A\" \"asked\""));
    assert!(daemon.call("asks").finish().starts_with("SET VARIABLE \"A\" \"c\""));
}

#[test]
fn a_lower_limit_on_calls_ends_no_call_and_refuses_new_ones() {
    let daemon = Daemon::start(&[("asks", ASKS), ("hello", SETS_B)]);
    let mut active = [daemon.call("asks"), daemon.call("asks")];
    active.iter_mut().for_each(AgiCall::until_asked);
    daemon.configure("", "[server]\nmax_calls = 1\n");
    assert_eq!(daemon.reload_json()["applied"], serde_json::json!(["[server] max_calls"]));
    assert!(!daemon.call("hello").finish().contains("\"A\""), "it is refused");
    daemon.wait_for_log("refused: `max_calls` reached");
    for mut call in active {
        call.reply("53");
        assert!(call.finish().contains("SET VARIABLE \"A\" \"asked\""));
    }
    let served =
        || daemon.call("hello").finish().contains("SET VARIABLE \"A\" \"b\"").then_some(());
    blocking_until("a call is served again", served);
}

#[test]
fn the_level_of_the_log_changes_and_what_needs_a_restart_is_named() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    assert!(!daemon.log().contains("DEBUG"));
    daemon.configure("", "[log]\nlevel = 'debug'\nformat = 'json'\n[control]\nsocket = ''\n");
    daemon.program.signal("-HUP");
    daemon.wait_for_log("scripts reloaded");
    let log = daemon.log();
    assert!(log.contains("changed settings are in use settings=\"[log] level\""), "{log}");
    let restart =
        "changed settings take effect after a restart settings=\"[log] format, [control] socket\"";
    assert!(log.contains(restart), "{log}");
    daemon.call("hello").finish();
    daemon.wait_for_log("DEBUG");
}

#[test]
fn a_changed_secret_is_named_and_its_value_is_not_shown() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    let folder = &daemon.program.folder;
    folder.file("secrets/SHOP", "first-value").mode("secrets/SHOP", 0o600);
    let url =
        "[trigger]\nurl = 'http://127.0.0.1:1/'\nheaders = 'X-Key={secret.SHOP}'\n[no_response]\n";
    daemon.script("hello", &format!("{url}{SETS_B}"));
    daemon.reload_json();
    folder.file("secrets/SHOP", "second-value");
    assert_eq!(daemon.reload_json()["applied"], serde_json::json!(["{secret.SHOP}"]));
    assert!(!daemon.log().contains("-value"));
}

#[test]
fn the_allow_list_of_the_metrics_changes() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    let status = || {
        let mut stream = DaemonProcess::connect(daemon.metrics);
        drop(stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n"));
        let mut line = String::new();
        drop(BufReader::new(stream).read_line(&mut line));
        line
    };
    assert!(status().contains("200"));
    // The line belongs to `[metrics]`, the last table.
    daemon.configure("", "allow = ['192.0.2.0/24']");
    assert_eq!(daemon.reload_json()["applied"], serde_json::json!(["[metrics] allow"]));
    assert_eq!(status(), "");
}

#[test]
fn reloads_at_the_same_time_run_one_after_the_other_and_each_has_its_result() {
    let daemon = Daemon::start(&[("hello", SETS_B)]);
    daemon.script("hello", SETS_C);
    let spawn = |_| {
        let mut command = daemon.command(&["--json"]);
        command.stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let clients: Vec<_> = (0..4).map(spawn).collect();
    daemon.program.signal("-HUP");
    let results = clients
        .into_iter()
        .map(|client| ProgramResult::from_output(client.wait_with_output().unwrap()));
    let changed: usize = results
        .map(|ran| {
            assert_eq!(ran.code, 0, "{}", ran.output);
            let result = ran.events().last().unwrap();
            assert_eq!((&result["result"], &result["scripts"]), (&"reloaded".into(), &1.into()));
            result["changed"].as_array().unwrap().len()
        })
        .sum();
    blocking_until("five reloads", || {
        (daemon.log().matches("scripts reloaded").count() == 5).then_some(())
    });
    // The first of the five has changed the script: one of the clients, or SIGHUP.
    assert!(changed <= 1, "{changed}");
    assert_eq!(daemon.log().matches(" changed=1 ").count(), 1);
}

#[test]
fn without_a_daemon_the_error_names_the_socket_and_what_to_do() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[control]\nsocket = 'here.sock'\n");
    let ran = ProgramResult::from_output(folder.program("reload").output().unwrap());
    assert_eq!((ran.code, &*ran.output), (1, ""));
    assert!(ran.errors.starts_with("error: no daemon listens on "), "{}", ran.errors);
    assert!(ran.errors.contains("here.sock") && ran.errors.contains("start it"), "{}", ran.errors);
    // The daemon of the systemd unit has other files.
    assert!(!ran.errors.contains("/run/dialscript"), "{}", ran.errors);
}

#[test]
fn hostile_text_of_a_daemon_is_escaped() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[control]\nsocket = 'here.sock'\n");
    let listener = UnixListener::bind(folder.at("here.sock")).unwrap();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut request).unwrap();
        let reply = "{\"diagnostic\":{\"level\":\"error\",\"file\":\"a\",\"message\":\"m\",\"help\":null,\
                     \"text\":\"a\\u001b[31mb\\nc\"}}\n\
                     {\"reload_failed\":{\"errors\":1,\"files\":1,\"reason\":\"no\\u001b[2J\"}}\n";
        stream.write_all(reply.as_bytes()).unwrap();
        request
    });
    let ran = ProgramResult::from_output(folder.program("reload").output().unwrap());
    assert_eq!(daemon.join().unwrap(), "{\"reload\":{}}\n");
    assert_eq!(ran.code, 1);
    assert!(
        !ran.errors.contains('\u{1b}') && ran.errors.contains("[31mb\nc\n"),
        "{:?}",
        ran.errors
    );
}
