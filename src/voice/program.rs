//! A program of the operator's, run for one sound or one utterance: bounded in time and bytes, never by a shell.

mod private_folder;
mod running_program;

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::timeout;

use crate::script::voice::SpeakingRate;
use crate::voice::settings::EngineProgram;
use private_folder::PrivateFolder;
use running_program::{ProgramTask, RunningProgram};

/// Words a minute at normal speed.
const NORMAL_WPM: u32 = 175;

/// What fills in a program's arguments, but for its files.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProgramValues<'a> {
    /// `{voice}`.
    pub voice: &'a str,
    /// `{language}`.
    pub language: &'a str,
    /// `{speed}` and `{wpm}`.
    pub speed: SpeakingRate,
}

/// What a program works on.
#[derive(Clone, Copy)]
pub enum ProgramInput<'a> {
    /// A text, on its standard input.
    Text(&'a str),
    /// What is in the file `{in}`; on standard input where no argument names that.
    File(&'a [u8]),
}

/// Why a program has no result.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProgramError {
    /// What happened; nothing of it comes from the program.
    pub reason: ProgramErrorReason,
    /// The last line of its standard error, at most 200 characters. It may repeat what the program works on.
    pub stderr_line: Option<String>,
}

/// What the program complained of is not shown.
impl std::fmt::Debug for ProgramError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProgramFailed({:?})", self.reason)
    }
}

/// What happened to a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramErrorReason {
    /// There is no such program.
    #[error("it is not installed")]
    NotInstalled,
    /// It can't be run, with the system's reason.
    #[error("it can't be run: {0}")]
    CannotRun(String),
    /// It failed.
    #[error("it ended with status {0}")]
    ExitStatus(i32),
    /// It crashed, or something ended it.
    #[error("it was ended by signal {0}")]
    Signal(i32),
    /// It was not done in time, and was killed.
    #[error("it was not done within {0:?}")]
    TimedOut(Duration),
    /// Its result is longer than was allowed, in bytes, and it was killed.
    #[error("its result is longer than {0} bytes")]
    OutputTooLong(usize),
    /// It says that all is well, and there is no result.
    #[error("it made nothing")]
    NoOutput,
}

impl From<ProgramErrorReason> for ProgramError {
    fn from(reason: ProgramErrorReason) -> Self {
        Self { reason, stderr_line: None }
    }
}

/// Runs a program and returns its result: what it wrote to the file `{out}`, where an argument names that, else its
/// standard output. It is killed, with all that it has started, when it is late, too long, or no longer waited for.
///
/// Its environment is `PATH`, `HOME`, UTF-8 as the locale, and a `TMPDIR` that is removed behind it.
///
/// # Errors
///
/// When it can't be run, fails, or has no result within `time` and of at most `most` bytes.
pub async fn run(
    program: &EngineProgram,
    values: &ProgramValues<'_>,
    input: ProgramInput<'_>,
    time: Duration,
    most: usize,
) -> Result<Vec<u8>, ProgramError> {
    let folder = PrivateFolder::new().map_err(temporary_file_error)?;
    let task = ProgramTask {
        stdin_bytes: stdin_bytes(program, input),
        output_file: output_file(program, &folder),
        max_output_bytes: most,
    };
    if let (ProgramInput::File(bytes), true) = (input, uses_file(program, "{in}")) {
        tokio::fs::write(folder.input(), bytes).await.map_err(temporary_file_error)?;
    }
    let arguments =
        program.arguments.iter().map(|argument| fill_argument(argument, values, &folder));
    let arguments = arguments.collect();
    let mut running = RunningProgram::start(&program.executable, arguments, folder)?;
    let done = timeout(time, running.run(&task)).await;
    running.kill_and_wait().await;
    done.unwrap_or(Err(ProgramErrorReason::TimedOut(time).into()))
}

/// Removes temporary folders that a killed daemon has left behind more than an hour ago.
pub fn remove_stale_folders() {
    private_folder::remove_stale_folders();
}

fn uses_file(program: &EngineProgram, file: &str) -> bool {
    program.arguments.iter().any(|argument| argument.contains(file))
}

fn stdin_bytes<'a>(program: &EngineProgram, input: ProgramInput<'a>) -> &'a [u8] {
    match input {
        ProgramInput::Text(text) => text.as_bytes(),
        ProgramInput::File(_) if uses_file(program, "{in}") => &[],
        ProgramInput::File(bytes) => bytes,
    }
}

fn output_file(program: &EngineProgram, folder: &PrivateFolder) -> Option<std::path::PathBuf> {
    uses_file(program, "{out}").then(|| folder.output())
}

/// One argument with its placeholders filled in. What was filled in is not looked at again.
fn fill_argument(argument: &str, values: &ProgramValues<'_>, folder: &PrivateFolder) -> String {
    let mut filled = String::new();
    let mut rest = argument;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest.find('}').map(|close| &rest[1..close]);
        match name.and_then(|name| Some((name.len() + 2, placeholder_value(name, values, folder)?)))
        {
            Some((length, value)) => {
                filled.push_str(&value);
                rest = &rest[length..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

fn placeholder_value(
    name: &str,
    values: &ProgramValues<'_>,
    folder: &PrivateFolder,
) -> Option<String> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let SpeakingRate(hundredths) = values.speed;
    Some(match name {
        "in" => path(&folder.input()),
        "out" => path(&folder.output()),
        "voice" => values.voice.to_owned(),
        "language" => values.language.to_owned(),
        "speed" => format!("{:?}", f64::from(hundredths) / 100.0),
        "wpm" => (NORMAL_WPM * u32::from(hundredths) / 100).to_string(),
        _ => return None,
    })
}

fn temporary_file_error(error: std::io::Error) -> ProgramError {
    ProgramErrorReason::CannotRun(format!("no temporary file: {error}")).into()
}

fn spawn_error(error: std::io::Error) -> ProgramError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ProgramErrorReason::NotInstalled.into(),
        _ => ProgramErrorReason::CannotRun(error.to_string()).into(),
    }
}

fn check_status(status: ExitStatus) -> Result<(), ProgramErrorReason> {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ProgramErrorReason::ExitStatus(code)),
        (None, signal) => Err(ProgramErrorReason::Signal(signal.unwrap_or_default())),
    }
}
