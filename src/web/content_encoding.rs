//! Decompresses the body of a reply while it arrives.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

/// Collects the body of a reply, decompressed, up to a number of bytes.
pub(super) enum BodyDecoder {
    Plain(BoundedBuffer),
    Gzip { decoder: Box<MultiGzDecoder<BoundedBuffer>>, is_empty: bool },
}

/// Bytes up to a limit. A write that exceeds the limit fails.
pub(super) struct BoundedBuffer {
    bytes: Vec<u8>,
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLong,
    /// Not what `Content-Encoding` says, or incomplete.
    InvalidGzip,
}

impl BodyDecoder {
    /// Chooses the decoder by `Content-Encoding`, and removes the headers that describe the compressed body. Names of
    /// encodings are not case-sensitive, and `x-gzip` is `gzip` (RFC 9110, sections 8.4.1 and 8.4.1.3).
    pub(super) fn new(headers: &mut HeaderMap, limit: usize) -> Self {
        let buffer = BoundedBuffer { bytes: Vec::new(), limit };
        let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().trim_ascii());
        let is_gzip = encoding.is_some_and(|encoding| {
            encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
        });
        if !is_gzip {
            return Self::Plain(buffer);
        }
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        Self::Gzip { decoder: Box::new(MultiGzDecoder::new(buffer)), is_empty: true }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        let pushed = match self {
            Self::Plain(buffer) => buffer.write_all(chunk),
            Self::Gzip { decoder, is_empty } => {
                *is_empty &= chunk.is_empty();
                decoder.write_all(chunk)
            }
        };
        pushed.map_err(|error| body_error(&error))
    }

    /// The whole body. No bytes at all are an empty body in every encoding: replies to HEAD have none.
    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self {
            Self::Plain(buffer) => Ok(buffer.bytes),
            Self::Gzip { is_empty: true, .. } => Ok(Vec::new()),
            Self::Gzip { mut decoder, .. } => {
                decoder.try_finish().map_err(|error| body_error(&error))?;
                Ok(std::mem::take(&mut decoder.get_mut().bytes))
            }
        }
    }
}

fn body_error(error: &io::Error) -> BodyError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => BodyError::TooLong,
        _ => BodyError::InvalidGzip,
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
