//! Any split, same messages.

use std::collections::BTreeSet;

use dialscript::esl::codec::{EslMessage, MAX_BODY_BYTES, MAX_HEADER_BYTES};
use proptest::prelude::*;

use super::{hear, transcript};
use crate::wire::messages::in_three;

/// Where to split a message and the one after it: everywhere in headers, in a body at the beginning of each line, one
/// before and one after it, and at every 61st byte.
fn splits(bytes: &[u8], head: usize, body: usize, length: usize) -> BTreeSet<usize> {
    let lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let near_a_line = lines.flat_map(|at| at..at + 3);
    let everywhere = (1..head.min(600)).chain(body..(body + 120).min(length));
    let some = (1..length).step_by(61);
    near_a_line.chain(everywhere).chain(some).filter(|&at| 0 < at && at < length).collect()
}

#[test]
fn every_message_of_every_conversation_decodes_the_same_when_split_in_two() {
    let mut count = 0;
    for transcript in transcript::all() {
        let bytes = transcript.switch();
        let frames = transcript::frames(&bytes);
        let mut start = 0;
        for (index, &(body, end)) in frames.iter().enumerate() {
            let after = frames.get(index + 1).map_or(bytes.len(), |&(_, end)| end);
            let pair = &bytes[start..after];
            let whole = hear(&[pair]);
            for at in splits(pair, body - start, end - start, pair.len()) {
                let split = hear(&[&pair[..at], &pair[at..]]);
                assert_eq!(split, whole, "{} at {}", transcript.name, start + at);
                count += 1;
            }
            start = end;
        }
    }
    assert!(count > 100_000, "only {count} splits");
}

#[test]
fn a_conversation_received_byte_by_byte_decodes_the_same() {
    for transcript in transcript::all() {
        let bytes = transcript.switch();
        let chunks: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(hear(&chunks), hear(&[&bytes]), "{}", transcript.name);
    }
}

proptest! {
    #[test]
    fn every_conversation_decodes_the_same_when_split_in_three(
        which in any::<prop::sample::Index>(),
        cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        let bytes = which.get(transcript::all()).switch();
        prop_assert_eq!(hear(&in_three(&bytes, cuts)), hear(&[&bytes]));
    }

    #[test]
    fn any_bytes_decode_the_same_when_split_in_three(
        bytes in looking_like_esl(),
        cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        prop_assert_eq!(hear(&in_three(&bytes, cuts)), hear(&[&bytes]));
    }

    #[test]
    fn no_bytes_cause_a_panic_or_exceed_the_limits(bytes in looking_like_esl()) {
        for message in hear(&[&bytes]).messages {
            prop_assert!(size(&message) <= MAX_HEADER_BYTES + MAX_BODY_BYTES);
        }
    }
}

/// Pieces of messages and of anything, in any order.
fn looking_like_esl() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "Content-Type: command/reply\n",
        "Content-Type: api/response\n",
        "Content-Type: text/event-plain\r\n",
        "Content-Type: text/event-json\n",
        "Content-Type: text/disconnect-notice\n",
        "Content-Disposition: linger\n",
        "Content-Length: 0\n",
        "Content-Length: 7\n",
        "content-length: 40\n",
        "Content-Length: 99999999999999999999\n",
        "Content-Length: -1\n",
        "Reply-Text: +OK\n",
        "Event-Name: CHANNEL_DATA\n",
        "Event-Name: DTMF\nDTMF-Digit: %31\n",
        "Unique-ID: ",
        "%",
        ":",
        "\n",
        "\n\n",
        "\r\n\r\n",
    ]);
    let piece = prop_oneof![
        12 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..100_000usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn size(message: &EslMessage) -> usize {
    match message {
        EslMessage::ChannelData(data) => {
            data.caller();
            data.headers().variables("").map(|(name, value)| name.len() + value.len()).sum()
        }
        EslMessage::Reply(reply) => reply.text.as_bytes().len(),
        EslMessage::ApiResponse(body) => body.as_bytes().len(),
        EslMessage::Event(event) => {
            event.digit();
            event.digit_duration();
            event.name().len() + event.body().as_bytes().len()
        }
        EslMessage::Disconnected { .. } => 0,
    }
}
