//! Errors of a program run.

use std::process::ExitStatus;
use std::time::Duration;

/// Why a program produced no result.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProgramError {
    /// Contains nothing that the program wrote.
    pub reason: ProgramErrorReason,
    /// The last line of standard error, at most 200 characters. It may quote the program's input.
    pub stderr_line: Option<String>,
}

/// Leaves out the line of standard error, which may quote the input.
impl std::fmt::Debug for ProgramError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProgramError({:?})", self.reason)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramErrorReason {
    #[error("it is not installed")]
    NotInstalled,
    /// With the operating system's error.
    #[error("it can't be run: {0}")]
    CannotRun(String),
    #[error("it exited with status {0}")]
    ExitStatus(i32),
    #[error("it was killed by signal {0}")]
    Signal(i32),
    /// We killed it at the end of its time limit.
    #[error("it did not finish within {0:?}")]
    TimedOut(Duration),
    /// We killed it because its output exceeded the limit.
    #[error("its output is longer than {0} bytes")]
    OutputTooLong(usize),
    /// It exited with status 0 and an empty output.
    #[error("it produced no output")]
    NoOutput,
}

impl From<ProgramErrorReason> for ProgramError {
    fn from(reason: ProgramErrorReason) -> Self {
        Self { reason, stderr_line: None }
    }
}

pub(super) fn temporary_file_error(error: std::io::Error) -> ProgramError {
    ProgramErrorReason::CannotRun(format!("could not create a temporary file: {error}")).into()
}

pub(super) fn spawn_error(error: std::io::Error) -> ProgramError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ProgramErrorReason::NotInstalled.into(),
        _ => ProgramErrorReason::CannotRun(error.to_string()).into(),
    }
}

pub(super) fn check_status(status: ExitStatus) -> Result<(), ProgramErrorReason> {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ProgramErrorReason::ExitStatus(code)),
        (None, signal) => Err(ProgramErrorReason::Signal(signal.unwrap_or_default())),
    }
}
