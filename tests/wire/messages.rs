//! Decoding of bytes by a codec.

use std::fmt::Display;

use bytes::BytesMut;
use tokio_util::codec::Decoder;

/// Messages up to the end or the first error.
#[derive(Debug, PartialEq)]
pub(super) struct Decoded<M> {
    pub(super) messages: Vec<M>,
    pub(super) error: Option<String>,
}

/// Decodes a stream that arrives in these chunks.
pub(super) fn hear<C>(mut codec: C, chunks: &[&[u8]]) -> Decoded<C::Item>
where
    C: Decoder<Error: Display>,
{
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    let mut drain = |codec: &mut C, buffer: &mut BytesMut, end: bool| {
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
    Decoded { messages, error }
}

/// The first error in a whole stream, which must have one.
pub(super) fn error_of<C>(mut codec: C, bytes: &[u8]) -> C::Error
where
    C: Decoder,
{
    let mut buffer = BytesMut::from(bytes);
    loop {
        match codec.decode_eof(&mut buffer) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error in {}", bytes.escape_ascii()),
            Err(error) => return error,
        }
    }
}

/// Three chunks, cut at two places.
pub(super) fn in_three(bytes: &[u8], cuts: [proptest::sample::Index; 2]) -> [&[u8]; 3] {
    let mut at = cuts.map(|cut| cut.index(bytes.len() + 1));
    at.sort_unstable();
    [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..]]
}
