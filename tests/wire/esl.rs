//! The Event Socket protocol: input from real and hostile switches, and the commands that the daemon sends.

mod caps;
mod channel_data;
mod commands;
mod conversations;
mod events;
mod executions;
mod headers;
mod replies;
mod splits;
mod switch;
pub(super) mod transcript;
mod variables;

use bytes::Bytes;
use dialscript::esl::channel_data::ChannelData;
use dialscript::esl::codec::{EslCodec, EslMessage};
use dialscript::esl::error::EslError;
use dialscript::esl::event::EslEvent;

use super::messages::{self, Decoded};

fn hear(chunks: &[&[u8]]) -> Decoded<EslMessage> {
    messages::hear(EslCodec::default(), chunks)
}

/// The messages of a stream without an error.
fn messages(bytes: impl AsRef<[u8]>) -> Vec<EslMessage> {
    let heard = hear(&[bytes.as_ref()]);
    assert_eq!(heard.error, None);
    heard.messages
}

fn error_of(bytes: impl AsRef<[u8]>) -> EslError {
    messages::error_of(EslCodec::default(), bytes.as_ref())
}

/// An event as it comes, framed.
fn framed(event: &str) -> String {
    format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{event}", event.len())
}

fn event(text: &str) -> EslEvent {
    EslEvent::from_body(Bytes::copy_from_slice(text.as_bytes()))
}

fn channel_data(lines: impl AsRef<[u8]>) -> ChannelData {
    ChannelData::from_block(Bytes::copy_from_slice(lines.as_ref()))
}
