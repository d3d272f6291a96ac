//! Reads commands as `read_packet` does, and sends events and replies.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The maximum size of a command with its body, as in FreeSWITCH.
const MAX_COMMAND_BYTES: usize = 16 * 1024 * 1024;
/// The timeout for sending to a server that does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct FakeEslStream<S> {
    stream: S,
    buffer: BytesMut,
    eof: bool,
}

pub(super) struct FakeEslCommand {
    /// The first line.
    pub(super) line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl FakeEslCommand {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The argument of an application (`switch_ivr_parse_event`).
    pub(super) fn argument(&self) -> &str {
        match self.header("execute-app-arg") {
            None if self.header("content-type") == Some("text/plain") => &self.body,
            argument => argument.unwrap_or_default(),
        }
    }

    fn parse(head: &str, body: &[u8]) -> Self {
        let mut lines = head.split(['\r', '\n']).filter(|line| !line.is_empty());
        let line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(parse_header).collect();
        Self { line, headers, body: String::from_utf8_lossy(body).into_owned() }
    }
}

fn parse_header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim_start_matches(' ').to_owned()))
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeEslStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new(), eof: false }
    }

    /// The next command; `None` if the server has closed the connection. Cancel-safe.
    pub(super) async fn next_command(&mut self) -> io::Result<Option<FakeEslCommand>> {
        loop {
            if let Some(command) = self.take_command() {
                return Ok(Some(command));
            }
            if self.eof || self.buffer.len() > MAX_COMMAND_BYTES {
                return Ok(None);
            }
            self.eof = self.stream.read_buf(&mut self.buffer).await? == 0;
        }
    }

    pub(super) async fn send(&mut self, text: &str) -> io::Result<()> {
        timeout(WRITE_TIMEOUT, self.stream.write_all(text.as_bytes())).await?
    }

    pub(super) async fn close(&mut self) {
        drop(timeout(WRITE_TIMEOUT, self.stream.shutdown()).await);
    }

    /// Headers up to a blank line, then the body. Blank lines before a command are ignored.
    fn take_command(&mut self) -> Option<FakeEslCommand> {
        let blank = self.buffer.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
        drop(self.buffer.split_to(blank));
        let (end, gap) = blank_line(&self.buffer)?;
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let length =
            FakeEslCommand::parse(&head, b"").header("content-length").map_or(Ok(0), str::parse);
        let (start, length) = (end + gap, length.unwrap_or(0_usize));
        if self.buffer.len() - start < length {
            return None;
        }
        let message = self.buffer.split_to(start + length);
        Some(FakeEslCommand::parse(&head, &message[start..]))
    }
}

/// The position and length of the blank line after the headers.
fn blank_line(bytes: &[u8]) -> Option<(usize, usize)> {
    let find = |line: &[u8]| bytes.windows(line.len()).position(|window| window == line);
    let ends = [(find(b"\n\n"), 2), (find(b"\r\n\r\n"), 4)];
    ends.into_iter().filter_map(|(at, length)| Some((at?, length))).min()
}
