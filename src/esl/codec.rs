//! Splits the bytes from FreeSWITCH into messages.
//!
//! The codec finds the end of a frame before it parses the frame: header lines up to a blank line, then a body of
//! `Content-Length` bytes, which is not searched for newlines.

use bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::channel_data::ChannelData;
use super::error::{EslError, EslMessagePart};
use super::event::EslEvent;
use super::header_index::EslHeaderIndex;
use super::headers::EslHeaders;
use super::parse;
use crate::wire::{Evidence, LineScanner, LossyText, ScannedLine};

/// Maximum length of a block of headers. The reply to `connect` is the largest: 4 to 8 kB, and all variables of the
/// channel, in which encoding may turn each byte into three.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Maximum length of a body. An event of a channel with a variable of 20 kB was observed to have 46 kB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EslMessage {
    /// The reply to `connect`.
    ChannelData(ChannelData),
    /// The reply to the oldest command that has none yet.
    Reply(EslReply),
    /// The reply to `api`: the output of the function, or `-ERR no reply` if it has none (`api_exec`).
    ApiResponse(LossyText),
    /// May come at any time, also between a command and its reply.
    Event(EslEvent),
    /// `text/disconnect-notice`: the channel no longer exists.
    Disconnected {
        /// Whether FreeSWITCH still reads commands (`linger`). Otherwise it closes the connection now.
        lingering: bool,
    },
}

/// The reply to a command. A reply does not name its command: FreeSWITCH sends the replies in the order of the
/// commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EslReply {
    /// Whether FreeSWITCH has accepted the command: `+OK`. In async mode the reply to a `sendmsg` does not tell whether
    /// the application succeeds.
    pub ok: bool,
    /// `Reply-Text`, not encoded, and truncated at 511 bytes (`listener_run`).
    pub text: LossyText,
}

/// The codec of one connection.
///
/// After an error, replies can no longer be matched to commands.
#[derive(Debug, Clone, Default)]
pub struct EslCodec {
    lines: LineScanner,
    /// The header lines that are complete.
    index: EslHeaderIndex,
    /// What the headers tell, once they are complete.
    head: Option<EslMessageHead>,
}

/// What the headers of a message tell about it.
#[derive(Debug, Clone, Copy)]
struct EslMessageHead {
    content: EslContent,
    /// Length of the headers with the blank line.
    block_bytes: usize,
    body_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
enum EslContent {
    ChannelData,
    Reply,
    ApiResponse,
    Event,
    Disconnected,
    /// Messages that we have not subscribed to: other event formats, log lines.
    Ignored,
}

impl EslCodec {
    /// The headers, if they are complete.
    fn head(&mut self, buffer: &mut BytesMut) -> Result<Option<EslMessageHead>, EslError> {
        if self.head.is_none() && self.ends_block(buffer)? {
            let block = &buffer[..self.lines.complete_bytes()];
            self.head = Some(EslMessageHead::parse(block, &self.index)?);
        }
        Ok(self.head)
    }

    /// Whether the blank line has been received.
    fn ends_block(&mut self, buffer: &mut BytesMut) -> Result<bool, EslError> {
        self.skip_blank_lines(buffer);
        loop {
            match self.lines.next_line(buffer, MAX_HEADER_BYTES) {
                ScannedLine::Complete(line) => {
                    if self.index.push_line(buffer, line) {
                        return Ok(true);
                    }
                }
                ScannedLine::Partial => return Ok(false),
                ScannedLine::TooLong => {
                    return Err(too_long(EslMessagePart::Headers, MAX_HEADER_BYTES, buffer));
                }
            }
        }
    }

    /// Skips blank lines before a message, as FreeSWITCH itself does (`read_packet`).
    fn skip_blank_lines(&self, buffer: &mut BytesMut) {
        if self.lines.is_at_start() {
            let blank = buffer.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
            buffer.advance(blank);
        }
    }

    /// Removes a message from the buffer and parses it. `None` if the message is ignored.
    fn take_message(&mut self, head: EslMessageHead, buffer: &mut BytesMut) -> Option<EslMessage> {
        let Self { index, .. } = std::mem::take(self);
        let mut block = buffer.split_to(head.total_bytes()).freeze();
        let body = block.split_off(head.block_bytes);
        let headers = EslHeaders::new(block, index);
        Some(match head.content {
            EslContent::ChannelData => EslMessage::ChannelData(ChannelData::from(headers)),
            EslContent::Reply => EslMessage::Reply(EslReply::from_headers(&headers)),
            EslContent::ApiResponse => EslMessage::ApiResponse(LossyText::from(body)),
            EslContent::Event => EslMessage::Event(EslEvent::from_body(body)),
            EslContent::Disconnected => {
                EslMessage::Disconnected { lingering: is_lingering(&headers) }
            }
            EslContent::Ignored => return None,
        })
    }
}

impl EslMessageHead {
    fn parse(block: &[u8], index: &EslHeaderIndex) -> Result<Self, EslError> {
        let malformed = || EslError::Malformed {
            expected: "Event Socket message",
            evidence: Evidence::from_bytes(block),
        };
        let content = index.get(block, "Content-Type").ok_or_else(malformed)?;
        let body = match index.get(block, "Content-Length") {
            Some(length) => parse::content_length(length).ok_or_else(malformed)?,
            None => 0,
        };
        if body > MAX_BODY_BYTES {
            return Err(too_long(EslMessagePart::Body, MAX_BODY_BYTES, block));
        }
        Ok(Self {
            content: EslContent::new(content, index.get(block, "Event-Name").is_some()),
            block_bytes: block.len(),
            body_bytes: body,
        })
    }

    fn total_bytes(self) -> usize {
        self.block_bytes + self.body_bytes
    }
}

impl EslContent {
    /// The reply to `connect` has the headers of a reply and those of an event (`parse_command`).
    fn new(content_type: &[u8], has_event_name: bool) -> Self {
        match content_type {
            b"command/reply" if has_event_name => Self::ChannelData,
            b"command/reply" => Self::Reply,
            b"api/response" => Self::ApiResponse,
            b"text/event-plain" => Self::Event,
            b"text/disconnect-notice" => Self::Disconnected,
            _ => Self::Ignored,
        }
    }
}

impl EslReply {
    fn from_headers(headers: &EslHeaders) -> Self {
        let text = headers.raw_slice("Reply-Text").unwrap_or_default();
        Self { ok: text.starts_with(b"+OK"), text: LossyText::from(text) }
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

    /// An incomplete message is an error.
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

fn too_long(part: EslMessagePart, limit: usize, bytes: &[u8]) -> EslError {
    EslError::TooLong { part, limit, evidence: Evidence::from_bytes(bytes) }
}

/// Whether a disconnect notice has `Content-Disposition: linger` (`read_packet`), not `disconnect` (`send_disconnect`).
fn is_lingering(headers: &EslHeaders) -> bool {
    headers.raw("Content-Disposition") == Some(b"linger")
}
