//! Any bytes of a switch, in any pieces, are the same messages as in one piece, and none is over its cap.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none agi`. The input's first byte chooses where the connection is,
//! the next sixteen how long the pieces are, over and over.
#![no_main]

use bytes::BytesMut;
use dialscript::agi::codec::{BLOCK_BYTES, Codec, Message};
use dialscript::agi::reply::Reply;
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;

fuzz_target!(|input: &[u8]| {
    let Some(([phase, lengths @ ..], bytes)) = input.split_first_chunk::<17>() else { return };
    let codec = if phase % 2 == 0 { Codec::default() } else { Codec::after_environment() };
    let whole = hear(codec.clone(), std::iter::once(bytes));
    assert_eq!(hear(codec, pieces(bytes, lengths)), whole);
    whole.0.iter().for_each(look_at);
});

type Heard = (Vec<Message>, Option<String>);

fn hear<'a>(mut codec: Codec, pieces: impl Iterator<Item = &'a [u8]>) -> Heard {
    let mut buffer = BytesMut::new();
    let mut heard = (Vec::new(), None);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if drain(&mut heard, || codec.decode(&mut buffer)) {
            return heard;
        }
    }
    drain(&mut heard, || codec.decode_eof(&mut buffer));
    heard
}

/// Takes all messages that there are, and tells whether an error ended them.
fn drain<E: ToString>(
    heard: &mut Heard,
    mut next: impl FnMut() -> Result<Option<Message>, E>,
) -> bool {
    loop {
        match next() {
            Ok(Some(message)) => heard.0.push(message),
            Ok(None) => return false,
            Err(error) => {
                heard.1 = Some(error.to_string());
                return true;
            }
        }
    }
}

fn pieces<'a>(mut bytes: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    lengths.iter().cycle().map_while(move |&length| {
        let (piece, rest) = bytes.split_at(bytes.len().min(usize::from(length) + 1));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn look_at(message: &Message) {
    match message {
        Message::Environment(environment) => {
            environment.caller();
            environment.script();
            environment.arguments().for_each(drop);
        }
        Message::Hangup => {}
        Message::Reply(reply) => {
            reply.key();
            let note = reply.note().map_or(0, |note| note.decode().chars().count());
            assert!(note <= BLOCK_BYTES);
            if let Reply::Usage(text) = reply {
                assert!(text.as_bytes().len() <= BLOCK_BYTES);
            }
        }
    }
}
