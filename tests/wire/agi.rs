//! The AGI protocol: input from real and hostile switches, and the commands that the daemon sends.

mod caps;
mod commands;
mod conversations;
mod environment;
mod replies;
mod splits;
mod transcript;

use bytes::Bytes;
use dialscript::agi::codec::{AgiCodec, AgiMessage};
use dialscript::agi::environment::AgiEnvironment;
use dialscript::agi::reply::AgiReply;

use super::messages::{Decoded, error_of, hear};

/// Replies of a connection whose environment was read.
fn replies(bytes: impl AsRef<[u8]>) -> Decoded<AgiMessage> {
    hear(AgiCodec::after_environment(), &[bytes.as_ref()])
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
