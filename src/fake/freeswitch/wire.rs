//! Commands as `read_packet` reads them, and what is said.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Most bytes of a command with its body; the real one takes 16 MB.
const COMMAND: usize = 16 * 1024 * 1024;
/// For a server that does not read.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Wire<S> {
    stream: S,
    read: BytesMut,
    ended: bool,
}

/// One command.
pub(super) struct Packet {
    /// Its first line.
    pub(super) line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Packet {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(its, _)| its.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What an application gets (`switch_ivr_parse_event`).
    pub(super) fn argument(&self) -> &str {
        match self.get("execute-app-arg") {
            None if self.get("content-type") == Some("text/plain") => &self.body,
            argument => argument.unwrap_or_default(),
        }
    }

    fn of(head: &str, body: &[u8]) -> Self {
        let mut lines = head.split(['\r', '\n']).filter(|line| !line.is_empty());
        let line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(header).collect();
        Self { line, headers, body: String::from_utf8_lossy(body).into_owned() }
    }
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim_start_matches(' ').to_owned()))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: BytesMut::new(), ended: false }
    }

    /// The next command, or `None` when the server has closed. May be cancelled.
    pub(super) async fn packet(&mut self) -> io::Result<Option<Packet>> {
        loop {
            if let Some(packet) = self.take() {
                return Ok(Some(packet));
            }
            if self.ended || self.read.len() > COMMAND {
                return Ok(None);
            }
            self.ended = self.stream.read_buf(&mut self.read).await? == 0;
        }
    }

    pub(super) async fn say(&mut self, text: &str) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(text.as_bytes())).await?
    }

    pub(super) async fn close(&mut self) {
        drop(timeout(PATIENCE, self.stream.shutdown()).await);
    }

    /// Headers up to a blank line, then the body. Blank lines before a command mean nothing.
    fn take(&mut self) -> Option<Packet> {
        let blank = self.read.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
        drop(self.read.split_to(blank));
        let (end, gap) = blank_line(&self.read)?;
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        let length = Packet::of(&head, b"").get("content-length").map_or(Ok(0), str::parse);
        let (start, length) = (end + gap, length.unwrap_or(0_usize));
        if self.read.len() - start < length {
            return None;
        }
        let whole = self.read.split_to(start + length);
        Some(Packet::of(&head, &whole[start..]))
    }
}

/// Where the headers end, and how long the blank line after them is.
fn blank_line(bytes: &[u8]) -> Option<(usize, usize)> {
    let find = |line: &[u8]| bytes.windows(line.len()).position(|window| window == line);
    let ends = [(find(b"\n\n"), 2), (find(b"\r\n\r\n"), 4)];
    ends.into_iter().filter_map(|(at, length)| Some((at?, length))).min()
}
