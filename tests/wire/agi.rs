//! The wire of AGI: what real switches said, what a hostile one could say, and what we send.

mod caps;
mod commands;
mod conversations;
mod environment;
mod replies;
mod splits;
mod transcript;

use bytes::{Bytes, BytesMut};
use dialscript::agi::codec::{Codec, Message};
use dialscript::agi::environment::Environment;
use dialscript::agi::error::WireError;
use dialscript::agi::reply::Reply;
use tokio_util::codec::Decoder;

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
struct Heard {
    messages: Vec<Message>,
    error: Option<String>,
}

fn hear(mut codec: Codec, chunks: &[&[u8]]) -> Heard {
    let mut buffer = BytesMut::new();
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

/// Replies of a connection whose environment was read.
fn replies(bytes: impl AsRef<[u8]>) -> Heard {
    hear(Codec::after_environment(), &[bytes.as_ref()])
}

fn error_of(codec: Codec, bytes: &[u8]) -> WireError {
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

fn reply(line: &str) -> Reply {
    let heard = replies(format!("{line}\n"));
    assert_eq!(heard.error, None, "{line}");
    match &heard.messages[..] {
        [Message::Reply(reply)] => reply.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

fn environment(lines: impl AsRef<[u8]>) -> Environment {
    Environment::from_frame(&Bytes::copy_from_slice(lines.as_ref()))
}
