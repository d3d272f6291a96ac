//! Runs the built program as a user or a service manager does.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{self, Child, Command, Stdio};

use serde_json::Value;
use tokio::task::spawn_blocking;

use super::config_folder::ConfigFolder;
use super::wait::blocking_until;

/// Prepares to run the program, without standard input and without the environment variables that name files.
pub(crate) fn dialscript() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    for variable in ["DIALSCRIPT_CONFIG", "RUNTIME_DIRECTORY", "STATE_DIRECTORY"] {
        program.env_remove(variable);
    }
    program.stdin(Stdio::null());
    program
}

/// Runs the program and waits for its end.
pub(crate) async fn run(arguments: &[&str]) -> ProgramResult {
    let mut program = dialscript();
    program.args(arguments);
    spawn_blocking(move || ProgramResult::from_output(program.output().unwrap())).await.unwrap()
}

/// What the program printed, and its exit code.
pub(crate) struct ProgramResult {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
    events: OnceCell<Vec<Value>>,
}

impl ProgramResult {
    pub(crate) fn from_output(output: process::Output) -> Self {
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

    /// The output, if each line is a JSON object.
    pub(crate) fn events(&self) -> &[Value] {
        self.events.get_or_init(|| {
            self.output.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
        })
    }

    pub(crate) fn event_names(&self) -> Vec<&str> {
        self.events().iter().map(|event| event["event"].as_str().unwrap()).collect()
    }

    /// The first event with this name.
    pub(crate) fn event(&self, name: &str) -> &Value {
        let event = self.events().iter().find(|event| event["event"] == name);
        event.unwrap_or_else(|| panic!("no {name} in {}{}", self.output, self.errors))
    }

    /// The values of a field of all events with this name.
    pub(crate) fn all(&self, name: &str, field: &str) -> Vec<&Value> {
        let events = self.events().iter().filter(|event| event["event"] == name);
        events.map(|event| &event[field]).collect()
    }

    /// The value to which a channel variable was last set.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let sets = |event: &&Value| event["event"] == "variable" && event["name"] == name;
        self.events().iter().rfind(sets).expect(name)["value"].as_str().unwrap()
    }
}

/// `dialscript serve` with the files of a folder. The process is killed when this is dropped.
pub(crate) struct DaemonProcess {
    pub(crate) process: Child,
    pub(crate) folder: ConfigFolder,
}

impl DaemonProcess {
    pub(crate) fn start(folder: ConfigFolder, log: impl Into<Stdio>) -> Self {
        let mut program = folder.program("serve");
        Self { process: program.stderr(log).spawn().unwrap(), folder }
    }

    /// Connects as soon as the daemon listens.
    pub(crate) fn connect(address: SocketAddr) -> TcpStream {
        blocking_until("a connection", || TcpStream::connect(address).ok())
    }

    /// Waits until the control socket accepts connections. That may be after the daemon listens for switches.
    pub(crate) fn wait_for_control_socket(&self) {
        let path = self.folder.at("control.sock");
        drop(blocking_until("the control socket", || UnixStream::connect(&path).ok()));
    }

    pub(crate) fn signal(&self, signal: &str) {
        send_signal(&self.process, signal);
    }

    /// Sends SIGTERM and waits for the end. Returns the exit code.
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

/// Sends a signal with the program `kill`. `signal` is its argument, such as `-TERM`.
pub(crate) fn send_signal(process: &Child, signal: &str) {
    let pid = process.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

/// Whether a process is running. A zombie is not.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}
