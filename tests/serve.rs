//! The program itself, started as a service manager starts it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: hello\nagi_uniqueid: 1.1\n\n";
const SCRIPT: &str = "[otherwise]\nset = { A = 'b' }\n";

struct Daemon {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Daemon {
    fn start(log: impl Into<Stdio>) -> Self {
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config =
            format!("[asterisk]\nlisten = ['127.0.0.1:{port}']\n[freeswitch]\nlisten = []\n");
        fs::write(folder.path().join("dialscript.toml"), config).unwrap();
        fs::create_dir(folder.path().join("scripts")).unwrap();
        fs::write(folder.path().join("scripts/hello.toml"), SCRIPT).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialscript"));
        command.args(["serve", "--config"]).arg(folder.path().join("dialscript.toml"));
        let child = command.stderr(log).spawn().unwrap();
        let daemon = Self { child, port, folder };
        drop(daemon.connect());
        daemon
    }

    fn connect(&self) -> TcpStream {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    return stream;
                }
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            std::thread::yield_now();
        }
    }

    /// A whole call; what the daemon said first, and last.
    fn call(&self) -> (String, String) {
        let mut stream = self.connect();
        stream.write_all(ENVIRONMENT.as_bytes()).unwrap();
        let mut said = Vec::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 {
            said.push(std::mem::take(&mut line));
            stream.write_all(b"200 result=1\n").unwrap();
        }
        (said.first().cloned().unwrap_or_default(), said.last().cloned().unwrap_or_default())
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    fn exit_code(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn served(call: (String, String)) {
    assert_eq!(call.0, "SET VARIABLE \"A\" \"b\"\n");
    assert_eq!(call.1, "SET VARIABLE \"DIALSCRIPT_OUTCOME\" \"otherwise\"\n");
}

#[test]
fn a_call_is_served_and_a_stop_ends_with_exit_code_0() {
    let daemon = Daemon::start(Stdio::null());
    served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_full_disk_below_the_log_loses_no_call() {
    let daemon = Daemon::start(OpenOptions::new().write(true).open("/dev/full").unwrap());
    served(daemon.call());
    served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_reader_of_the_log_that_went_away_loses_no_call() {
    let mut daemon = Daemon::start(Stdio::piped());
    drop(daemon.child.stderr.take());
    served(daemon.call());
    served(daemon.call());
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_faulty_reload_changes_nothing_and_a_good_one_does() {
    let log = TempDir::new().unwrap();
    let log = log.path().join("log");
    let daemon = Daemon::start(File::create(&log).unwrap());
    let script = daemon.folder.path().join("scripts/hello.toml");
    let reload = |text: &str, said: &str| {
        fs::write(&script, text).unwrap();
        daemon.signal("-HUP");
        let until = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(&log).unwrap().contains(said) {
            assert!(Instant::now() < until, "never said {said:?}");
            std::thread::yield_now();
        }
    };
    reload("[keypress]\nlength = 4\ngap = '300000000000years'\n", "scripts not loaded");
    served(daemon.call());
    reload("[otherwise]\nset = { A = 'c' }\n", "scripts loaded again");
    assert_eq!(daemon.call().0, "SET VARIABLE \"A\" \"c\"\n");
}

#[test]
fn faulty_files_are_not_served() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("dialscript.toml");
    fs::write(&config, "[asterisk]\nlissten = 1\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    let mut child =
        command.args(["serve", "--config"]).arg(&config).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("lissten") && said.contains("did you mean `listen`?"), "{said}");
}
