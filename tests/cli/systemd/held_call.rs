//! A call on Asterisk that waits for a key.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: hello\nagi_uniqueid: 1.1\n\n";

/// A call on Asterisk.
pub(super) struct HeldCall {
    stream: TcpStream,
    commands: BufReader<TcpStream>,
}

impl HeldCall {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(ENVIRONMENT.as_bytes()).unwrap();
        Self { commands: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    /// Waits until the daemon waits for a key.
    pub(super) fn start(address: SocketAddr) -> Self {
        let mut call = Self::connect(address);
        call.wait_for_the_script();
        call
    }

    /// Answers commands until the daemon waits for a key.
    pub(super) fn wait_for_the_script(&mut self) {
        loop {
            let command = self.next_command();
            assert_ne!(command, "", "the call is refused");
            if command.starts_with("WAIT FOR DIGIT") {
                return;
            }
            self.reply();
        }
    }

    /// The next command; empty at the end of the call. That can be a reset, if the daemon has not read the last reply.
    pub(super) fn next_command(&mut self) -> String {
        let mut line = String::new();
        match self.commands.read_line(&mut line) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => String::new(),
            read => read.map(|_| line).unwrap(),
        }
    }

    /// Presses a key, answers the other commands, and returns the last one.
    pub(super) fn last_command(mut self) -> String {
        self.reply();
        self.last_command_without_key()
    }

    /// Answers commands without pressing a key, and returns the last one. `NOOP` interrupts the wait for a key, so there
    /// are two commands to answer.
    pub(super) fn last_command_without_key(mut self) -> String {
        let mut last = String::new();
        loop {
            match self.next_command() {
                end if end.is_empty() => return last,
                command => last = command,
            }
            if last == "NOOP\n" {
                self.reply();
            }
            self.reply();
        }
    }

    fn reply(&mut self) {
        drop(self.stream.write_all(b"200 result=49\n"));
    }
}

pub(super) fn outcome(value: &str) -> String {
    format!("SET VARIABLE \"DIALSCRIPT_OUTCOME\" \"{value}\"\n")
}
