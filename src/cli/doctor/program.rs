//! Asks other programs, such as `systemctl` and the command line of the switch.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running program is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The standard output of a program. `None` if it is not installed, fails, or does not end in time.
pub(super) fn program_output(
    program: &str,
    arguments: &[&str],
    time_limit: Duration,
) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if started.elapsed() > time_limit {
            drop(child.kill());
            drop(child.wait());
            return None;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
