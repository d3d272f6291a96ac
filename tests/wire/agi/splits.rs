//! Any split, same messages.

use bytes::BytesMut;
use dialscript::agi::codec::{AgiCodec, AgiMessage, MAX_BLOCK_BYTES};
use dialscript::agi::reply::AgiReply;
use proptest::prelude::*;
use tokio_util::codec::Decoder;

use super::{hear, transcript};
use crate::wire::messages::in_three;

/// The ends of the messages in a stream.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut codec = AgiCodec::default();
    let mut buffer = BytesMut::from(bytes);
    let mut ends = Vec::new();
    while let Ok(Some(_)) = codec.decode(&mut buffer) {
        ends.push(bytes.len() - buffer.len());
    }
    ends
}

/// Where to split a message of that length: everywhere, but a value of kilobytes of one letter at every 61st byte.
fn splits(length: usize) -> impl Iterator<Item = usize> {
    let near_an_end = move |at: usize| at < 700 || length - at < 64;
    (1..length).filter(move |&at| near_an_end(at) || at % 61 == 0)
}

#[test]
fn every_message_of_every_conversation_decodes_the_same_when_split_in_two() {
    let mut count = 0;
    for transcript in transcript::all() {
        let bytes = &transcript.asterisk;
        let ends = ends(bytes);
        for (index, &end) in ends.iter().enumerate() {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            let after = ends.get(index + 1).copied().unwrap_or(bytes.len());
            let codec =
                || if index == 0 { AgiCodec::default() } else { AgiCodec::after_environment() };
            let whole = hear(codec(), &[&bytes[start..after]]);
            for at in splits(end - start).map(|at| start + at) {
                let split = hear(codec(), &[&bytes[start..at], &bytes[at..after]]);
                assert_eq!(split, whole, "{} at {at}", transcript.name);
                count += 1;
            }
        }
    }
    assert!(count > 80_000, "only {count} splits");
}

#[test]
fn a_conversation_received_byte_by_byte_decodes_the_same() {
    for transcript in transcript::all() {
        let bytes: Vec<&[u8]> = transcript.asterisk.chunks(1).collect();
        let whole = hear(AgiCodec::default(), &[&transcript.asterisk]);
        assert_eq!(hear(AgiCodec::default(), &bytes), whole, "{}", transcript.name);
    }
}

#[test]
fn a_recognition_result_decodes_the_same_when_split_in_two() {
    let bytes = b"200 result=1 (speech) endpos=0 results=2 score0=40 text0=\"for\" grammar0=digits \
        score1=90 text1=\"four (seven) \"\" grammar1=digits\n200 result=1 (digit) digit=4 endpos=0\nHANGUP\n\
        200 result=-1 (hangup) endpos=16000\n200 result=-1 (writefile)\n";
    let whole = hear(AgiCodec::after_environment(), &[bytes]);
    assert_eq!((whole.messages.len(), &whole.error), (5, &None));
    for at in 1..bytes.len() {
        let split = hear(AgiCodec::after_environment(), &[&bytes[..at], &bytes[at..]]);
        assert_eq!(split, whole, "at {at}");
    }
}

proptest! {
    #[test]
    fn every_conversation_decodes_the_same_when_split_in_three(
        which in any::<prop::sample::Index>(),
        cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        let all = transcript::all();
        let bytes = &which.get(all).asterisk;
        prop_assert_eq!(
            hear(AgiCodec::default(), &in_three(bytes, cuts)),
            hear(AgiCodec::default(), &[bytes])
        );
    }

    #[test]
    fn any_bytes_decode_the_same_when_split_in_three(
        bytes in looking_like_agi(),
        cuts in any::<[prop::sample::Index; 2]>(),
        fresh in any::<bool>(),
    ) {
        let codec = || if fresh { AgiCodec::default() } else { AgiCodec::after_environment() };
        prop_assert_eq!(hear(codec(), &in_three(&bytes, cuts)), hear(codec(), &[&bytes]));
    }

    #[test]
    fn no_bytes_cause_a_panic_or_exceed_the_limits(bytes in looking_like_agi()) {
        for codec in [AgiCodec::default(), AgiCodec::after_environment()] {
            for message in hear(codec, &[&bytes]).messages {
                prop_assert!(size(&message) <= MAX_BLOCK_BYTES);
            }
        }
    }
}

/// Pieces of AGI and of anything, in any order.
fn looking_like_agi() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "200 result=",
        "1",
        "-1",
        " (",
        ")",
        " endpos=",
        "18446744073709551616",
        "\n",
        "\n\n",
        "520-",
        "520 ",
        "520 End of proper usage.",
        "510",
        "511 ",
        "HANGUP",
        "200 result=1 (speech) endpos=0 results=1 ",
        "score0=1 text0=\"",
        "\" grammar0=g",
        "200 result=1 (digit) digit=",
        "agi_",
        "agi_callerid: ",
        ": ",
    ]);
    let piece = prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..40_000usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn size(message: &AgiMessage) -> usize {
    match message {
        AgiMessage::Environment(_)
        | AgiMessage::Hangup
        | AgiMessage::Reply(AgiReply::Dead | AgiReply::Unknown | AgiReply::Digit(_)) => 0,
        AgiMessage::Reply(AgiReply::Usage(text) | AgiReply::Speech(text)) => text.as_bytes().len(),
        AgiMessage::Reply(AgiReply::Success { result, note, .. }) => {
            result.as_bytes().len() + note.as_ref().map_or(0, |note| note.as_bytes().len())
        }
    }
}
