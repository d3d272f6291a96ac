//! The wire of AGI: what real switches said, what a hostile one could say, and what we send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "agi/caps.rs"]
mod caps;
#[path = "agi/commands.rs"]
mod commands;
#[path = "agi/conversations.rs"]
mod conversations;
#[path = "agi/environment.rs"]
mod environment;
#[path = "agi/replies.rs"]
mod replies;
#[path = "agi/splits.rs"]
mod splits;
#[path = "agi/transcript.rs"]
mod transcript;

use bytes::{Bytes, BytesMut};
use dialscript::agi::codec::{AgiCodec, AgiMessage};
use dialscript::agi::environment::AgiEnvironment;
use dialscript::agi::error::AgiError;
use dialscript::agi::reply::AgiReply;
use tokio_util::codec::Decoder;

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
struct Heard {
    messages: Vec<AgiMessage>,
    error: Option<String>,
}

fn hear(mut codec: AgiCodec, chunks: &[&[u8]]) -> Heard {
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    let mut drain = |codec: &mut AgiCodec, buffer: &mut BytesMut, end: bool| {
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

/// Replies of a connection whose environment was read.
fn replies(bytes: impl AsRef<[u8]>) -> Heard {
    hear(AgiCodec::after_environment(), &[bytes.as_ref()])
}

fn error_of(codec: AgiCodec, bytes: &[u8]) -> AgiError {
    let mut codec = codec;
    let mut buffer = BytesMut::from(bytes);
    loop {
        match codec.decode_eof(&mut buffer) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error in {}", bytes.escape_ascii()),
            Err(error) => return error,
        }
    }
}

fn reply(line: &str) -> AgiReply {
    let heard = replies(format!("{line}\n"));
    assert_eq!(heard.error, None, "{line}");
    match &heard.messages[..] {
        [AgiMessage::Reply(reply)] => reply.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

fn environment(lines: impl AsRef<[u8]>) -> AgiEnvironment {
    AgiEnvironment::from_frame(&Bytes::copy_from_slice(lines.as_ref()))
}
