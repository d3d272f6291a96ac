//! Any bytes from FreeSWITCH decode to the same messages whether they arrive at once or in pieces, and no message
//! exceeds its limit.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none esl`. The first sixteen bytes of the input select the lengths of
//! the pieces.
#![no_main]

mod splits;

use dialscript::esl::codec::{EslCodec, EslMessage, MAX_BODY_BYTES, MAX_HEADER_BYTES};
use libfuzzer_sys::fuzz_target;
use splits::{decode, pieces};

fuzz_target!(|input: &[u8]| {
    let Some((lengths, bytes)) = input.split_first_chunk::<16>() else { return };
    let whole = decode(EslCodec::default(), std::iter::once(bytes));
    assert_eq!(decode(EslCodec::default(), pieces(bytes, lengths)), whole);
    whole.0.iter().for_each(check);
});

fn check(message: &EslMessage) {
    match message {
        EslMessage::ChannelData(data) => {
            data.caller();
            data.script_name();
            data.arguments().for_each(drop);
        }
        EslMessage::Reply(reply) => assert!(reply.text.as_bytes().len() <= MAX_HEADER_BYTES),
        EslMessage::ApiResponse(body) => assert!(body.as_bytes().len() <= MAX_BODY_BYTES),
        EslMessage::Event(event) => {
            event.digit();
            event.digit_duration();
            event.application_uuid();
            event.headers().variables("").for_each(drop);
            assert!(event.body().as_bytes().len() <= MAX_BODY_BYTES);
        }
        EslMessage::Disconnected { .. } => {}
    }
}
