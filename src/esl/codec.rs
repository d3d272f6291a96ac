//! Bytes from FreeSWITCH to messages, and commands to bytes.
//!
//! A frame is found before it is parsed: header lines up to a blank one, then as many bytes as `Content-Length` says.
//! The scan for newlines goes on where it stopped and never looks into a body, so a message that comes byte by byte
//! costs no more than one that comes whole.

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use super::channel_data::ChannelData;
use super::command::EslCommand;
use super::error::{EslError, EslMessagePart};
use super::event::EslEvent;
use super::parse;
use crate::wire::{Evidence, LineScanner, LossyText, ScannedLine, decode_lossy};

/// Most bytes of a block of headers. The reply to `connect` is one: 4 to 8 kB, and all that variables of the channel
/// add to it, of which each byte may take three.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Most bytes of a body. An event was seen with 46 kB when one variable was of 20 kB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// One thing that FreeSWITCH said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EslMessage {
    /// The reply to `connect`: who calls whom.
    ChannelData(ChannelData),
    /// The answer to the oldest command without one.
    Reply(EslReply),
    /// The same to `api`: what the function wrote. A function that wrote nothing says `-ERR no reply` (`api_exec`).
    ApiResponse(LossyText),
    /// Comes at any time, also between a command and its reply.
    Event(EslEvent),
    /// `text/disconnect-notice`: the channel is gone.
    Disconnected {
        /// Whether FreeSWITCH goes on to listen to us (`linger`). Otherwise it closes now.
        lingering: bool,
    },
}

/// The answer to a command. Which one it belongs to is known only by order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EslReply {
    /// Whether the command was taken: `+OK`. That is all it says of a `sendmsg` to a channel in async mode.
    pub ok: bool,
    /// `Reply-Text`, not encoded and cut at 511 bytes (`listener_run`).
    pub text: LossyText,
}

/// The codec of one connection.
///
/// After an error nothing that it yields can be trusted to answer what was asked.
#[derive(Debug, Clone, Default)]
pub struct EslCodec {
    lines: LineScanner,
    /// The headers, once they are whole.
    head: Option<EslMessageHead>,
}

/// What a block of headers says of its message.
#[derive(Debug, Clone, Copy)]
struct EslMessageHead {
    content: EslContent,
    /// Bytes of the block with its blank line.
    block_bytes: usize,
    /// Bytes of the body.
    body_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
enum EslContent {
    ChannelData,
    Reply,
    ApiResponse,
    Event,
    Disconnected,
    /// What nobody asked for: other formats of events, lines of the log.
    Ignored,
}

impl EslCodec {
    /// Reads the headers, if they are whole.
    fn head(&mut self, buffer: &mut BytesMut) -> Result<Option<EslMessageHead>, EslError> {
        if self.head.is_none() && self.ends_block(buffer)? {
            self.head = Some(EslMessageHead::parse(&buffer[..self.lines.complete_bytes()])?);
        }
        Ok(self.head)
    }

    /// Looks for the blank line.
    fn ends_block(&mut self, buffer: &mut BytesMut) -> Result<bool, EslError> {
        self.skip_blank_lines(buffer);
        loop {
            match self.lines.next_line(buffer, MAX_HEADER_BYTES) {
                ScannedLine::Complete(line) if matches!(&buffer[line.clone()], b"" | b"\r") => {
                    return Ok(true);
                }
                ScannedLine::Complete(_) => {}
                ScannedLine::Partial => return Ok(false),
                ScannedLine::TooLong => {
                    return Err(too_long(EslMessagePart::Headers, MAX_HEADER_BYTES, buffer));
                }
            }
        }
    }

    /// Blank lines before a message mean nothing, as they mean nothing to FreeSWITCH (`read_packet`).
    fn skip_blank_lines(&self, buffer: &mut BytesMut) {
        if self.lines.is_at_start() {
            let blank = buffer.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
            buffer.advance(blank);
        }
    }

