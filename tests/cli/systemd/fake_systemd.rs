//! A service manager that records notifications, keeps file descriptors, and passes them to the next process.

use std::fs::File;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::Pid;
use tempfile::{NamedTempFile, TempDir};

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::send_signal;
use crate::support::wait::blocking_until;

/// Takes the sockets from standard input and standard output, which are all that a test can pass.
const PASS_SOCKETS: &str = "exec 3<&0 4<&1 0</dev/null 1>/dev/null; LISTEN_PID=$$ exec \"$@\"";

/// A notification of the test itself.
const LAST: &str = "X_LAST=1";

/// Waits for one key.
pub(super) const HELLO: &str = "[keypress]\nlength = 1\ngap = '60s'\n[otherwise]\nthen = 'continue'\n[no_input]\nthen = 'continue'\n";

/// A service with the script `hello`.
pub(super) struct FakeSystemd {
    pub(super) folder: ConfigFolder,
    pub(super) address: SocketAddr,
    pub(super) log: NamedTempFile,
    sockets: TempDir,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    notifications: Vec<String>,
    store: Vec<(String, OwnedFd)>,
}

/// A running process of the service. It is killed when this is dropped.
pub(super) struct ServiceProcess(pub(super) Child);

impl FakeSystemd {
    /// `settings` are further lines of the daemon's file.
    pub(super) fn new(settings: &str) -> Self {
        let folder = ConfigFolder::with_scripts(&[("hello", HELLO)]);
        let (address, sockets) = (free_address(), TempDir::new().unwrap());
        let control = sockets.path().join("control.sock");
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{address}']\n[freeswitch]\nlisten = []\n[control]\nsocket = '{}'\n{settings}\n",
            control.display()
        ));
        let notify = UnixDatagram::bind(sockets.path().join("notify")).unwrap();
        let received = Arc::new(Mutex::new(Received::default()));
        thread::spawn({
            let received = received.clone();
            move || while receive(&notify, &received) {}
        });
        Self { folder, address, log: NamedTempFile::new().unwrap(), sockets, received }
    }

    /// Starts a process of the service, and waits until it is ready. It gets the stored sockets and `passed`.
    pub(super) fn start(&self, options: &[&str], passed: Vec<(&str, OwnedFd)>) -> ServiceProcess {
        self.start_program(self.program(options, passed))
    }

    /// The same with a watchdog that must be fed each 300 ms.
    pub(super) fn start_with_watchdog(&self) -> ServiceProcess {
        let mut program = self.program(&[], vec![]);
        program.env("WATCHDOG_USEC", "300000");
        self.start_program(program)
    }

    fn program(&self, options: &[&str], passed: Vec<(&str, OwnedFd)>) -> Command {
        self.receive_all();
        let received = self.received.lock().unwrap();
        let stored = received
            .store
            .iter()
            .map(|(name, socket)| (name.clone(), socket.as_fd().try_clone_to_owned().unwrap()));
        let passed = passed.into_iter().map(|(name, socket)| (name.to_owned(), socket));
        let (names, sockets): (Vec<_>, Vec<_>) = stored.chain(passed).unzip();
        assert!(sockets.len() <= 2);
        let count = sockets.len().to_string();
        let mut program = Command::new("sh");
        program.args(["-c", PASS_SOCKETS, "sh", env!("CARGO_BIN_EXE_dialscript"), "serve"]);
        program.arg("--config").arg(self.folder.config_file()).args(options);
        program.env("NOTIFY_SOCKET", self.sockets.path().join("notify"));
        program.env("LISTEN_FDS", count).env("LISTEN_FDNAMES", names.join(":"));
        let mut sockets = sockets.into_iter().map(Stdio::from);
        program.stdin(sockets.next().unwrap_or_else(Stdio::null));
        program.stdout(sockets.next().unwrap_or_else(Stdio::null));
        program.stderr(File::options().append(true).open(self.log.path()).unwrap());
        program
    }

    fn start_program(&self, mut program: Command) -> ServiceProcess {
        let ready = self.count("READY=1");
        let process = ServiceProcess(program.spawn().unwrap());
        blocking_until("READY=1", || (self.count("READY=1") > ready).then_some(()));
        process
    }

    pub(super) fn control_socket(&self) -> PathBuf {
        self.sockets.path().join("control.sock")
    }

    /// How many notifications contain these lines.
    pub(super) fn count(&self, lines: &str) -> usize {
        let received = self.received.lock().unwrap();
        received.notifications.iter().filter(|text| text.contains(lines)).count()
    }

    pub(super) fn wait_for(&self, lines: &str) {
        blocking_until(lines, || (self.count(lines) > 0).then_some(()));
    }

    /// Waits until the log contains the words this often, and returns it.
    pub(super) fn wait_for_log(&self, words: &str, times: usize) -> String {
        blocking_until(words, || {
            let log = std::fs::read_to_string(&self.log).unwrap();
            (log.matches(words).count() >= times).then_some(log)
        })
    }

    /// Returns when all notifications that are sent by now are received.
    fn receive_all(&self) {
        let received = self.count(LAST);
        let socket = UnixDatagram::unbound().unwrap();
        socket.send_to(LAST.as_bytes(), self.sockets.path().join("notify")).unwrap();
        blocking_until("all notifications", || (self.count(LAST) > received).then_some(()));
    }

    /// The names of the stored file descriptors.
    pub(super) fn stored(&self) -> Vec<String> {
        self.receive_all();
        let received = self.received.lock().unwrap();
        received.store.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Drops all stored file descriptors, as systemd does when a service is stopped.
    pub(super) fn clear_store(&self) {
        self.receive_all();
        self.received.lock().unwrap().store.clear();
    }
}

fn receive(notify: &UnixDatagram, received: &Mutex<Received>) -> bool {
    let mut bytes = [0; 4096];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(&mut bytes)];
    let Ok(message) = recvmsg(notify, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC) else {
        return false;
    };
    let sockets: Vec<OwnedFd> = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
            _ => None,
        })
        .flatten()
        .collect();
    let text = String::from_utf8(bytes[..message.bytes].to_vec()).unwrap();
    let name = text.lines().find_map(|line| line.strip_prefix("FDNAME=")).unwrap_or("").to_owned();
    let mut received = received.lock().unwrap();
    if text.contains("FDSTOREREMOVE=1") {
        received.store.retain(|(stored, _)| *stored != name);
    }
    received.store.extend(sockets.into_iter().map(|socket| (name.clone(), socket)));
    received.notifications.push(text);
    true
}

impl ServiceProcess {
    pub(super) fn signal(&self, signal: &str) {
        send_signal(&self.0, signal);
    }

    /// The child of the supervisor.
    pub(super) fn worker(&self) -> Pid {
        let id = self.0.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        Pid::from_raw(children.trim().parse().unwrap()).unwrap()
    }

    /// Waits for the end, and returns the exit code.
    pub(super) fn exit_code(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
