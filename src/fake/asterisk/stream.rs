//! Reads lines as `run_agi` does.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The maximum length of a line with its newline, in bytes (`AGI_BUF_LEN`). The rest of a longer line is read as the
/// next command.
const MAX_LINE_BYTES: usize = 8191;
const MAX_READ_AHEAD_BYTES: usize = 64 * 1024;
/// The timeout for sending to a server that does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct FakeAgiStream<S> {
    stream: S,
    buffer: BytesMut,
    /// The start of a line whose newline has not been seen yet.
    partial_line: Vec<u8>,
    eof: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAgiStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new(), partial_line: Vec::new(), eof: false }
    }

    /// The next line; `None` if the server has closed the connection. Cancel-safe.
    pub(super) async fn next_line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.eof {
                return Ok(None);
            }
            self.fill_buffer().await?;
        }
    }

    /// Waits until new data arrives. Data that arrived earlier is already buffered, and Asterisk does not look at its
    /// buffer while a command runs. Cancel-safe.
    pub(super) async fn wait_for_input(&mut self) -> io::Result<()> {
        match (self.eof, self.buffer.len()) {
            (true, _) => Ok(()),
            (false, MAX_READ_AHEAD_BYTES..) => std::future::pending().await,
            (false, _) => self.fill_buffer().await,
        }
    }

    pub(super) async fn send(&mut self, lines: &str) -> io::Result<()> {
        let lines = format!("{lines}\n");
        timeout(WRITE_TIMEOUT, self.stream.write_all(lines.as_bytes())).await?
    }

    pub(super) async fn close(&mut self) {
        drop(timeout(WRITE_TIMEOUT, self.stream.shutdown()).await);
    }

    async fn fill_buffer(&mut self) -> io::Result<()> {
        self.eof = self.stream.read_buf(&mut self.buffer).await? == 0;
        Ok(())
    }

    /// Reads as `fgets` and the C string functions do: what follows a NUL in a line is dropped, together with its
    /// newline, so that the next line is appended to this one.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        loop {
            let room = MAX_LINE_BYTES - self.partial_line.len();
            let newline = self.buffer.iter().take(room).position(|&byte| byte == b'\n');
            let end = match newline {
                Some(at) => at + 1,
                None if self.buffer.len() >= room => room,
                None if self.eof && !self.buffer.is_empty() => self.buffer.len(),
                None => return None,
            };
            let piece = self.buffer.split_to(end);
            self.partial_line.extend(piece.iter().take_while(|&&byte| byte != 0));
            let cut =
                self.partial_line.len() >= MAX_LINE_BYTES || (self.eof && self.buffer.is_empty());
            if self.partial_line.ends_with(b"\n") || cut {
                let line = std::mem::take(&mut self.partial_line);
                return Some(line.strip_suffix(b"\n").map_or_else(|| line.clone(), <[u8]>::to_vec));
            }
        }
    }
}
