//! `dialscript serve --supervise`: a small process that systemd watches, with the daemon as its child, the worker.
//!
//! systemd starts the next process of a service only when the main process has ended. So calls survive a restart only
//! if the main process does not serve them. At a restart the supervisor ends at once, and its worker goes on until its
//! calls have ended. The signal for this is SIGUSR1, which the unit sends in `ExecStop=`. At a stop the supervisor ends
//! with its worker.

use std::env;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind};
use tokio::time::timeout;

use crate::cli::terminal::print_error;

/// The option that makes a process a worker.
pub(super) const WORKER_OPTION: &str = "worker";
/// From the supervisor to its worker: leave new calls to the next process. Its reply says that this is done.
pub(super) const LEAVE: u8 = b'l';
/// How long the worker may take to reply. systemd waits meanwhile.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the worker until one of the two ends. Returns the exit code of the worker.
pub(super) fn supervise() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(run_worker())) {
        Ok(code) => code,
        Err(error) => print_error(&format!("can't start the worker: {error}")),
    }
}

async fn run_worker() -> io::Result<ExitCode> {
    let signal = |kind| unix::signal(kind);
    let mut leave = signal(SignalKind::user_defined1())?;
    let mut reload = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // The `ReloadSignal=` of the unit, which means nothing. Recent versions of systemd (seen with 262) do not start a
    // service whose main process has no handler for it.
    let _unused = signal(SignalKind::from_raw(Signal::URG.as_raw()))?;
    let (channel, worker_end) = UnixStream::pair()?;
    channel.set_nonblocking(true)?;
    let mut channel = tokio::net::UnixStream::from_std(channel)?;
    let mut worker = start_worker(worker_end)?;
    loop {
        tokio::select! {
            // systemd sends SIGTERM right after SIGUSR1.
            biased;
            _ = leave.recv() => {
                if has_left(&mut channel).await {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            status = worker.wait() => return Ok(exit_code(status?)),
            _ = reload.recv() => forward(&worker, Signal::HUP),
            _ = terminate.recv() => forward(&worker, Signal::TERM),
            _ = interrupt.recv() => forward(&worker, Signal::INT),
        }
    }
}

/// The worker is the same program with the same arguments. The sockets from systemd are inherited.
fn start_worker(channel: UnixStream) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).arg(format!("--{WORKER_OPTION}"));
    command.stdin(Stdio::from(OwnedFd::from(channel)));
    // These name the process that they are meant for. The worker takes the place of this one.
    let is_ours = |name| env::var(name).is_ok_and(|id| id.parse() == Ok(process::id()));
    for (variable, process) in [("LISTEN_FDS", "LISTEN_PID"), ("WATCHDOG_USEC", "WATCHDOG_PID")] {
        if !is_ours(process) {
            command.env_remove(variable);
        }
        command.env_remove(process);
    }
    command.spawn()
}

/// Asks the worker to leave new calls to the next process. Returns `false` if it cannot, or does not reply in time.
async fn has_left(channel: &mut tokio::net::UnixStream) -> bool {
    let exchange = async {
        channel.write_all(&[LEAVE]).await?;
        channel.read_u8().await
    };
    timeout(LEAVE_TIMEOUT, exchange).await.is_ok_and(|reply| reply.is_ok_and(|byte| byte == LEAVE))
}

fn forward(worker: &Child, signal: Signal) {
    let pid = worker.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        // Fails if the worker has just ended.
        let _ = kill_process(pid, signal);
    }
}

/// A worker that was killed by a signal gives the exit code that a shell would give. A worker that is stopped before it
/// handles signals has not failed.
fn exit_code(status: ExitStatus) -> ExitCode {
    let is_stop = |signal| [Signal::TERM, Signal::INT].iter().any(|stop| stop.as_raw() == signal);
    if status.signal().is_some_and(is_stop) {
        return ExitCode::SUCCESS;
    }
    let by_signal = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(by_signal).and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitCode, ExitStatus};

    use crate::cli::serve::supervisor::exit_code;

    #[test]
    fn a_worker_that_was_stopped_has_not_failed_and_one_that_was_killed_has() {
        let by_signal = |signal| exit_code(ExitStatus::from_raw(signal));
        assert_eq!(by_signal(15), ExitCode::SUCCESS);
        assert_eq!(by_signal(2), ExitCode::SUCCESS);
        assert_eq!(by_signal(9), ExitCode::from(137));
        assert_eq!(exit_code(ExitStatus::from_raw(78 << 8)), ExitCode::from(78));
    }
}
