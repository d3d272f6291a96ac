//! Lines as `run_agi` reads them.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Most bytes of a line with its newline (`AGI_BUF_LEN`); the rest of a longer one is the next command.
const LINE: usize = 8191;
/// Most bytes that are read ahead.
const AHEAD: usize = 64 * 1024;
/// For a server that does not read.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Wire<S> {
    stream: S,
    read: BytesMut,
    /// A line whose newline was not seen yet.
    begun: Vec<u8>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: BytesMut::new(), begun: Vec::new(), ended: false }
    }

    /// The next line, or `None` when the server has closed. May be cancelled.
    pub(super) async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.ended {
                return Ok(None);
            }
            self.more().await?;
        }
    }

    /// Waits until something new comes: what came before is in a buffer already, where Asterisk does not see it while
    /// a command runs. May be cancelled.
    pub(super) async fn arrives(&mut self) -> io::Result<()> {
        match (self.ended, self.read.len()) {
            (true, _) => Ok(()),
            (false, AHEAD..) => std::future::pending().await,
            (false, _) => self.more().await,
        }
    }

    pub(super) async fn say(&mut self, lines: &str) -> io::Result<()> {
        let lines = format!("{lines}\n");
        timeout(PATIENCE, self.stream.write_all(lines.as_bytes())).await?
    }

    pub(super) async fn close(&mut self) {
        drop(timeout(PATIENCE, self.stream.shutdown()).await);
    }

    async fn more(&mut self) -> io::Result<()> {
        self.ended = self.stream.read_buf(&mut self.read).await? == 0;
        Ok(())
    }

    /// A NUL ends what `fgets` read for the code that looks for its newline: the rest is dropped, and the next line is
    /// taken for the end of this one.
    fn take(&mut self) -> Option<Vec<u8>> {
        loop {
            let room = LINE - self.begun.len();
            let newline = self.read.iter().take(room).position(|&byte| byte == b'\n');
            let end = match newline {
                Some(at) => at + 1,
                None if self.read.len() >= room => room,
                None if self.ended && !self.read.is_empty() => self.read.len(),
                None => return None,
            };
            let piece = self.read.split_to(end);
            self.begun.extend(piece.iter().take_while(|&&byte| byte != 0));
            let cut = self.begun.len() >= LINE || (self.ended && self.read.is_empty());
            if self.begun.ends_with(b"\n") || cut {
                let line = std::mem::take(&mut self.begun);
                return Some(line.strip_suffix(b"\n").map_or_else(|| line.clone(), <[u8]>::to_vec));
            }
        }
    }
}
