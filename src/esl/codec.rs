//! Bytes from FreeSWITCH to messages, and commands to bytes.
//!
//! A frame is found before it is parsed: header lines up to a blank one, then as many bytes as `Content-Length` says.
//! The scan for newlines goes on where it stopped and never looks into a body, so a message that comes byte by byte
//! costs no more than one that comes whole.

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use super::channel_data::ChannelData;
use super::command::Command;
use super::error::{Evidence, Part, WireError};
use super::event::Event;
use super::parse;
use super::text::{self, Text};

/// Most bytes of a block of headers. The reply to `connect` is one: 4 to 8 kB, and all that variables of the channel
/// add to it, of which each byte may take three.
pub const HEADER_BYTES: usize = 256 * 1024;
/// Most bytes of a body. An event was seen with 46 kB when one variable was of 20 kB.
pub const BODY_BYTES: usize = 1024 * 1024;

/// One thing that FreeSWITCH said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The reply to `connect`: who calls whom.
    Connected(ChannelData),
    /// The answer to the oldest command without one.
    Reply(CommandReply),
    /// The same to `api`: what the function wrote. A function that wrote nothing says `-ERR no reply` (`api_exec`).
    ApiResponse(Text),
    /// Comes at any time, also between a command and its reply.
    Event(Event),
    /// `text/disconnect-notice`: the channel is gone.
    Disconnected {
        /// Whether FreeSWITCH goes on to listen to us (`linger`). Otherwise it closes now.
        lingering: bool,
    },
}

/// The answer to a command. Which one it belongs to is known only by order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandReply {
    /// Whether the command was taken: `+OK`. That is all it says of a `sendmsg` to a channel in async mode.
    pub ok: bool,
    /// `Reply-Text`, not encoded and cut at 511 bytes (`listener_run`).
    pub text: Text,
}

/// The codec of one connection.
///
/// After an error nothing that it yields can be trusted to answer what was asked.
#[derive(Debug, Clone, Default)]
pub struct Codec {
    /// Where the search for the next newline goes on.
    scanned: usize,
    /// Where the line begins that `scanned` is in.
    line: usize,
    /// The headers, once they are whole.
    head: Option<Head>,
}

/// What a block of headers says of its message.
#[derive(Debug, Clone, Copy)]
struct Head {
    content: Content,
    /// Bytes of the block with its blank line.
    block: usize,
    /// Bytes of the body.
    body: usize,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    ChannelData,
    Reply,
    ApiResponse,
    Event,
    Disconnected,
    /// What nobody asked for: other formats of events, lines of the log.
    Ignored,
}

impl Codec {
    /// Reads the headers, if they are whole.
    fn head(&mut self, buffer: &mut BytesMut) -> Result<Option<Head>, WireError> {
        if self.head.is_none() && self.ends_block(buffer)? {
            self.head = Some(Head::of(&buffer[..self.scanned])?);
        }
        Ok(self.head)
    }

    /// Looks for the blank line.
    fn ends_block(&mut self, buffer: &mut BytesMut) -> Result<bool, WireError> {
        self.skip_blank_lines(buffer);
        while let Some(at) = buffer[self.scanned..].iter().position(|&byte| byte == b'\n') {
            let line = &buffer[self.line..self.scanned + at];
            let is_blank = matches!(line, b"" | b"\r");
            self.scanned += at + 1;
            self.line = self.scanned;
            if self.scanned > HEADER_BYTES {
                return Err(too_long(Part::Headers, HEADER_BYTES, buffer));
            }
            if is_blank {
                return Ok(true);
            }
        }
        self.scanned = buffer.len();
        let within = self.scanned < HEADER_BYTES;
        within.then_some(false).ok_or_else(|| too_long(Part::Headers, HEADER_BYTES, buffer))
    }

    /// Blank lines before a message mean nothing, as they mean nothing to FreeSWITCH (`read_packet`).
    fn skip_blank_lines(&self, buffer: &mut BytesMut) {
        if self.scanned == 0 {
            let blank = buffer.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
            buffer.advance(blank);
        }
    }

    /// Takes a whole message off the buffer. `None` is one that is ignored.
    fn message(&mut self, head: Head, buffer: &mut BytesMut) -> Option<Message> {
        *self = Self::default();
        let mut block = buffer.split_to(head.block + head.body).freeze();
        let body = block.split_off(head.block);
        match head.content {
            Content::ChannelData => Some(Message::Connected(ChannelData::from_block(block))),
            Content::Reply => Some(Message::Reply(CommandReply::of(&block))),
            Content::ApiResponse => Some(Message::ApiResponse(Text::from(body))),
            Content::Event => Some(Message::Event(Event::from_body(&body))),
            Content::Disconnected => Some(Message::Disconnected { lingering: lingers(&block) }),
            Content::Ignored => None,
        }
    }
}

impl Head {
    fn of(block: &[u8]) -> Result<Self, WireError> {
        let not_understood = || WireError::NotUnderstood(Evidence::of(block));
        let content = parse::find(block, b"Content-Type").ok_or_else(not_understood)?;
        let body = match parse::find(block, b"Content-Length") {
            Some(length) => parse::length(length).ok_or_else(not_understood)?,
            None => 0,
        };
        if body > BODY_BYTES {
            return Err(too_long(Part::Body, BODY_BYTES, block));
        }
        Ok(Self { content: Content::of(content, block), block: block.len(), body })
    }

    fn bytes(self) -> usize {
        self.block + self.body
    }
}

impl Content {
    /// The reply to `connect` is an event and a reply in one (`parse_command`).
    fn of(content_type: &[u8], block: &[u8]) -> Self {
        match content_type {
            b"command/reply" if parse::find(block, b"Event-Name").is_some() => Self::ChannelData,
            b"command/reply" => Self::Reply,
            b"api/response" => Self::ApiResponse,
            b"text/event-plain" => Self::Event,
            b"text/disconnect-notice" => Self::Disconnected,
            _ => Self::Ignored,
        }
    }
}

impl CommandReply {
    fn of(block: &Bytes) -> Self {
        let text = parse::find(block, b"Reply-Text").unwrap_or_default();
        Self { ok: text.starts_with(b"+OK"), text: Text::from(block.slice_ref(text)) }
    }
}

impl Decoder for Codec {
    type Item = Message;
    type Error = WireError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, WireError> {
        while let Some(head) = self.head(buffer)? {
            if buffer.len() < head.bytes() {
                buffer.reserve(head.bytes() - buffer.len());
                return Ok(None);
            }
            if let Some(message) = self.message(head, buffer) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Bytes of a message that is not whole are an error.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, WireError> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => {
                let part = if self.head.is_some() { Part::Body } else { Part::Headers };
                Err(WireError::CutOff { part, evidence: Evidence::of(buffer) })
            }
            message => Ok(message),
        }
    }
}

/// A command goes out in one piece: FreeSWITCH spins while it waits for a body (`read_packet`).
impl Encoder<&Command> for Codec {
    type Error = WireError;

    fn encode(&mut self, command: &Command, buffer: &mut BytesMut) -> Result<(), WireError> {
        buffer.extend_from_slice(command.as_bytes());
        Ok(())
    }
}

fn too_long(part: Part, limit: usize, bytes: &[u8]) -> WireError {
    WireError::TooLong { part, limit, evidence: Evidence::of(bytes) }
}

/// `Content-Disposition: linger` (`read_packet`), or `disconnect` (`send_disconnect`).
fn lingers(block: &[u8]) -> bool {
    let disposition = parse::find(block, b"Content-Disposition");
    disposition.is_some_and(|disposition| text::decode(disposition) == "linger")
}
