//! A daemon whose log, control socket or metrics nobody reads.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult, dialscript, send_signal};
use crate::support::wait::blocking_until;

const SCRIPT: &str = "[otherwise]\nset = { A = 'b' }\n";
const TIMEOUT: Duration = Duration::from_secs(20);

/// A daemon with metrics, a control socket, and a pipe as its log that is not read at first.
struct PipedDaemon {
    program: DaemonProcess,
    asterisk: SocketAddr,
    metrics: SocketAddr,
}

impl PipedDaemon {
    fn start(log_settings: &str) -> Self {
        let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
        let (asterisk, metrics) = (free_address(), free_address());
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n\
             [metrics]\nlisten = '{metrics}'\n[control]\nsocket = '{}'\n\
             [log]\nlevel = 'debug'\n{log_settings}\n",
            folder.at("control").display()
        ));
        let program = DaemonProcess::start(folder, Stdio::piped());
        [asterisk, metrics].into_iter().for_each(|address| drop(DaemonProcess::connect(address)));
        Self { program, asterisk, metrics }
    }

    /// Makes a call whose log lines are long, and checks that it is served.
    fn call(&self) {
        let mut stream = TcpStream::connect(self.asterisk).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let unique_id = "7".repeat(12_000);
        let environment =
            format!("agi_network: yes\nagi_network_script: hello\nagi_uniqueid: {unique_id}\n\n");
        stream.write_all(environment.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut last) = (String::new(), String::new());
        while reader.read_line(&mut line).expect("the call is served") > 0 {
            stream.write_all(b"200 result=1\n").unwrap();
            last = std::mem::take(&mut line);
        }
        assert_eq!(last, "SET VARIABLE \"DIALSCRIPT_OUTCOME\" \"otherwise\"\n");
    }

    /// Makes calls until log lines are lost.
    fn overflow_log(&self) {
        let started_at = Instant::now();
        while self.lost_lines() == 0 {
            assert!(started_at.elapsed() < TIMEOUT, "no line is lost");
            (0..50).for_each(|_| self.call());
        }
    }

    /// The value of the metric.
    fn lost_lines(&self) -> u64 {
        let text = self.metrics_text();
        let line =
            text.lines().find_map(|line| line.strip_prefix("dialscript_log_lines_lost_total "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    }

    fn metrics_text(&self) -> String {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Begins to read the log. Returns all lines when the daemon has ended.
    fn read_log(&mut self) -> thread::JoinHandle<Vec<String>> {
        let log = BufReader::new(self.program.process.stderr.take().unwrap());
        thread::spawn(move || log.lines().map(Result::unwrap).collect())
    }

    fn cache_list(&self) -> ProgramResult {
        let config_file = self.program.folder.config_file();
        let mut list = dialscript();
        list.args(["cache", "list", "--config"]).arg(config_file);
        ProgramResult::from_output(list.output().unwrap())
    }
}

#[test]
fn calls_go_on_while_the_log_is_stuck_and_the_lost_lines_are_counted_and_reported() {
    let mut daemon = PipedDaemon::start("");
    daemon.overflow_log();
    (0..20).for_each(|_| daemon.call());
    let lost = daemon.lost_lines();
    let log = daemon.read_log();
    // The daemon reports the loss as soon as half of what waits is written. Its stop waits for the rest.
    blocking_until("a call whose lines are not lost", || {
        let before = daemon.lost_lines();
        daemon.call();
        (daemon.lost_lines() == before).then_some(())
    });
    assert_eq!(daemon.program.stop(), Some(0));
    let lines = log.join().unwrap();
    let report = lines.iter().find(|line| line.contains(" WARN log lines were lost lines="));
    let report = report.expect("the loss is reported");
    assert!(report.ends_with(" reason=\"the log was not read in time\""), "{report}");
    let count: u64 =
        report.split("lines=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(count >= lost, "{count} < {lost}");
    assert!(lines.last().unwrap().ends_with("INFO stopped"), "{:?}", lines.last());
}

#[test]
fn a_stop_ends_in_time_while_the_log_is_stuck() {
    let mut daemon = PipedDaemon::start("format = 'json'");
    daemon.overflow_log();
    let started_at = Instant::now();
    assert_eq!(daemon.program.stop(), Some(0));
    assert!(started_at.elapsed() < Duration::from_secs(10), "{:?}", started_at.elapsed());
}

#[test]
fn a_log_that_cannot_be_written_is_counted() {
    let mut daemon = PipedDaemon::start("");
    drop(daemon.program.process.stderr.take());
    blocking_until("lost lines", || {
        daemon.call();
        (daemon.lost_lines() > 2).then_some(())
    });
    assert_eq!(daemon.program.stop(), Some(0));
}

#[test]
fn no_log_line_is_lost_at_the_end() {
    let mut daemon = PipedDaemon::start("");
    let log = daemon.read_log();
    (0..100).for_each(|_| daemon.call());
    assert_eq!(daemon.lost_lines(), 0);
    assert_eq!(daemon.program.stop(), Some(0));
    let lines = log.join().unwrap();
    let calls = lines.iter().filter(|line| line.contains(" INFO call call_id=\"777"));
    assert_eq!(calls.count(), 100);
    assert!(lines.iter().all(|line| line.len() < 16 << 10));
}

#[test]
fn a_systemd_that_takes_no_notifications_stops_neither_calls_nor_the_end() {
    let folder = ConfigFolder::with_scripts(&[("hello", SCRIPT)]);
    let (asterisk, notify) = (free_address(), folder.at("notify"));
    folder.daemon_file(format!("[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n"));
    let systemd = UnixDatagram::bind(&notify).unwrap();
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to(b"X=1", &notify).is_ok() {}
    let mut program = folder.program("serve");
    let process = program.env("NOTIFY_SOCKET", &notify).stderr(Stdio::null()).spawn().unwrap();
    let program = DaemonProcess { process, folder };
    drop(DaemonProcess::connect(asterisk));
    let mut daemon = PipedDaemon { program, asterisk, metrics: asterisk };
    daemon.call();
    assert_eq!(daemon.program.stop(), Some(0));
    drop(systemd);
}

#[test]
fn three_hundred_slow_connections_do_not_keep_an_administrator_out() {
    let daemon = PipedDaemon::start("");
    let socket = daemon.program.folder.at("control");
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = blocking_until("a connection", || UnixStream::connect(&socket).ok());
        // A peer that was closed already is as good.
        drop(stream.write_all(b"{\"list\""));
        slow.push(stream);
    }
    let started_at = Instant::now();
    let listed = daemon.cache_list();
    assert_eq!((listed.code, listed.errors.as_str()), (0, ""));
    assert!(started_at.elapsed() < Duration::from_secs(15), "{:?}", started_at.elapsed());
}

#[test]
fn three_hundred_slow_connections_do_not_keep_prometheus_out() {
    let daemon = PipedDaemon::start("");
    let slow: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(daemon.metrics).unwrap();
            drop(stream.write_all(b"GET /metrics HTTP/1.1\r\n"));
            stream
        })
        .collect();
    assert_eq!(daemon.lost_lines(), 0);
    drop(slow);
}

