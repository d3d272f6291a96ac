//! A reply in a file: a bare body, or a whole reply as `curl -i` prints it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::trigger::MAX_BODY;

/// Most bytes before the body: that of redirects and proxies is counted too.
const MAX_HEADER_BYTES: usize = 256 * 1024;
/// gzip's first bytes.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A reply, as far as the file tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerFile {
    /// HTTP status; `None` of a bare body.
    pub(super) status: Option<u16>,
    /// `Content-Type`.
    pub(super) content_type: Option<String>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Why a file holds no reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerFileError {
    /// It can't be read.
    #[error("{0} can't be read: {1}")]
    Read(String, io::Error),
    /// Neither a header nor the blank line before the body, at this line.
    #[error("line {0} is no header: between a reply's headers and its body stands a blank line")]
    Header(usize),
    /// It is compressed.
    #[error("the body is compressed: let curl decode it, with --compressed")]
    Compressed,
}

/// Reads a file; `-` is standard input.
///
/// # Errors
///
/// When it can't be read, or is no reply.
pub(super) fn read(file: &Path) -> Result<AnswerFile, AnswerFileError> {
    let failed = |error| AnswerFileError::Read(file.display().to_string(), error);
    let bytes = if file == Path::new("-") {
        read_bounded(io::stdin().lock())
    } else {
        File::open(file).and_then(read_bounded)
    };
    parse(&bytes.map_err(failed)?)
}

/// What is longer than any reply that is read is too long also when it is cut here.
fn read_bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take((MAX_HEADER_BYTES + MAX_BODY + 1) as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a reply. Of several blocks of headers (`100 Continue`, redirects, a proxy's own) the last one counts.
///
/// # Errors
///
/// When a line among the headers is none, or the body is compressed.
fn parse(bytes: &[u8]) -> Result<AnswerFile, AnswerFileError> {
    let mut lines = AnswerFileLines { rest: bytes, line_number: 0 };
    let mut reply = AnswerFile::default();
    while let Some(status) = lines.take_status() {
        reply = AnswerFile { status: Some(status), ..AnswerFile::default() };
        lines.take_headers(&mut reply)?;
    }
    if lines.rest.starts_with(&GZIP_MAGIC) {
        return Err(AnswerFileError::Compressed);
    }
    reply.body = lines.rest.to_vec();
    Ok(reply)
}

struct AnswerFileLines<'a> {
    rest: &'a [u8],
    line_number: usize,
}

impl<'a> AnswerFileLines<'a> {
    /// Takes a status line, where one is next.
    fn take_status(&mut self) -> Option<u16> {
        let status = parse_status(self.rest.split(|&byte| byte == b'\n').next()?)?;
        self.next_line();
        Some(status)
    }

    /// Takes headers, and the blank line behind them.
    fn take_headers(&mut self, reply: &mut AnswerFile) -> Result<(), AnswerFileError> {
        while let Some(line) = self.next_line().filter(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            match line.split_once(':') {
                // A line that goes on.
                _ if line.starts_with([' ', '\t']) => {}
                Some((name, value)) if is_token(name) => {
                    // As a call does: the first one counts.
                    if name.eq_ignore_ascii_case("content-type") && reply.content_type.is_none() {
                        reply.content_type = Some(value.trim().to_owned());
                    }
                }
                _ => return Err(AnswerFileError::Header(self.line_number)),
            }
        }
        Ok(())
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = &self.rest[..end.unwrap_or(self.rest.len())];
        self.rest = &self.rest[end.map_or(self.rest.len(), |end| end + 1)..];
        self.line_number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The status of `HTTP/1.1 404 Not Found`; HTTP/2 has no words behind it.
fn parse_status(line: &[u8]) -> Option<u16> {
    let rest = std::str::from_utf8(line).ok()?.trim_end().strip_prefix("HTTP/")?;
    let mut words = rest.split(' ');
    let version = words.next()?;
    let status = words.next()?;
    let numbers = version.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !version.is_empty();
    let status = status.parse().ok().filter(|_| status.len() == 3);
    status.filter(|status| numbers && (100..1000).contains(status))
}

/// A header's name, as RFC 9110 has it.
fn is_token(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(allowed)
}
