//! `dialscript status` and `dialscript calls`, with a running daemon and switches whose calls are held in known states.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult, send_signal};
use crate::support::wait::blocking_until;

const CALLER: &str = "+49301234589";

/// Asks for one digit, then a web application for an answer, and then does what `then` says.
fn order(web: &str, then: &str) -> String {
    format!(
        "[prompt]\nplay = 'switch:number'\n[keypress]\nlength = 1\n\
         [trigger]\nurl = 'http://{web}/orders?id={{keypress}}'\ntimeout = '20s'\n\
         [otherwise]\nthen = '{then}'\n[no_input]\n[no_response]\n"
    )
}

const MENU: &str = "[prompt]\nplay = 'switch:menu'\n[otherwise]\n";

struct Daemon {
    process: DaemonProcess,
    asterisk: SocketAddr,
}

impl Daemon {
    fn start(scripts: &[(&str, &str)]) -> Self {
        let folder = ConfigFolder::with_scripts(scripts);
        let asterisk = free_address();
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n[log]\nlevel = 'debug'\n"
        ));
        let log = File::create(folder.at("log")).unwrap();
        let process = DaemonProcess::start(folder, log);
        process.wait_for_control_socket();
        drop(DaemonProcess::connect(asterisk));
        let daemon = Self { process, asterisk };
        blocking_until("no calls", || daemon.calls(&[]).is_empty().then_some(()));
        daemon
    }

    fn run(&self, arguments: &[&str]) -> ProgramResult {
        let (command, options) = arguments.split_first().unwrap();
        let mut program = self.process.folder.program(command);
        ProgramResult::from_output(program.args(options).output().unwrap())
    }

    /// The objects that `dialscript calls --json` prints.
    fn calls(&self, options: &[&str]) -> Vec<Value> {
        let result = self.run(&[&["calls", "--json"], options].concat());
        assert_eq!(result.code, 0, "{}", result.errors);
        result.events().to_vec()
    }

    /// Waits until the only call does this.
    fn wait_for_activity(&self, activity: &str) -> Value {
        blocking_until(activity, || {
            let calls = self.calls(&[]);
            calls.into_iter().find(|call| call["activity"] == activity)
        })
    }

    fn status(&self) -> Value {
        self.run(&["status", "--json"]).events()[0].clone()
    }

    /// A call of a switch that does nothing by itself.
    fn call(&self, script: &str, call_id: &str) -> HeldCall {
        let mut stream = DaemonProcess::connect(self.asterisk);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let environment = format!(
            "agi_network: yes\nagi_network_script: {script}\nagi_uniqueid: {call_id}\n\
             agi_callerid: {CALLER}\n\n"
        );
        stream.write_all(environment.as_bytes()).unwrap();
        HeldCall { reader: BufReader::new(stream) }
    }
}

/// The side of Asterisk in a call: each command is answered by the test.
struct HeldCall {
    reader: BufReader<TcpStream>,
}

impl HeldCall {
    /// Answers all commands with success until one begins with these words. That one is not answered.
    fn until(&mut self, words: &str) {
        loop {
            let mut command = String::new();
            assert!(self.reader.read_line(&mut command).unwrap() > 0, "no {words}");
            if command.starts_with(words) {
                return;
            }
            self.answer("1");
        }
    }

    fn answer(&mut self, result: &str) {
        let reply = format!("200 result={result} endpos=0\n");
        self.reader.get_mut().write_all(reply.as_bytes()).unwrap();
    }
}