/// Many sounds whose list does not fit into a pipe.
fn folder_with_a_long_list() -> ConfigFolder {
    let folder = ConfigFolder::new();
    let long = "x".repeat(200);
    folder.sound("first.wav");
    for number in 0..500 {
        let sound = folder.at(&format!("sounds/{long}{number}.wav"));
        fs::hard_link(folder.at("sounds/first.wav"), sound).unwrap();
    }
    folder
}

fn list_sounds(folder: &ConfigFolder) -> Command {
    let mut program = dialscript();
    program.args(["sounds", "list", "--config"]).arg(folder.config_file());
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

#[test]
fn a_command_whose_output_is_closed_ends_without_a_panic() {
    let folder = folder_with_a_long_list();
    folder.script("hello", SCRIPT);
    let mut call = folder.program("call");
    call.arg("hello").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = folder.program("check");
    check.stdout(Stdio::piped()).stderr(Stdio::piped());
    for mut program in [list_sounds(&folder), call, check] {
        let mut child = program.spawn().unwrap();
        drop(child.stdout.take());
        let ran = ProgramResult::from_output(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.errors.contains("panicked")), (0, false), "{}", ran.errors);
    }
}

#[test]
fn a_command_whose_output_is_not_read_ends_at_a_signal() {
    let folder = folder_with_a_long_list();
    let mut child = list_sounds(&folder).spawn().unwrap();
    let (status, written) =
        (format!("/proc/{}/status", child.id()), format!("/proc/{}/io", child.id()));
    blocking_until("the command has filled the pipe and waits", || {
        let written = fs::read_to_string(&written).unwrap();
        let written = written.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
        let is_waiting = fs::read_to_string(&status).unwrap().contains("State:\tS");
        (is_waiting && written.parse::<usize>().unwrap() > 50_000).then_some(())
    });
    send_signal(&child, "-TERM");
    let ended = blocking_until("the command ends", || child.try_wait().unwrap());
    assert_eq!(ended.code(), None, "the signal ended it");
}
