//! Programs that speak.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::settings::Program;
use crate::script::voice::Speed;

/// What arguments are filled in with.
pub struct Values<'a> {
    /// `{voice}`.
    pub voice: &'a str,
    /// `{language}`.
    pub language: &'a str,
    /// `{speed}` and `{wpm}`.
    pub speed: Speed,
}

/// What a program gets.
pub enum Input<'a> {
    /// On standard input.
    Text(&'a str),
}

/// Why a program gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct ProgramFailed {
    /// What happened.
    pub reason: String,
    /// The last line of its standard error.
    pub complaint: Option<String>,
}

fn failed(reason: impl ToString) -> ProgramFailed {
    ProgramFailed { reason: reason.to_string(), complaint: None }
}

/// Runs a program.
///
/// # Errors
///
/// When it fails.
pub async fn run(
    program: &Program,
    _: &Values<'_>,
    input: Input<'_>,
    time: Duration,
    most: usize,
) -> Result<Vec<u8>, ProgramFailed> {
    let Input::Text(text) = input;
    let mut child = Command::new(&program.program)
        .args(&program.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        drop(stdin.write_all(text.as_bytes()).await);
    }
    let output = tokio::time::timeout(time, bounded(&mut child, most)).await;
    output.map_err(|_| failed(format!("it was not done within {time:?}")))?
}

async fn bounded(child: &mut Child, most: usize) -> Result<Vec<u8>, ProgramFailed> {
    let mut bytes = Vec::new();
    let mut complaint = String::new();
    let Some(stdout) = child.stdout.take() else { return Err(failed("no output")) };
    stdout.take(most as u64 + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() > most {
        return Err(failed(format!("its result is longer than {most} bytes")));
    }
    if let Some(stderr) = child.stderr.take() {
        drop(stderr.take(4096).read_to_string(&mut complaint).await);
    }
    let status = child.wait().await.map_err(failed)?;
    let complaint = complaint.lines().last().map(str::to_owned);
    let reason = || format!("it ended with status {}", status.code().unwrap_or_default());
    if status.success() { Ok(bytes) } else { Err(ProgramFailed { reason: reason(), complaint }) }
}