#[test]
fn a_call_is_shown_with_what_it_is_doing_and_its_host_but_not_with_its_number() {
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap().to_string();
    let daemon = Daemon::start(&[("order", &order(&address, "script menu")), ("menu", MENU)]);
    let mut held = daemon.call("order", "1.7");

    held.until("STREAM FILE");
    let call = daemon.wait_for_activity("playing_prompt");
    assert_eq!((&call["call_id"], &call["script"]), (&"1.7".into(), &"order".into()), "{call}");
    assert_eq!((&call["switch"], &call["peer"]), (&"asterisk".into(), &"127.0.0.1".into()));
    assert_eq!((&call["caller"], &call["host"]), (&"***89".into(), &Value::Null));
    assert_eq!(daemon.calls(&["--reveal"])[0]["caller"], CALLER);
    assert_eq!(daemon.status()["active_calls"], 1);

    held.answer("0");
    held.until("WAIT FOR DIGIT");
    daemon.wait_for_activity("waiting_for_key");
    held.answer("55");
    let (mut request, _) = web.accept().unwrap();
    let call = daemon.wait_for_activity("requesting");
    assert_eq!(call["host"], address.as_str());
    let shown = daemon.run(&["calls"]);
    let line = shown.lines()[1];
    assert!(line.contains(&format!("requesting {address} for 0.")), "{line}");
    assert!(line.contains("***89   order") && !shown.output.contains("1234589"), "{line}");
    assert_eq!(shown.lines()[2], "1 active call");

    request.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    held.until("STREAM FILE");
    let call = daemon.wait_for_activity("playing_prompt");
    assert_eq!((&call["script"], &call["first_script"]), (&"menu".into(), &"order".into()));
    assert_eq!(call["scripts"], 2);
    assert!(daemon.run(&["calls"]).output.contains("order > menu"));
    assert_eq!(daemon.calls(&["--script", "menu"]).len(), 1);
    assert_eq!(daemon.calls(&["--script", "order"]), Vec::<Value>::new());
    held.answer("0");
    held.until("SET VARIABLE \"DIALSCRIPT_SCRIPT\"");
    daemon.wait_for_activity("handing_over");
    drop(held);
    blocking_until("the end of the call", || daemon.calls(&[]).is_empty().then_some(()));
}

#[test]
fn a_switch_that_says_nothing_is_shown_and_hostile_text_is_escaped() {
    let daemon = Daemon::start(&[("menu", MENU)]);
    let silent = DaemonProcess::connect(daemon.asterisk);
    let call = daemon.wait_for_activity("connecting");
    assert_eq!((&call["call_id"], &call["script"]), (&Value::Null, &Value::Null));
    drop(silent);
    let mut held = daemon.call("menu", "1.\u{1b}[2J");
    held.until("STREAM FILE");
    daemon.wait_for_activity("playing_prompt");
    for options in [&["calls"][..], &["calls", "--json"]] {
        let shown = daemon.run(options).output;
        assert!(!shown.contains('\u{1b}') && shown.contains("[2J"), "{shown}");
    }
}

#[test]
fn the_state_of_a_daemon_without_a_problem_is_told_with_exit_code_0() {
    let mut daemon = Daemon::start(&[("menu", MENU)]);
    let shown = daemon.run(&["status"]);
    assert_eq!(shown.code, 0, "{}{}", shown.output, shown.errors);
    let pid = daemon.process.process.id();
    assert!(shown.output.starts_with("dialscript "), "{}", shown.output);
    assert!(shown.output.contains("serving, up 0."), "{}", shown.output);
    assert!(shown.output.contains(&format!("process {pid}\n")), "{}", shown.output);
    assert!(shown.output.contains(&format!("\nasterisk  {}  ", daemon.asterisk)));
    assert!(shown.lines().iter().all(|line| line.chars().count() <= 80), "{}", shown.output);
    let status = daemon.status();
    assert_eq!((&status["ok"], &status["state"]), (&true.into(), &"serving".into()));
    assert_eq!(status["problems"], Value::Array(Vec::new()));
    assert_eq!(status["scripts"][0]["name"], "menu");
    assert_eq!(status["scripts"][0]["state"], "valid");
    assert_eq!(status["scripts"][0]["version"].as_str().unwrap().len(), 8);
    let health = daemon.run(&["status", "--health"]);
    assert_eq!((health.code, health.output.as_str()), (0, ""));
    assert_eq!(daemon.run(&["status", "--json", "--health"]).code, 2);

    let mut held = daemon.call("menu", "1.1");
    held.until("STREAM FILE");
    daemon.process.signal("-TERM");
    blocking_until("draining", || (daemon.status()["state"] == "draining").then_some(()));
    let health = daemon.run(&["status", "--health"]);
    assert_eq!((health.code, health.output.as_str()), (1, ""));
    assert!(health.errors.contains("the daemon is stopping"), "{}", health.errors);
    drop(held);
    daemon.process.process.wait().unwrap();
    for command in ["status", "calls"] {
        let gone = daemon.run(&[command]);
        assert_eq!(gone.code, 1);
        assert!(gone.errors.contains("no daemon listens on"), "{}", gone.errors);
        assert!(gone.errors.contains("systemctl start dialscript"), "{}", gone.errors);
    }
}

