//! Answers on the command line: written out, or in a file, as a body alone or as `curl -i` prints them.

use std::io::{self, Read};
use std::path::Path;

use crate::file_access::regular_file;
use crate::trigger::MAX_BODY;

/// The maximum size of all headers in a file, including those of redirects and proxies.
const MAX_HEADER_BYTES: usize = 256 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// An answer that is written out, or was read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AnswerFile {
    /// `None` if it is not said.
    pub(crate) status: Option<u16>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum AnswerFileError {
    #[error("{0} can't be read: {1}")]
    Read(String, io::Error),
    #[error(
        "there is no file {0}; an answer that is text needs its status before it, as in --answer '200 open'"
    )]
    Missing(String),
    #[error("{0} is a folder: name a file, or `-` for standard input")]
    Folder(String),
    #[error("line {0} is not a header: a blank line must separate headers from the body")]
    Header(usize),
    #[error("the body is compressed: run curl with --compressed")]
    Compressed,
}

/// Takes an answer that is written out, or reads a file; `-` is standard input.
pub(in crate::cli) fn read(file: &Path) -> Result<AnswerFile, AnswerFileError> {
    if let Some(answer) = file.to_str().and_then(written_out) {
        return Ok(answer);
    }
    let failed = |error: io::Error| match file.is_dir() {
        true => AnswerFileError::Folder(file.display().to_string()),
        false if error.kind() == io::ErrorKind::NotFound => {
            AnswerFileError::Missing(file.display().to_string())
        }
        false => AnswerFileError::Read(file.display().to_string(), error),
    };
    // If a file is cut, what is left of its body is still longer than `MAX_BODY`, so the answer is refused later.
    let max_bytes = (MAX_HEADER_BYTES + MAX_BODY + 1) as u64;
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().take(max_bytes).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        regular_file::read(file, max_bytes)
    };
    parse(&bytes.map_err(failed)?)
}

/// A body that begins like JSON or XML, or a status, perhaps with a body of any kind after it.
fn written_out(text: &str) -> Option<AnswerFile> {
    let answer =
        |status, body: &str| AnswerFile { status, body: body.into(), ..AnswerFile::default() };
    if text.trim_start().starts_with(['{', '[', '<']) {
        return Some(answer(None, text));
    }
    let (status, body) = text.split_once(' ').unwrap_or((text, ""));
    let number = status.parse().ok().filter(|number| (100..600).contains(number))?;
    (status.len() == 3).then(|| answer(Some(number), body))
}

/// Parses an answer. If there are several header blocks (`100 Continue`, redirects, a proxy's), the last one counts.
fn parse(bytes: &[u8]) -> Result<AnswerFile, AnswerFileError> {
    let mut lines = AnswerFileLines { rest: bytes, line_number: 0 };
    let mut answer = AnswerFile::default();
    while let Some(status) = lines.take_status() {
        answer = AnswerFile { status: Some(status), ..AnswerFile::default() };
        lines.take_headers(&mut answer)?;
    }
    if lines.rest.starts_with(&GZIP_MAGIC) {
        return Err(AnswerFileError::Compressed);
    }
    answer.body = lines.rest.to_vec();
    Ok(answer)
}

struct AnswerFileLines<'a> {
    rest: &'a [u8],
    line_number: usize,
}

impl<'a> AnswerFileLines<'a> {
    /// Consumes the next line if it is a status line.
    fn take_status(&mut self) -> Option<u16> {
        let status = parse_status(self.rest.split(|&byte| byte == b'\n').next()?)?;
        self.next_line();
        Some(status)
    }

    /// Consumes headers and the blank line that ends them.
    fn take_headers(&mut self, answer: &mut AnswerFile) -> Result<(), AnswerFileError> {
        while let Some(line) = self.next_line().filter(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            match line.split_once(':') {
                // A continuation of the header before it.
                _ if line.starts_with([' ', '\t']) => {}
                Some((name, value)) if is_token(name) => {
                    // The first one counts, as in a call.
                    if name.eq_ignore_ascii_case("content-type") && answer.content_type.is_none() {
                        answer.content_type = Some(value.trim().to_owned());
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

/// The status of `HTTP/1.1 404 Not Found`. HTTP/2 has no reason phrase.
fn parse_status(line: &[u8]) -> Option<u16> {
    let rest = std::str::from_utf8(line).ok()?.trim_end().strip_prefix("HTTP/")?;
    let mut words = rest.split(' ');
    let version = words.next()?;
    let status = words.next()?;
    let numbers = version.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !version.is_empty();
    let status = status.parse().ok().filter(|_| status.len() == 3);
    status.filter(|status| numbers && (100..1000).contains(status))
}

/// Whether a text is a header name (RFC 9110, `token`).
fn is_token(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(allowed)
}
