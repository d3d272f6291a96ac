//! Caps, and connections that end early.

use bytes::BytesMut;
use dialscript::agi::codec::{
    AgiCodec, MAX_BLOCK_BYTES, MAX_BLOCK_LINES, MAX_ENVIRONMENT_BYTES, MAX_ENVIRONMENT_LINES,
    MAX_LINE_BYTES,
};
use dialscript::agi::error::AgiError;
use dialscript::wire::WireErrorOrigin;
use tokio_util::codec::Decoder;

use super::{Decoded, error_of, hear, replies};

#[test]
fn a_line_longer_than_its_limit_is_refused() {
    let line = |length: usize| format!("200 result={}\n", "1".repeat(length - 12));
    assert_eq!(replies(line(MAX_LINE_BYTES)).messages.len(), 1);
    let error = error_of(AgiCodec::after_environment(), line(MAX_LINE_BYTES + 1).as_bytes());
    assert!(matches!(error, AgiError::TooLong { limit: MAX_LINE_BYTES, .. }), "{error}");
    let endless = vec![b'x'; MAX_LINE_BYTES];
    let mut codec = AgiCodec::after_environment();
    codec.decode(&mut BytesMut::from(&endless[..])).unwrap_err();
}

#[test]
fn a_usage_block_over_its_limits_is_refused() {
    for (first, last) in [("520-\n", "520 End of proper usage.\n"), ("200 result=1 (\n", ")\n")] {
        let padding = MAX_BLOCK_BYTES - first.len() - last.len();
        let long = |extra| format!("{first}{}\n{last}", "x".repeat(padding - 1 + extra));
        assert_eq!(replies(long(0)).messages.len(), 1);
        let error = error_of(AgiCodec::after_environment(), long(1).as_bytes());
        assert!(matches!(error, AgiError::TooLong { limit: MAX_BLOCK_BYTES, .. }), "{error}");
        let tall = |lines| format!("{first}{}{last}", "\n".repeat(lines - 2));
        assert_eq!(replies(tall(MAX_BLOCK_LINES)).messages.len(), 1);
        let error = error_of(AgiCodec::after_environment(), tall(MAX_BLOCK_LINES + 1).as_bytes());
        assert!(matches!(error, AgiError::TooManyLines { limit: MAX_BLOCK_LINES, .. }), "{error}");
    }
}

#[test]
fn an_environment_over_its_limits_is_refused() {
    let long = |length: usize| format!("{}\n\n", "x".repeat(length - 2));
    assert_eq!(
        hear(AgiCodec::default(), &[long(MAX_ENVIRONMENT_BYTES).as_bytes()]).messages.len(),
        1
    );
    let error = error_of(AgiCodec::default(), long(MAX_ENVIRONMENT_BYTES + 1).as_bytes());
    assert!(matches!(error, AgiError::TooLong { limit: MAX_ENVIRONMENT_BYTES, .. }), "{error}");
    let tall = |lines: usize| format!("{}\n", "a: b\n".repeat(lines - 1));
    assert_eq!(
        hear(AgiCodec::default(), &[tall(MAX_ENVIRONMENT_LINES).as_bytes()]).messages.len(),
        1
    );
    let error = error_of(AgiCodec::default(), tall(MAX_ENVIRONMENT_LINES + 1).as_bytes());
    assert!(
        matches!(error, AgiError::TooManyLines { limit: MAX_ENVIRONMENT_LINES, .. }),
        "{error}"
    );
}

#[test]
fn a_connection_that_ends_inside_a_message_is_a_protocol_error() {
    for (codec, bytes, part) in [
        (AgiCodec::default(), "agi_network: yes\n", "an AGI environment"),
        (AgiCodec::after_environment(), "200 result=1", "a line"),
        (AgiCodec::after_environment(), "HANGUP", "a line"),
        (AgiCodec::after_environment(), "200 result=1 (a\n", "a value"),
        (AgiCodec::after_environment(), "520-x\ny\n", "a usage text"),
    ] {
        let error = error_of(codec, bytes.as_bytes());
        assert_eq!(error.origin(), WireErrorOrigin::Connection);
        assert!(error.to_string().contains(&format!("in the middle of {part}")), "{error}");
    }
}

#[test]
fn a_connection_that_ends_between_messages_is_no_error() {
    for codec in [AgiCodec::default(), AgiCodec::after_environment()] {
        assert_eq!(hear(codec, &[]), Decoded { messages: vec![], error: None });
    }
    assert_eq!(replies("200 result=1\n").error, None);
}

#[test]
fn the_bytes_shown_in_an_error_are_escaped_and_truncated() {
    let error = error_of(
        AgiCodec::after_environment(),
        &[b"\x1b[31m\xff".repeat(99), b"\n".to_vec()].concat(),
    );
    let text = error.to_string();
    assert!(text.contains(r"\x1b[99m\xff") && text.ends_with("…\""), "{text}");
    assert!(text.is_ascii() || text.chars().all(|char| char == '…' || char.is_ascii()), "{text}");
    assert!(text.len() < 200 * 4 + 100, "{}", text.len());
}
