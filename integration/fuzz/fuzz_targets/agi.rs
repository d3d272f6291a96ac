//! Any bytes from Asterisk decode to the same messages whether they arrive at once or in pieces, and no message
//! exceeds its limit.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none agi`. The first byte of the input selects the state of the
//! connection, the next sixteen the lengths of the pieces.
#![no_main]

mod splits;

use dialscript::agi::codec::{AgiCodec, AgiMessage, MAX_BLOCK_BYTES};
use dialscript::agi::reply::AgiReply;
use libfuzzer_sys::fuzz_target;
use splits::{decode, pieces};

fuzz_target!(|input: &[u8]| {
    let Some(([phase, lengths @ ..], bytes)) = input.split_first_chunk::<17>() else { return };
    let codec = if phase % 2 == 0 { AgiCodec::default() } else { AgiCodec::after_environment() };
    let whole = decode(codec.clone(), std::iter::once(bytes));
    assert_eq!(decode(codec, pieces(bytes, lengths)), whole);
    whole.0.iter().for_each(check);
});

fn check(message: &AgiMessage) {
    match message {
        AgiMessage::Environment(environment) => {
            environment.caller();
            environment.script_request();
            environment.arguments().for_each(drop);
        }
        AgiMessage::Hangup => {}
        AgiMessage::Reply(reply) => {
            reply.key();
            let note = reply.note().map_or(0, |note| note.decode().chars().count());
            assert!(note <= MAX_BLOCK_BYTES);
            if let AgiReply::Usage(text) = reply {
                assert!(text.as_bytes().len() <= MAX_BLOCK_BYTES);
            }
        }
    }
}