    /// Takes a whole message off the buffer. `None` is one that is ignored.
    fn take_message(&mut self, head: EslMessageHead, buffer: &mut BytesMut) -> Option<EslMessage> {
        *self = Self::default();
        let mut block = buffer.split_to(head.block_bytes + head.body_bytes).freeze();
        let body = block.split_off(head.block_bytes);
        match head.content {
            EslContent::ChannelData => {
                Some(EslMessage::ChannelData(ChannelData::from_block(block)))
            }
            EslContent::Reply => Some(EslMessage::Reply(EslReply::from_block(&block))),
            EslContent::ApiResponse => Some(EslMessage::ApiResponse(LossyText::from(body))),
            EslContent::Event => Some(EslMessage::Event(EslEvent::from_body(&body))),
            EslContent::Disconnected => {
                Some(EslMessage::Disconnected { lingering: lingers(&block) })
            }
            EslContent::Ignored => None,
        }
    }
}

impl EslMessageHead {
    fn parse(block: &[u8]) -> Result<Self, EslError> {
        let malformed = || EslError::Malformed {
            expected: "Event Socket message",
            evidence: Evidence::from_bytes(block),
        };
        let content = parse::find_header(block, b"Content-Type").ok_or_else(malformed)?;
        let body = match parse::find_header(block, b"Content-Length") {
            Some(length) => parse::content_length(length).ok_or_else(malformed)?,
            None => 0,
        };
        if body > MAX_BODY_BYTES {
            return Err(too_long(EslMessagePart::Body, MAX_BODY_BYTES, block));
        }
        Ok(Self {
            content: EslContent::from_headers(content, block),
            block_bytes: block.len(),
            body_bytes: body,
        })
    }

    fn total_bytes(self) -> usize {
        self.block_bytes + self.body_bytes
    }
}

impl EslContent {
    /// The reply to `connect` is an event and a reply in one (`parse_command`).
    fn from_headers(content_type: &[u8], block: &[u8]) -> Self {
        match content_type {
            b"command/reply" if parse::find_header(block, b"Event-Name").is_some() => {
                Self::ChannelData
            }
            b"command/reply" => Self::Reply,
            b"api/response" => Self::ApiResponse,
            b"text/event-plain" => Self::Event,
            b"text/disconnect-notice" => Self::Disconnected,
            _ => Self::Ignored,
        }
    }
}

impl EslReply {
    fn from_block(block: &Bytes) -> Self {
        let text = parse::find_header(block, b"Reply-Text").unwrap_or_default();
        Self { ok: text.starts_with(b"+OK"), text: LossyText::from(block.slice_ref(text)) }
    }
}

impl Decoder for EslCodec {
    type Item = EslMessage;
    type Error = EslError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<EslMessage>, EslError> {
        while let Some(head) = self.head(buffer)? {
            if buffer.len() < head.total_bytes() {
                buffer.reserve(head.total_bytes() - buffer.len());
                return Ok(None);
            }
            if let Some(message) = self.take_message(head, buffer) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Bytes of a message that is not whole are an error.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<EslMessage>, EslError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => {
                let part = if self.head.is_some() {
                    EslMessagePart::Body
                } else {
                    EslMessagePart::Headers
                };
                Err(EslError::UnexpectedEnd { part, evidence: Evidence::from_bytes(buffer) })
            }
            message => Ok(message),
        }
    }
}

/// A command goes out in one piece: FreeSWITCH spins while it waits for a body (`read_packet`).
impl Encoder<&EslCommand> for EslCodec {
    type Error = EslError;

    fn encode(&mut self, command: &EslCommand, buffer: &mut BytesMut) -> Result<(), EslError> {
        buffer.extend_from_slice(command.as_bytes());
        Ok(())
    }
}

fn too_long(part: EslMessagePart, limit: usize, bytes: &[u8]) -> EslError {
    EslError::TooLong { part, limit, evidence: Evidence::from_bytes(bytes) }
}

/// `Content-Disposition: linger` (`read_packet`), or `disconnect` (`send_disconnect`).
fn lingers(block: &[u8]) -> bool {
    let disposition = parse::find_header(block, b"Content-Disposition");
    disposition.is_some_and(|disposition| decode_lossy(disposition) == "linger")
}
