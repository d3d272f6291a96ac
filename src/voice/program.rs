//! A program of the operator's, run for one sound or one utterance: bounded in time and bytes, never by a shell.

mod folder;
mod running;

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::timeout;

use crate::script::voice::Speed;
use crate::voice::settings::Program;
use folder::PrivateFolder;
use running::{Running, Task};

/// Words a minute at normal speed.
const NORMAL_WPM: u32 = 175;

/// What fills in a program's arguments, but for its files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values<'a> {
    /// `{voice}`.
    pub voice: &'a str,
    /// `{language}`.
    pub language: &'a str,
    /// `{speed}` and `{wpm}`.
    pub speed: Speed,
}

/// What a program works on.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// A text, on its standard input.
    Text(&'a str),
    /// What is in the file `{in}`; on standard input where no argument names that.
    File(&'a [u8]),
}

/// Why a program has no result.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProgramFailed {
    /// What happened; nothing of it comes from the program.
    pub reason: Reason,
    /// The last line of its standard error, at most 200 characters. It may repeat what the program works on.
    pub complaint: Option<String>,
}

/// What the program complained of is not shown.
impl std::fmt::Debug for ProgramFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProgramFailed({:?})", self.reason)
    }
}

/// What happened to a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no such program.
    #[error("it is not installed")]
    NotInstalled,
    /// It can't be run, with the system's reason.
    #[error("it can't be run: {0}")]
    NotRun(String),
    /// It failed.
    #[error("it ended with status {0}")]
    Status(i32),
    /// It crashed, or something ended it.
    #[error("it was ended by signal {0}")]
    Signal(i32),
    /// It was not done in time, and was killed.
    #[error("it was not done within {0:?}")]
    Late(Duration),
    /// Its result is longer than was allowed, in bytes, and it was killed.
    #[error("its result is longer than {0} bytes")]
    TooLong(usize),
    /// It says that all is well, and there is no result.
    #[error("it made nothing")]
    Nothing,
}

impl From<Reason> for ProgramFailed {
    fn from(reason: Reason) -> Self {
        Self { reason, complaint: None }
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
    program: &Program,
    values: &Values<'_>,
    input: Input<'_>,
    time: Duration,
    most: usize,
) -> Result<Vec<u8>, ProgramFailed> {
    let folder = PrivateFolder::new().map_err(no_folder)?;
    let task = Task { input: on_stdin(program, input), out: out(program, &folder), most };
    if let (Input::File(bytes), true) = (input, names(program, "{in}")) {
        tokio::fs::write(folder.input(), bytes).await.map_err(no_folder)?;
    }
    let arguments = program.arguments.iter().map(|argument| fill(argument, values, &folder));
    let arguments = arguments.collect();
    let mut running = Running::start(&program.program, arguments, folder)?;
    let done = timeout(time, running.work(&task)).await;
    running.end().await;
    done.unwrap_or(Err(Reason::Late(time).into()))
}

/// Removes temporary folders that a killed daemon has left behind more than an hour ago.
pub fn sweep() {
    folder::sweep();
}

fn names(program: &Program, file: &str) -> bool {
    program.arguments.iter().any(|argument| argument.contains(file))
}

fn on_stdin<'a>(program: &Program, input: Input<'a>) -> &'a [u8] {
    match input {
        Input::Text(text) => text.as_bytes(),
        Input::File(_) if names(program, "{in}") => &[],
        Input::File(bytes) => bytes,
    }
}

fn out(program: &Program, folder: &PrivateFolder) -> Option<std::path::PathBuf> {
    names(program, "{out}").then(|| folder.output())
}

/// One argument with its placeholders filled in. What was filled in is not looked at again.
fn fill(argument: &str, values: &Values<'_>, folder: &PrivateFolder) -> String {
    let mut filled = String::new();
    let mut rest = argument;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest.find('}').map(|close| &rest[1..close]);
        match name.and_then(|name| Some((name.len() + 2, value(name, values, folder)?))) {
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

fn value(name: &str, values: &Values<'_>, folder: &PrivateFolder) -> Option<String> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let Speed(hundredths) = values.speed;
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

fn no_folder(error: std::io::Error) -> ProgramFailed {
    Reason::NotRun(format!("no temporary file: {error}")).into()
}

fn not_run(error: std::io::Error) -> ProgramFailed {
    match error.kind() {
        std::io::ErrorKind::NotFound => Reason::NotInstalled.into(),
        _ => Reason::NotRun(error.to_string()).into(),
    }
}

fn judge(status: ExitStatus) -> Result<(), Reason> {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(Reason::Status(code)),
        (None, signal) => Err(Reason::Signal(signal.unwrap_or_default())),
    }
}
