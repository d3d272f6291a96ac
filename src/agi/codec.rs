//! Bytes from Asterisk to messages.
//!
//! A frame is found before it is parsed: the scan for newlines goes on where it stopped, so a reply that comes byte by
//! byte costs no more than one that comes whole, and the parsers see whole frames only.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::environment::Environment;
use super::error::{Evidence, Part, WireError};
use super::parse::{self, Block};
use super::reply::Reply;

/// Most bytes of a line that stands alone. Asterisk 22 was seen to send a value of 8,175.
pub const LINE_BYTES: usize = 16 * 1024;
/// Most bytes of the environment, in all.
pub const ENVIRONMENT_BYTES: usize = 16 * 1024;
/// Most lines of the environment: Asterisk sends 24 and at most 127 arguments (`MAX_ARGS`).
pub const ENVIRONMENT_LINES: usize = 256;
/// Most bytes of a value with newlines, or of a usage text.
pub const BLOCK_BYTES: usize = 64 * 1024;
/// Most lines of such a block.
pub const BLOCK_LINES: usize = 1_000;

/// One thing that Asterisk said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Its first words, once and before all others.
    Environment(Environment),
    /// The caller has gone (`run_agi`). Comes at any time: before a reply, after it, unasked, twice, never.
    Hangup,
    /// The answer to the oldest command without one.
    Reply(Reply),
}

/// The codec of one connection: first the environment, then replies.
///
/// After an error nothing that it yields can be trusted to answer what was asked.
#[derive(Debug, Clone)]
pub struct Codec {
    part: Part,
    /// Where the search for the next newline goes on.
    scanned: usize,
    /// Where the line begins that `scanned` is in.
    line: usize,
    lines: usize,
}

impl Default for Codec {
    fn default() -> Self {
        Self::within(Part::Environment)
    }
}

impl Codec {
    /// A codec for a connection whose environment was read already.
    pub fn after_environment() -> Self {
        Self::within(Part::Line)
    }

    fn within(part: Part) -> Self {
        Self { part, scanned: 0, line: 0, lines: 0 }
    }

    /// Finds the next whole line of the frame, without its newline.
    fn next_line(&mut self, buffer: &[u8]) -> Result<Option<Range<usize>>, WireError> {
        let limit = bytes_of(self.part);
        let newline = buffer[self.scanned..].iter().position(|&byte| byte == b'\n');
        let end = newline.map_or(buffer.len(), |at| self.scanned + at);
        if end >= limit {
            return Err(self.too_long(buffer));
        }
        self.scanned = end;
        if newline.is_none() {
            return Ok(None);
        }
        if self.lines == lines_of(self.part) {
            return Err(self.too_many_lines(buffer));
        }
        self.lines += 1;
        self.scanned += 1;
        Ok(Some(std::mem::replace(&mut self.line, self.scanned)..end))
    }

    /// Whether the frame is whole with this line. The first line of a block says that it is one.
    fn ends_with(&mut self, line: &[u8]) -> bool {
        match self.part {
            Part::Environment => line.is_empty(),
            Part::Value => Block::Value.closed_by(line),
            Part::Usage => Block::Usage.closed_by(line),
            Part::Line => {
                let block = Block::opened_by(line);
                self.part = block.map_or(Part::Line, part_of);
                block.is_none()
            }
        }
    }

    /// Takes the frame off the buffer and reads it. The next one is a reply's.
    fn message(&mut self, buffer: &mut BytesMut) -> Result<Message, WireError> {
        let done = std::mem::replace(self, Self::after_environment());
        let mut frame = buffer.split_to(done.scanned).freeze();
        frame.truncate(done.scanned.saturating_sub(1));
        match done.part {
            Part::Environment => Ok(Message::Environment(Environment::from_frame(&frame))),
            Part::Line | Part::Value | Part::Usage => reply(&frame),
        }
    }

    fn too_long(&self, buffer: &[u8]) -> WireError {
        let (part, evidence) = (self.part, Evidence::of(buffer));
        WireError::TooLong { part, limit: bytes_of(part), evidence }
    }

    fn too_many_lines(&self, buffer: &[u8]) -> WireError {
        let (part, evidence) = (self.part, Evidence::of(buffer));
        WireError::TooManyLines { part, limit: lines_of(part), evidence }
    }
}

impl Decoder for Codec {
    type Item = Message;
    type Error = WireError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, WireError> {
        while let Some(line) = self.next_line(buffer)? {
            if self.ends_with(&buffer[line]) {
                return self.message(buffer).map(Some);
            }
        }
        Ok(None)
    }

    /// Bytes that no newline ended are an error: half a reply looks like a whole one (`200 result=1` of `200
    /// result=123`).
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, WireError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => {
                Err(WireError::CutOff { part: self.part, evidence: Evidence::of(buffer) })
            }
            message => Ok(message),
        }
    }
}

fn reply(bytes: &Bytes) -> Result<Message, WireError> {
    let not_understood = || WireError::NotUnderstood(Evidence::of(bytes));
    let frame = parse::frame(bytes).ok_or_else(not_understood)?;
    Ok(Reply::from_frame(bytes, frame).map_or(Message::Hangup, Message::Reply))
}

fn part_of(block: Block) -> Part {
    match block {
        Block::Value => Part::Value,
        Block::Usage => Part::Usage,
    }
}

fn bytes_of(part: Part) -> usize {
    match part {
        Part::Environment => ENVIRONMENT_BYTES,
        Part::Line => LINE_BYTES,
        Part::Value | Part::Usage => BLOCK_BYTES,
    }
}

fn lines_of(part: Part) -> usize {
    match part {
        Part::Environment => ENVIRONMENT_LINES,
        Part::Line | Part::Value | Part::Usage => BLOCK_LINES,
    }
}
