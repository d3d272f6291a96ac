//! A program while it runs.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::fs::{File, OpenOptions, metadata};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::private_folder::PrivateFolder;
use super::{ProgramError, ProgramErrorReason, check_status, spawn_error};
use crate::voice::untrusted_files;

/// Most characters of a complaint.
const MAX_STDERR_CHARS: usize = 200;
/// Bytes in which the last line of standard error is looked for.
const STDERR_TAIL_BYTES: usize = 4096;
/// How often the length of a growing file is looked at: a disk can take some 100 MB meanwhile.
const SIZE_CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// For a killed program to be gone.
const KILL_WAIT: Duration = Duration::from_secs(1);

/// What one run has to do.
pub(super) struct ProgramTask<'a> {
    /// Written to standard input.
    pub(super) stdin_bytes: &'a [u8],
    /// The result, where it is not standard output.
    pub(super) output_file: Option<PathBuf>,
    /// Most bytes of the result.
    pub(super) max_output_bytes: usize,
}

/// A program and its folder. It is killed with its process group when this is dropped.
pub(super) struct RunningProgram {
    child: Child,
    _folder: PrivateFolder,
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
        Ok(Self { child: command.spawn().map_err(spawn_error)?, _folder: folder })
    }

    /// Feeds it and reads it until it is done.
    pub(super) async fn run(&mut self, task: &ProgramTask<'_>) -> Result<Vec<u8>, ProgramError> {
        let (stdin, stdout, stderr) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program need not read all, or anything.
                let _ = stdin.write_all(task.stdin_bytes).await;
            }
            Ok(())
        };
        let streams = async {
            tokio::try_join!(feed, read_limited(stdout, task.max_output_bytes), async {
                Ok(last_line(stderr).await)
            })
        };
        let ((), stdout, complaint) = tokio::select! {
            read = streams => read?,
            too_long = wait_until_too_long(task) => return Err(too_long.into()),
        };
        let status = self.child.wait().await.map_err(spawn_error)?;
        let result = match check_status(status) {
            Ok(()) => self.read_result(task, stdout).await,
            Err(reason) => Err(reason),
        };
        result.map_err(|reason| ProgramError { reason, stderr_line: complaint })
    }

    async fn read_result(
        &self,
        task: &ProgramTask<'_>,
        stdout: Vec<u8>,
    ) -> Result<Vec<u8>, ProgramErrorReason> {
        let result = match &task.output_file {
            Some(out) => read_limited(open_output(out).await.ok(), task.max_output_bytes).await?,
            None => stdout,
        };
        if result.is_empty() { Err(ProgramErrorReason::NoOutput) } else { Ok(result) }
    }

    /// Kills it where it is still there, and waits until it no longer writes into its folder.
    pub(super) async fn kill_and_wait(mut self) {
        self.kill();
        let _ = timeout(KILL_WAIT, self.child.wait()).await;
    }

    /// A program that has not been waited for still has its number, so nobody else's group is hit.
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
    }
}

/// All of a stream, of at most so many bytes.
async fn read_limited(
    stream: Option<impl AsyncRead + Unpin>,
    most: usize,
) -> Result<Vec<u8>, ProgramErrorReason> {
    let Some(stream) = stream else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = stream.take(limit).read_to_end(&mut bytes).await;
    read.map_err(|error: io::Error| ProgramErrorReason::CannotRun(error.to_string()))?;
    if bytes.len() > most { Err(ProgramErrorReason::OutputTooLong(most)) } else { Ok(bytes) }
}

/// A program may have left a pipe or a link there: neither holds or leads us.
async fn open_output(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(untrusted_files::open_flags()).open(file).await
}

/// Done when the result's file is longer than was allowed.
async fn wait_until_too_long(task: &ProgramTask<'_>) -> ProgramErrorReason {
    let Some(out) = &task.output_file else { return std::future::pending().await };
    while file_length(out).await <= u64::try_from(task.max_output_bytes).unwrap_or(u64::MAX) {
        sleep(SIZE_CHECK_INTERVAL).await;
    }
    ProgramErrorReason::OutputTooLong(task.max_output_bytes)
}

async fn file_length(file: &Path) -> u64 {
    metadata(file).await.map_or(0, |metadata| metadata.len())
}

/// The last line with something in it; reads to the end.
async fn last_line(stream: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut stream = stream?;
    let mut tail = Vec::new();
    let mut chunk = [0; STDERR_TAIL_BYTES];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        tail.extend_from_slice(&chunk[..read]);
        tail.drain(..tail.len().saturating_sub(STDERR_TAIL_BYTES));
    }
    let tail = String::from_utf8_lossy(&tail);
    let clean = |line: &str| line.chars().filter(|sign| !sign.is_control()).collect::<String>();
    let line = tail.lines().map(clean).rfind(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(MAX_STDERR_CHARS).collect())
}
