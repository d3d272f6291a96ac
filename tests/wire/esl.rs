//! The wire of FreeSWITCH's event socket: what a real switch said, what a hostile one could say, and what we send.

mod caps;
mod channel_data;
mod commands;
mod conversations;
mod events;
mod executions;
mod replies;
mod splits;
mod switch;
pub(super) mod transcript;
mod variables;

use bytes::{Bytes, BytesMut};
use dialscript::esl::channel_data::ChannelData;
use dialscript::esl::codec::{Codec, Message};
use dialscript::esl::error::WireError;
use dialscript::esl::event::Event;
use tokio_util::codec::Decoder;

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
struct Heard {
    messages: Vec<Message>,
    error: Option<String>,
}

fn hear(chunks: &[&[u8]]) -> Heard {
    let (mut codec, mut buffer) = (Codec::default(), BytesMut::new());
    let mut messages = Vec::new();
    let mut drain = |codec: &mut Codec, buffer: &mut BytesMut, end: bool| {
        loop {
            match if end { codec.decode_eof(buffer) } else { codec.decode(buffer) } {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return None,
                Err(error) => return Some(error.to_string()),
            }
        }
    };
    let mut feed = |chunk: &[u8], end| {
        buffer.extend_from_slice(chunk);
        drain(&mut codec, &mut buffer, end)
    };
    let error = chunks.iter().find_map(|chunk| feed(chunk, false)).or_else(|| feed(b"", true));
    Heard { messages, error }
}

/// The messages of a stream without a fault.
fn messages(bytes: impl AsRef<[u8]>) -> Vec<Message> {
    let heard = hear(&[bytes.as_ref()]);
    assert_eq!(heard.error, None);
    heard.messages
}

fn error_of(bytes: impl AsRef<[u8]>) -> WireError {
    let mut buffer = BytesMut::from(bytes.as_ref());
    let mut codec = Codec::default();
    loop {
        match codec.decode_eof(&mut buffer) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error in {}", bytes.as_ref().escape_ascii()),
            Err(error) => return error,
        }
    }
}

/// An event as it comes, framed.
fn framed(event: &str) -> String {
    format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{event}", event.len())
}

fn event(text: &str) -> Event {
    Event::from_body(&Bytes::copy_from_slice(text.as_bytes()))
}

fn channel_data(lines: impl AsRef<[u8]>) -> ChannelData {
    ChannelData::from_block(Bytes::copy_from_slice(lines.as_ref()))
}
