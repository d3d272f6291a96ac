//! Asks other programs, such as `systemctl` and the command line of the switch.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often a running program is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The longest output, in bytes.
const MAX_OUTPUT_BYTES: u64 = 1 << 20;

/// The standard output of a program. `None` if it is not installed or fails, if it or a program that it has started does
/// not end in time, or if the output is too long.
pub(super) fn program_output(
    program: &str,
    arguments: &[&str],
    time_limit: Duration,
) -> Option<String> {
    let deadline = Instant::now() + time_limit;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = read_output(&mut child, time_limit);
    let status = output.as_ref().and_then(|_| exit_status(&mut child, deadline));
    if status.is_none() {
        drop(child.kill());
        drop(child.wait());
    }
    output.filter(|_| status.is_some_and(|status| status.success()))
}

/// Reads to the end. If the time is over before, the thread that reads is left to itself.
fn read_output(child: &mut Child, time_limit: Duration) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let mut output = Vec::new();
        let result = stdout.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut output);
        // Nobody receives it if the time is over.
        drop(sender.send(result.map(|_| output)));
    };
    std::thread::Builder::new().spawn(read).ok()?;
    let output = receiver.recv_timeout(time_limit).ok()?.ok()?;
    let is_complete = output.len() as u64 <= MAX_OUTPUT_BYTES;
    is_complete.then(|| String::from_utf8_lossy(&output).into_owned())
}

/// Waits for the end of a program. `None` if it does not end in time.
fn exit_status(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait().ok()? {
            Some(status) => return Some(status),
            None if Instant::now() >= deadline => return None,
            None => std::thread::sleep(POLL_INTERVAL),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
