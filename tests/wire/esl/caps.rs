//! Caps, and connections that end early.

use std::time::Instant;

use bytes::BytesMut;
use dialscript::esl::codec::{EslCodec, MAX_BODY_BYTES, MAX_HEADER_BYTES};
use dialscript::esl::error::{EslError, EslMessagePart};
use dialscript::wire::WireErrorOrigin;
use tokio_util::codec::Decoder;

use super::{error_of, framed, hear, messages};

#[test]
fn a_header_block_longer_than_its_limit_is_refused() {
    let block = |length: usize| {
        let (first, last) = ("Content-Type: command/reply\nReply-Text: +OK\nx: ", "\n\n");
        format!("{first}{}{last}", "x".repeat(length - first.len() - last.len()))
    };
    assert_eq!(messages(block(MAX_HEADER_BYTES)).len(), 1);
    let error = error_of(block(MAX_HEADER_BYTES + 1));
    assert!(matches!(error, EslError::TooLong { part: EslMessagePart::Headers, .. }), "{error}");
    let mut endless = BytesMut::from(&vec![b'x'; MAX_HEADER_BYTES][..]);
    EslCodec::default().decode(&mut endless).unwrap_err();
}

#[test]
fn a_body_longer_than_its_limit_is_refused() {
    assert_eq!(messages(framed(&"x".repeat(MAX_BODY_BYTES))).len(), 1);
    for length in [(MAX_BODY_BYTES + 1).to_string(), usize::MAX.to_string()] {
        let head = format!("Content-Type: text/event-plain\nContent-Length: {length}\n\n");
        let error = error_of(head);
        assert!(matches!(error, EslError::TooLong { part: EslMessagePart::Body, .. }), "{error}");
        assert_eq!(error.origin(), WireErrorOrigin::Switch);
    }
}

#[test]
fn ignored_messages_have_the_same_limits() {
    let log = format!("Content-Type: log/data\nContent-Length: {}\n\n", MAX_BODY_BYTES + 1);
    assert!(matches!(error_of(log), EslError::TooLong { part: EslMessagePart::Body, .. }));
}

#[test]
fn a_connection_that_ends_inside_a_message_is_a_protocol_error() {
    for (bytes, part) in [
        ("Content-Type: command/reply\n", "a header block"),
        ("Content-Type: command/reply", "a header block"),
        ("Content-Type: api/response\nContent-Length: 2\n\nx", "a body"),
    ] {
        let error = error_of(bytes);
        assert_eq!(error.origin(), WireErrorOrigin::Connection);
        assert!(error.to_string().contains(&format!("in the middle of {part}")), "{error}");
    }
}

#[test]
fn a_connection_that_ends_between_messages_is_no_error() {
    for bytes in ["", "\n", "\r\n\n", "Content-Type: command/reply\nReply-Text: +OK\n\n"] {
        assert_eq!(hear(&[bytes.as_bytes()]).error, None, "{bytes:?}");
    }
}

#[test]
fn the_bytes_shown_in_an_error_are_escaped_and_truncated() {
    let text = error_of([b"\x1b[31m\xff".repeat(99), b"\n\n".to_vec()].concat()).to_string();
    assert!(text.contains(r"\x1b[99m\xff") && text.ends_with("…\""), "{text}");
    assert!(text.len() < 200 * 4 + 100, "{}", text.len());
}

#[test]
fn a_long_block_that_comes_byte_by_byte_is_not_scanned_again_for_each_byte() {
    let line = "variable_x: 0123456789012345678901234567890123456789\n";
    let block = format!("Content-Type: command/reply\n{}\n", line.repeat(4_000));
    let chunks: Vec<&[u8]> = block.as_bytes().chunks(1).collect();
    let begun = Instant::now();
    assert_eq!(hear(&chunks).messages.len(), 1);
    // Scanning the whole block again for each byte would take 2 * 10^10 steps.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}
