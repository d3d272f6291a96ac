//! The wire of AGI: what real switches said, what a hostile one could say, and what we send.

mod caps;
mod commands;
mod conversations;
mod environment;
mod replies;
mod splits;
mod transcript;

use bytes::Bytes;
use dialscript::agi::codec::{Codec, Message};
use dialscript::agi::environment::Environment;
use dialscript::agi::reply::Reply;

use super::messages::{Decoded, error_of, hear};

/// Replies of a connection whose environment was read.
fn replies(bytes: impl AsRef<[u8]>) -> Decoded<Message> {
    hear(Codec::after_environment(), &[bytes.as_ref()])
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
