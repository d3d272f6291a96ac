//! The wire of FreeSWITCH's event socket: what a real switch said, what a hostile one could say, and what we send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "esl/caps.rs"]
mod caps;
#[path = "esl/channel_data.rs"]
mod channel_data;
#[path = "esl/commands.rs"]
mod commands;
#[path = "esl/conversations.rs"]
mod conversations;
#[path = "esl/events.rs"]
mod events;
#[path = "esl/executions.rs"]
mod executions;
#[path = "esl/replies.rs"]
mod replies;
#[path = "esl/splits.rs"]
mod splits;
#[path = "esl/switch.rs"]
mod switch;
#[path = "esl/transcript.rs"]
mod transcript;
#[path = "esl/variables.rs"]
mod variables;

use bytes::{Bytes, BytesMut};
use dialscript::esl::channel_data::ChannelData;
use dialscript::esl::codec::{EslCodec, EslMessage};
use dialscript::esl::error::EslError;
use dialscript::esl::event::EslEvent;
use tokio_util::codec::Decoder;

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
struct Heard {
    messages: Vec<EslMessage>,
    error: Option<String>,
}

fn hear(chunks: &[&[u8]]) -> Heard {
    let (mut codec, mut buffer) = (EslCodec::default(), BytesMut::new());
    let mut messages = Vec::new();
    let mut drain = |codec: &mut EslCodec, buffer: &mut BytesMut, end: bool| {
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
fn messages(bytes: impl AsRef<[u8]>) -> Vec<EslMessage> {
    let heard = hear(&[bytes.as_ref()]);
    assert_eq!(heard.error, None);
    heard.messages
}

fn error_of(bytes: impl AsRef<[u8]>) -> EslError {
    let mut buffer = BytesMut::from(bytes.as_ref());
    let mut codec = EslCodec::default();
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

fn event(text: &str) -> EslEvent {
    EslEvent::from_body(&Bytes::copy_from_slice(text.as_bytes()))
}

fn channel_data(lines: impl AsRef<[u8]>) -> ChannelData {
    ChannelData::from_block(Bytes::copy_from_slice(lines.as_ref()))
}
