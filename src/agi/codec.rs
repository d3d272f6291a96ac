//! Splits the bytes from Asterisk into messages.
//!
//! The codec finds the end of a frame before it parses the frame, so the parsers get complete frames only.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::environment::AgiEnvironment;
use super::error::{AgiError, AgiMessagePart};
use super::parse::{self, AgiBlock};
use super::reply::AgiReply;
use crate::wire::{Evidence, LineScanner, ScannedLine};

/// Maximum length in bytes of a message of one line. Asterisk 22 was observed to send a value of 8,175 bytes.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// Maximum length of the environment.
pub const MAX_ENVIRONMENT_BYTES: usize = 16 * 1024;
/// Maximum number of lines of the environment. Asterisk sends 24, and at most 127 arguments (`MAX_ARGS`).
pub const MAX_ENVIRONMENT_LINES: usize = 256;
/// Maximum length of a value with newlines, and of a usage text.
pub const MAX_BLOCK_BYTES: usize = 64 * 1024;
/// Maximum number of lines of a value with newlines, and of a usage text.
pub const MAX_BLOCK_LINES: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgiMessage {
    /// The first message of every connection.
    Environment(AgiEnvironment),
    /// `HANGUP`: the caller has hung up (`run_agi`). It may come before a reply, after it, between two commands, twice,
    /// or never.
    Hangup,
    /// The reply to the oldest command that has none yet.
    Reply(AgiReply),
}

/// The codec of one connection: first the environment, then replies.
///
/// After an error, replies can no longer be matched to commands.
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
    /// A codec for a connection whose environment has been read already.
    pub fn after_environment() -> Self {
        Self::reading(AgiMessagePart::Line)
    }

    fn reading(part: AgiMessagePart) -> Self {
        Self { part, lines: LineScanner::default(), line_count: 0 }
    }

    /// The next complete line of the frame, without its newline.
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

    /// Whether the line completes the frame. The first line of a frame tells whether it is a block of several lines.
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

    /// Removes the frame from the buffer and parses it. The next frame is a reply.
    fn take_message(&mut self, buffer: &mut BytesMut) -> Result<AgiMessage, AgiError> {
        let complete = std::mem::replace(self, Self::after_environment());
        let bytes = complete.lines.complete_bytes();
        let mut frame = buffer.split_to(bytes).freeze();
        frame.truncate(bytes.saturating_sub(1));
        match complete.part {
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

    /// Bytes without a final newline are an error: a part of a reply can look like a complete reply, such as `200
    /// result=1` of `200 result=123`.
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
