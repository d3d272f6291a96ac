//! A running program: writes its input, reads its output, and kills it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::fs::{File, OpenOptions, metadata};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::error::{ProgramError, ProgramErrorReason, check_status, spawn_error};
use super::orphans;
use super::private_folder::PrivateFolder;
use crate::voice::untrusted_files;

/// Longer lines of standard error are cut.
const MAX_STDERR_CHARS: usize = 200;
/// Only this many bytes at the end of standard error are searched for its last line.
const STDERR_TAIL_BYTES: usize = 4096;
/// How often the size of the output file is checked. Within this time, a program can write about 100 MB to a fast disk.
const SIZE_CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How long to wait for a killed program to end.
const KILL_WAIT: Duration = Duration::from_secs(1);

/// Input and output of one run.
pub(super) struct ProgramTask<'a> {
    pub(super) stdin_bytes: &'a [u8],
    /// `None` if the output is standard output.
    pub(super) output_file: Option<PathBuf>,
    pub(super) max_output_bytes: usize,
}

/// A program and its private folder. On drop, its whole process group is killed, and its orphans are.
pub(super) struct RunningProgram {
    child: Child,
    folder: PrivateFolder,
}

impl RunningProgram {
    pub(super) fn start(
        program: &str,
        arguments: Vec<String>,
        folder: PrivateFolder,
    ) -> Result<Self, ProgramError> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs([("LANG", "C.UTF-8"), ("LC_ALL", "C.UTF-8")])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let spawn = || {
            let child = command.spawn()?;
            let pid = child.id();
            Ok((child, pid))
        };
        let child = orphans::register(folder.path(), spawn).map_err(spawn_error)?;
        Ok(Self { child, folder })
    }

    /// Writes the input and reads the output until the program ends.
    pub(super) async fn run(&mut self, task: &ProgramTask<'_>) -> Result<Vec<u8>, ProgramError> {
        let (stdin, stdout, stderr) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let write_stdin = async {
            if let Some(mut stdin) = stdin {
                // A program may exit without reading its input, so an error here is ignored.
                let _ = stdin.write_all(task.stdin_bytes).await;
            }
            Ok(())
        };
        let pipes = async {
            tokio::try_join!(write_stdin, read_limited(stdout, task.max_output_bytes), async {
                Ok(last_line(stderr).await)
            })
        };
        let ((), stdout, stderr_line) = tokio::select! {
            read = pipes => read?,
            too_long = wait_until_too_long(task) => return Err(too_long.into()),
        };
        let status = self.child.wait().await.map_err(spawn_error)?;
        let output = match check_status(status) {
            Ok(()) => read_output(task, stdout).await,
            Err(reason) => Err(reason),
        };
        output.map_err(|reason| ProgramError { reason, stderr_line })
    }

    /// Kills the program if it still runs, and waits for its end, so that it no longer writes to its folder. Waits
    /// [`KILL_WAIT`] at most.
    pub(super) async fn kill_and_wait(mut self) {
        self.kill();
        let _ = timeout(KILL_WAIT, self.child.wait()).await;
    }

    /// `id` is `None` after the end of the process was awaited. Until then the system does not reuse its number, so
    /// this can't kill another process group.
    fn kill(&self) {
        let group = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        self.kill();
        match self.child.id() {
            Some(_) => orphans::abandon(self.folder.path()),
            None => orphans::unregister(self.folder.path()),
        }
        orphans::kill_orphans_in_background();
    }
}

async fn read_output(
    task: &ProgramTask<'_>,
    stdout: Vec<u8>,
) -> Result<Vec<u8>, ProgramErrorReason> {
    let output = match &task.output_file {
        Some(file) => read_limited(open_output(file).await.ok(), task.max_output_bytes).await?,
        None => stdout,
    };
    if output.is_empty() { Err(ProgramErrorReason::NoOutput) } else { Ok(output) }
}

/// Reads a stream to its end.
async fn read_limited(
    stream: Option<impl AsyncRead + Unpin>,
    max_bytes: usize,
) -> Result<Vec<u8>, ProgramErrorReason> {
    let Some(stream) = stream else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let read = stream.take(limit).read_to_end(&mut bytes).await;
    read.map_err(|error: io::Error| ProgramErrorReason::CannotRun(error.to_string()))?;
    if bytes.len() > max_bytes {
        return Err(ProgramErrorReason::OutputTooLong(max_bytes));
    }
    Ok(bytes)
}

/// The program may have created a named pipe or a symbolic link in place of the file.
async fn open_output(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(untrusted_files::open_flags()).open(file).await
}

/// Completes when the output file is too long. Never completes if the output is standard output.
async fn wait_until_too_long(task: &ProgramTask<'_>) -> ProgramErrorReason {
    let Some(file) = &task.output_file else { return std::future::pending().await };
    while file_length(file).await <= u64::try_from(task.max_output_bytes).unwrap_or(u64::MAX) {
        sleep(SIZE_CHECK_INTERVAL).await;
    }
    ProgramErrorReason::OutputTooLong(task.max_output_bytes)
}

async fn file_length(file: &Path) -> u64 {
    metadata(file).await.map_or(0, |metadata| metadata.len())
}

/// Reads to the end and returns the last line that is not blank, without control characters.
async fn last_line(stream: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut stream = stream?;
    let mut tail = Vec::new();
    let mut chunk = [0; STDERR_TAIL_BYTES];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        tail.extend_from_slice(&chunk[..read]);
        tail.drain(..tail.len().saturating_sub(STDERR_TAIL_BYTES));
    }
    let tail = String::from_utf8_lossy(&tail);
    let clean = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
    let line = tail.lines().map(clean).rfind(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(MAX_STDERR_CHARS).collect())
}
