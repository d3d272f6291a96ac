//! Runs an engine's program for one sound or one utterance, without a shell and with limits on time and output.

mod child_processes;
mod error;
mod orphans;
mod private_folder;
mod running_program;

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::script::voice::SpeakingRate;
use crate::voice::settings::EngineProgram;
use error::temporary_file_error;
use private_folder::PrivateFolder;
use running_program::{ProgramTask, RunningProgram};

pub use error::{ProgramError, ProgramErrorReason};
pub use orphans::{adopt_orphans, kill_orphans};

/// Words per minute at normal speed.
const NORMAL_WPM: u32 = 175;

/// Values of the placeholders in a program's arguments, except `{in}` and `{out}`: these are files in the private
/// folder of the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProgramValues<'a> {
    pub voice: &'a str,
    pub language: &'a str,
    /// For `{speed}` and `{wpm}`.
    pub speed: SpeakingRate,
}

/// The input of a program.
#[derive(Clone, Copy)]
pub enum ProgramInput<'a> {
    /// A text on standard input.
    Text(&'a str),
    /// The content of the file `{in}`, or of standard input if no argument contains `{in}`.
    File(&'a [u8]),
}

/// Runs a program and returns its output: the file `{out}` if an argument contains that placeholder, else its standard
/// output.
///
/// The program and all processes of its group are killed at the end of `time_limit`, when the output becomes too long,
/// and when this future is dropped. After [`adopt_orphans`], every process that it has started is killed, also when it
/// has ended by itself. The environment consists of `PATH`, `HOME`, a UTF-8 locale, and a private
/// `TMPDIR` that is removed afterwards.
///
/// # Errors
///
/// If the program can't be run, fails, writes no output or more than `max_output_bytes`, or does not end within
/// `time_limit`.
pub async fn run(
    program: &EngineProgram,
    values: &ProgramValues<'_>,
    input: ProgramInput<'_>,
    time_limit: Duration,
    max_output_bytes: usize,
) -> Result<Vec<u8>, ProgramError> {
    let folder = PrivateFolder::new().map_err(temporary_file_error)?;
    let task = ProgramTask {
        stdin_bytes: stdin_bytes(program, input),
        output_file: output_file(program, &folder),
        max_output_bytes,
    };
    if let (ProgramInput::File(bytes), true) = (input, uses_file(program, "{in}")) {
        tokio::fs::write(folder.input(), bytes).await.map_err(temporary_file_error)?;
    }
    let arguments =
        program.arguments.iter().map(|argument| fill_argument(argument, values, &folder));
    let arguments = arguments.collect();
    let mut running = RunningProgram::start(&program.executable, arguments, folder)?;
    let output = timeout(time_limit, running.run(&task)).await;
    running.kill_and_wait().await;
    output.unwrap_or(Err(ProgramErrorReason::TimedOut(time_limit).into()))
}

/// Removes temporary folders that a killed daemon left behind more than an hour ago.
pub(super) fn remove_stale_folders() {
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

/// Replaces the placeholders in one argument. Placeholders within a value are not replaced.
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
    let path_text = |path: &Path| path.to_string_lossy().into_owned();
    let SpeakingRate(hundredths) = values.speed;
    Some(match name {
        "in" => path_text(&folder.input()),
        "out" => path_text(&folder.output()),
        "voice" => values.voice.to_owned(),
        "language" => values.language.to_owned(),
        "speed" => format!("{:?}", f64::from(hundredths) / 100.0),
        "wpm" => (NORMAL_WPM * u32::from(hundredths) / 100).to_string(),
        _ => return None,
    })
}
