//! Bytes from Asterisk to messages.
//!
//! A frame is found before it is parsed: the scan for newlines goes on where it stopped, so a reply that comes byte by
//! byte costs no more than one that comes whole, and the parsers see whole frames only.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::environment::AgiEnvironment;
use super::error::{AgiError, AgiMessagePart};
use super::parse::{self, AgiBlock};
use super::reply::AgiReply;
use crate::wire::{Evidence, LineScanner, ScannedLine};

/// Most bytes of a line that stands alone. Asterisk 22 was seen to send a value of 8,175.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// Most bytes of the environment, in all.
pub const MAX_ENVIRONMENT_BYTES: usize = 16 * 1024;
/// Most lines of the environment: Asterisk sends 24 and at most 127 arguments (`MAX_ARGS`).
pub const MAX_ENVIRONMENT_LINES: usize = 256;
/// Most bytes of a value with newlines, or of a usage text.
pub const MAX_BLOCK_BYTES: usize = 64 * 1024;
/// Most lines of such a block.
pub const MAX_BLOCK_LINES: usize = 1_000;

/// One thing that Asterisk said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgiMessage {
    /// Its first words, once and before all others.
    Environment(AgiEnvironment),
    /// The caller has gone (`run_agi`). Comes at any time: before a reply, after it, unasked, twice, never.
    Hangup,
    /// The answer to the oldest command without one.
    Reply(AgiReply),
}

/// The codec of one connection: first the environment, then replies.
///
/// After an error nothing that it yields can be trusted to answer what was asked.
#[derive(Debug, Clone)]
pub struct AgiCodec {
    part: AgiMessagePart,
    lines: LineScanner,
    line_count: usize,
}

impl Default for AgiCodec {
    fn default() -> Self {
        Self::reading(AgiMessagePart::Environment)
    }
}

impl AgiCodec {
    /// A codec for a connection whose environment was read already.
    pub fn after_environment() -> Self {
        Self::reading(AgiMessagePart::Line)
    }

    fn reading(part: AgiMessagePart) -> Self {
        Self { part, lines: LineScanner::default(), line_count: 0 }
    }

    /// Finds the next whole line of the frame, without its newline.
    fn next_line<'a>(&mut self, buffer: &'a [u8]) -> Result<Option<&'a [u8]>, AgiError> {
        let line = match self.lines.next_line(buffer, max_bytes(self.part)) {
            ScannedLine::Complete(line) => &buffer[line],
            ScannedLine::Partial => return Ok(None),
            ScannedLine::TooLong => return Err(self.too_long(buffer)),
        };
        if self.line_count == max_lines(self.part) {
            return Err(self.too_many_lines(buffer));
        }
        self.line_count += 1;
        Ok(Some(line))
    }

    /// Whether the frame is whole with this line. The first line of a block says that it is one.
    fn ends_frame(&mut self, line: &[u8]) -> bool {
        match self.part {
            AgiMessagePart::Environment => line.is_empty(),
            AgiMessagePart::Value => AgiBlock::Value.closed_by(line),
            AgiMessagePart::Usage => AgiBlock::Usage.closed_by(line),
            AgiMessagePart::Line => {
                let block = AgiBlock::opened_by(line);
                self.part = block.map_or(AgiMessagePart::Line, part_of_block);
                block.is_none()
            }
        }
    }

    /// Takes the frame off the buffer and reads it. The next one is a reply's.
    fn take_message(&mut self, buffer: &mut BytesMut) -> Result<AgiMessage, AgiError> {
        let done = std::mem::replace(self, Self::after_environment());
        let bytes = done.lines.complete_bytes();
        let mut frame = buffer.split_to(bytes).freeze();
        frame.truncate(bytes.saturating_sub(1));
        match done.part {
            AgiMessagePart::Environment => {
                Ok(AgiMessage::Environment(AgiEnvironment::from_frame(&frame)))
            }
            AgiMessagePart::Line | AgiMessagePart::Value | AgiMessagePart::Usage => {
                decode_reply(&frame)
            }
        }
    }

    fn too_long(&self, buffer: &[u8]) -> AgiError {
        let (part, evidence) = (self.part, Evidence::from_bytes(buffer));
        AgiError::TooLong { part, limit: max_bytes(part), evidence }
    }

    fn too_many_lines(&self, buffer: &[u8]) -> AgiError {
        let (part, evidence) = (self.part, Evidence::from_bytes(buffer));
        AgiError::TooManyLines { part, limit: max_lines(part), evidence }
    }
}

impl Decoder for AgiCodec {
    type Item = AgiMessage;
    type Error = AgiError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<AgiMessage>, AgiError> {
        while let Some(line) = self.next_line(buffer)? {
            if self.ends_frame(line) {
                return self.take_message(buffer).map(Some);
            }
        }
        Ok(None)
    }

    /// Bytes that no newline ended are an error: half a reply looks like a whole one (`200 result=1` of `200
    /// result=123`).
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<AgiMessage>, AgiError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => Err(AgiError::UnexpectedEnd {
                part: self.part,
                evidence: Evidence::from_bytes(buffer),
            }),
            message => Ok(message),
        }
    }
}

fn decode_reply(bytes: &Bytes) -> Result<AgiMessage, AgiError> {
    let malformed =
        || AgiError::Malformed { expected: "AGI reply", evidence: Evidence::from_bytes(bytes) };
    let frame = parse::parse_frame(bytes).ok_or_else(malformed)?;
    Ok(AgiReply::from_frame(bytes, frame).map_or(AgiMessage::Hangup, AgiMessage::Reply))
}

fn part_of_block(block: AgiBlock) -> AgiMessagePart {
    match block {
        AgiBlock::Value => AgiMessagePart::Value,
        AgiBlock::Usage => AgiMessagePart::Usage,
    }
}

fn max_bytes(part: AgiMessagePart) -> usize {
    match part {
        AgiMessagePart::Environment => MAX_ENVIRONMENT_BYTES,
        AgiMessagePart::Line => MAX_LINE_BYTES,
        AgiMessagePart::Value | AgiMessagePart::Usage => MAX_BLOCK_BYTES,
    }
}

fn max_lines(part: AgiMessagePart) -> usize {
    match part {
        AgiMessagePart::Environment => MAX_ENVIRONMENT_LINES,
        AgiMessagePart::Line | AgiMessagePart::Value | AgiMessagePart::Usage => MAX_BLOCK_LINES,
    }
}
