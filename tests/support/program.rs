//! The built program, run as a user or a service manager runs it.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::process::{self, Child, Command, Stdio};

use serde_json::Value;
use tokio::task::spawn_blocking;

use super::config_folder::ConfigFolder;
use super::wait::blocking_until;

/// The program, which reads nothing and knows nothing of the environment's files.
pub(crate) fn dialscript() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    program.env_remove("DIALSCRIPT_CONFIG").env_remove("RUNTIME_DIRECTORY").stdin(Stdio::null());
    program
}

/// Runs it to its end.
pub(crate) async fn run(arguments: &[&str]) -> Ran {
    let mut program = dialscript();
    program.args(arguments);
    spawn_blocking(move || Ran::of(program.output().unwrap())).await.unwrap()
}

/// What the program printed, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
    events: OnceCell<Vec<Value>>,
}

impl Ran {
    pub(crate) fn of(output: process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            output: text(output.stdout),
            errors: text(output.stderr),
            events: OnceCell::new(),
        }
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.output.lines().collect()
    }

    /// The lines where each is an object.
    pub(crate) fn events(&self) -> &[Value] {
        self.events.get_or_init(|| {
            self.output.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
        })
    }

    pub(crate) fn event_names(&self) -> Vec<&str> {
        self.events().iter().map(|event| event["event"].as_str().unwrap()).collect()
    }

    /// The first event of a name.
    pub(crate) fn event(&self, name: &str) -> &Value {
        let event = self.events().iter().find(|event| event["event"] == name);
        event.unwrap_or_else(|| panic!("no {name} in {}{}", self.output, self.errors))
    }

    /// The values of a field of all events of a name.
    pub(crate) fn all(&self, name: &str, field: &str) -> Vec<&Value> {
        let events = self.events().iter().filter(|event| event["event"] == name);
        events.map(|event| &event[field]).collect()
    }

    /// What a channel variable was set to last.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let sets = |event: &&Value| event["event"] == "variable" && event["name"] == name;
        self.events().iter().rfind(sets).expect(name)["value"].as_str().unwrap()
    }
}

/// `dialscript serve` in a folder, ended with the test.
pub(crate) struct DaemonProcess {
    pub(crate) process: Child,
    pub(crate) folder: ConfigFolder,
}

impl DaemonProcess {
    pub(crate) fn start(folder: ConfigFolder, log: impl Into<Stdio>) -> Self {
        let mut program = folder.program("serve");
        Self { process: program.stderr(log).spawn().unwrap(), folder }
    }

    /// Connects as soon as it listens.
    pub(crate) fn connect(address: SocketAddr) -> TcpStream {
        blocking_until("a connection", || TcpStream::connect(address).ok())
    }

    pub(crate) fn signal(&self, signal: &str) {
        send_signal(&self.process, signal);
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.process.wait().unwrap().code()
    }
}

impl Drop for DaemonProcess {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// As `kill` sends it.
pub(crate) fn send_signal(process: &Child, signal: &str) {
    let pid = process.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

/// Whether a process is there; one that only waits to be reaped is not.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}
