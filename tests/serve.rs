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
        let asterisk = format!("[asterisk]\nlisten = ['127.0.0.1:{port}']\n");
        let config = asterisk + "[freeswitch]\nlisten = []\n[log]\nlevel = 'trace'\n";
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
        let said = self.call_that_enters("");
        (said.first().cloned().unwrap_or_default(), said.last().cloned().unwrap_or_default())
    }

    /// A whole call; all that the daemon said.
    fn call_that_enters(&self, digits: &str) -> Vec<String> {
        let mut stream = self.connect();
        stream.write_all(ENVIRONMENT.as_bytes()).unwrap();
        let mut said = Vec::new();
        let mut digits = digits.bytes();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 {
            let waits = line.starts_with("WAIT FOR DIGIT");
            let result = if waits { digits.next().unwrap_or(b'0') } else { 1 };
            said.push(std::mem::take(&mut line));
            stream.write_all(format!("200 result={result}\n").as_bytes()).unwrap();
        }
        said
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
    reload("[keypress]\nlength = 4\ngap = '300000000000years'\n", "reload failed");
    served(daemon.call());
    reload("[otherwise]\nset = { A = 'c' }\n", "scripts reloaded");
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

#[test]
fn a_sensitive_input_is_in_no_line_of_the_log_at_any_level() {
    let log = TempDir::new().unwrap();
    let log = log.path().join("log");
    let daemon = Daemon::start(File::create(&log).unwrap());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let trigger = format!("[trigger]\nurl = 'http://{nobody}/{{keypress}}?a={{keypress}}'\n");
    let more = "timeout = '100ms'\nbody = 'pin={keypress}'\nheaders = 'X-Pin={keypress}'\n\
        [no_response]\nthen = 'script menu'\n";
    let ask = "[keypress]\nlength = 8\nsensitive = true\n[no_input]\n";
    let scripts = daemon.folder.path().join("scripts");
    fs::write(scripts.join("hello.toml"), format!("{ask}{trigger}{more}")).unwrap();
    let menu = "[[branch]]\nwhen = '47110815'\nthen = 'goto {keypress}@{hello.keypress}'\n";
    fs::write(scripts.join("menu.toml"), format!("{ask}{menu}")).unwrap();
    daemon.signal("-HUP");
    let said = |what: &str| {
        let until = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(&log).unwrap().contains(what) {
            assert!(
                Instant::now() < until,
                "never said {what:?} in {}",
                fs::read_to_string(&log).unwrap()
            );
            std::thread::yield_now();
        }
    };
    said("scripts reloaded");
    let commands = daemon.call_that_enters("4711081547110815").concat();
    assert!(commands.contains("DIALPLAN_EXISTS(47110815,47110815,1)"), "{commands}");
    ["request", "branch", "goto ***@***"].into_iter().for_each(said);
    let log = fs::read_to_string(&log).unwrap();
    assert!(!log.contains("47110815"), "{log}");
}

#[test]
fn a_stop_amid_a_making_ends_the_engine_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (begun, temporary) = (place("begun"), place("tmp"));
    let engine = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100", begun.display());
    let config = format!(
        "[asterisk]\nlisten = ['127.0.0.1:0']\n[freeswitch]\nlisten = []\n[speech]\ntimeout = '30s'\n\
         say = {{ engine = 'command', command = ['/bin/sh', '-c', '{engine}', '{{out}}'] }}\n"
    );
    fs::write(place("dialscript.toml"), config).unwrap();
    [place("scripts"), temporary.clone()].iter().for_each(|new| fs::create_dir(new).unwrap());
    fs::write(place("scripts/hello.toml"), "[prompt]\nsay = 'Hello.'\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    command.args(["serve", "--config"]).arg(place("dialscript.toml")).env("TMPDIR", &temporary);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let pid = wait_for(|| fs::read_to_string(&begun).ok());
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 1, "the engine's folder");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(wait_for(|| child.try_wait().unwrap()).code(), Some(0));
    let engine = std::path::Path::new("/proc").join(pid.trim()).join("exe");
    wait_for(|| (!engine.exists()).then_some(()));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "files of the engine");
}

fn wait_for<T>(mut happens: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(happened) = happens() {
            return happened;
        }
        assert!(Instant::now() < until, "it never happens");
        std::thread::yield_now();
    }
}
