//! Any bytes of a switch, in any pieces, are the same messages as in one piece, and none is over its cap.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none esl`. The input's first sixteen bytes choose how long the pieces
//! are, over and over.
#![no_main]

use bytes::BytesMut;
use dialscript::esl::codec::{BODY_BYTES, Codec, HEADER_BYTES, Message};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;

fuzz_target!(|input: &[u8]| {
    let Some((lengths, bytes)) = input.split_first_chunk::<16>() else { return };
    let whole = hear(std::iter::once(bytes));
    assert_eq!(hear(pieces(bytes, lengths)), whole);
    whole.0.iter().for_each(look_at);
});

type Heard = (Vec<Message>, Option<String>);

fn hear<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Heard {
    let (mut codec, mut buffer) = (Codec::default(), BytesMut::new());
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
        Message::Connected(data) => {
            data.caller();
            data.script_name();
            data.arguments().for_each(drop);
        }
        Message::Reply(reply) => assert!(reply.text.as_bytes().len() <= HEADER_BYTES),
        Message::ApiResponse(body) => assert!(body.as_bytes().len() <= BODY_BYTES),
        Message::Event(event) => {
            event.digit();
            event.digit_duration();
            event.application_uuid();
            event.headers().variables().for_each(drop);
            assert!(event.body().as_bytes().len() <= BODY_BYTES);
        }
        Message::Disconnected { .. } => {}
    }
}