#[test]
fn what_is_wrong_comes_first_with_the_command_that_helps() {
    let nobody = free_address().to_string();
    let daemon = Daemon::start(&[("order", &order(&nobody, "continue"))]);
    let asterisk = daemon.asterisk.to_string();
    for _ in 0..2 {
        daemon.run(&["call", "order", "--connect", &asterisk, "--digits", "7"]);
    }
    blocking_until("two ended calls", || (daemon.status()["ended_calls"] == 2).then_some(()));
    let shown = daemon.run(&["status"]);
    assert_eq!(shown.code, 1, "{}", shown.output);
    let lines = shown.lines();
    assert!(lines[0].starts_with(&format!("PROBLEM  {nobody} fail")), "{}", shown.output);
    assert!(lines[1].contains("dialscript check --connect"), "{}", shown.output);
    let status = daemon.status();
    assert_eq!(status["ok"], false);
    assert!(status["problems"][0]["problem"].as_str().unwrap().starts_with(&nobody));
    assert_eq!(status["upstreams"][0]["name"], nobody.as_str());
    assert_ne!(status["upstreams"][0]["breaker"], "closed");
    assert_eq!(daemon.run(&["status", "--health"]).code, 0);
}

#[test]
fn a_daemon_is_found_and_healthy_while_its_file_has_an_error() {
    let mut daemon = Daemon::start(&[("menu", MENU)]);
    let file = daemon.process.folder.config_file();
    let lines = std::fs::read_to_string(&file).unwrap();
    daemon.process.folder.daemon_file(format!("{lines}[servr]\nx = \n"));
    let health = daemon.run(&["status", "--health"]);
    assert_eq!((health.code, health.errors.as_str()), (0, ""));
    assert_eq!(daemon.calls(&[]).len(), 0);
    let reload = daemon.run(&["reload"]);
    assert_eq!(reload.code, 1);
    assert!(reload.errors.contains("unknown table `servr`"), "{}", reload.errors);
    assert!(reload.errors.contains("nothing was changed"), "{}", reload.errors);
    assert!(daemon.run(&["status"]).lines()[0].contains("The last reload failed"));
    daemon.process.stop();
    let gone = daemon.run(&["status"]);
    assert_eq!(gone.code, 1);
    assert!(gone.errors.contains("unknown table `servr`"), "{}", gone.errors);
    assert!(gone.errors.contains("no daemon listens on"), "{}", gone.errors);
}

#[test]
fn a_faulty_script_is_a_problem_with_its_reason() {
    let daemon = Daemon::start(&[("menu", MENU), ("broken", "[keypress]\nlength = 'four'\n")]);
    let shown = daemon.run(&["status"]);
    assert_eq!(shown.code, 1);
    let first = shown.lines()[0];
    assert!(first.starts_with("PROBLEM  Calls for the script broken are refused: "), "{first}");
    assert!(shown.lines()[1].contains("dialscript check"), "{}", shown.output);
    let status = daemon.status();
    let broken = &status["scripts"][0];
    assert_eq!((&broken["name"], &broken["state"]), (&"broken".into(), &"excluded".into()));
    assert!(!broken["reason"].as_str().unwrap().is_empty() && broken["version"].is_null());
    assert_eq!(
        (&status["script_count"], &status["scripts"][1]["state"]),
        (&2.into(), &"valid".into())
    );
}

#[test]
fn watching_the_calls_continues_with_the_next_daemon() {
    let mut daemon = Daemon::start(&[("menu", MENU)]);
    let mut program = daemon.process.folder.program("calls");
    let program = program.arg("--watch").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = Watch(program.spawn().unwrap());
    let mut output = BufReader::new(watch.0.stdout.take().unwrap());
    let mut errors = BufReader::new(watch.0.stderr.take().unwrap());
    let wait_for = |reader: &mut dyn BufRead, words: &str| {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "no {words}");
        }
    };
    wait_for(&mut output, "0 active calls");
    daemon.process.stop();
    wait_for(&mut errors, "waiting for a daemon");
    let folder = &daemon.process.folder;
    let next = folder.program("serve").stderr(Stdio::null()).spawn().unwrap();
    let _next = Watch(next);
    wait_for(&mut output, "0 active calls");
    send_signal(&watch.0, "-TERM");
    watch.0.wait().unwrap();
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("panicked"), "{rest}");
}

/// A process that is killed when this is dropped.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
