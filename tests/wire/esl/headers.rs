//! Which headers a block has.

use dialscript::esl::codec::EslMessage;
use proptest::prelude::*;

use super::{event, framed, messages, transcript};

/// The headers and the body, found in the simplest way.
fn split_by_hand(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut headers = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let ended = rest.len() > line.len();
        let line = line.strip_suffix('\r').unwrap_or(line);
        rest = after;
        if line.is_empty() && ended {
            return (headers, rest);
        }
        let header = line.split_once(':').filter(|(name, _)| !name.is_empty());
        headers.extend(header.map(|(name, value)| (name, value.trim_start_matches([' ', '\t']))));
    }
    (headers, "")
}

fn value_by_hand<'a>(headers: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let named = headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    named.map(|&(_, value)| value)
}

const NAMES: [&str; 6] =
    ["Event-Name", "EVENT-NAME", "Unique-ID", "variable_a", "Variable_A", "variable_ab"];

proptest! {
    #[test]
    fn every_header_of_any_block_is_found(
        pieces in prop::collection::vec(
            prop_oneof![
                4 => prop::sample::select(NAMES.to_vec()),
                6 => prop::sample::select(vec![":", ": ", ":\t ", "\n", "\r\n", "\r", "x", "a: b"]),
                1 => prop::sample::select(vec!["\n\n", "\r\n\r\n", "\n\r\n"]),
            ],
            0..60,
        ),
    ) {
        let text = pieces.concat();
        let (headers, body) = split_by_hand(&text);
        let found = event(&text);
        prop_assert_eq!(found.body().decode(), body);
        for name in NAMES {
            let (value, expected) = (found.get(name), value_by_hand(&headers, name));
            prop_assert_eq!(value.as_deref(), expected, "{}", name);
        }
        for name in ["a", "AB", ""] {
            let value = found.variable(name);
            let expected = value_by_hand(&headers, &format!("variable_{name}"));
            prop_assert_eq!(value.as_deref(), expected, "{}", name);
        }
    }
}

#[test]
fn every_header_of_every_event_of_a_real_switch_is_found() {
    let mut count = 0;
    for transcript in transcript::all() {
        let bytes = transcript.switch();
        let mut start = 0;
        for (body, end) in transcript::frames(&bytes) {
            let is_event = bytes[start..body].windows(10).any(|part| part == b"event-plai");
            start = end;
            let Some(text) = std::str::from_utf8(&bytes[body..end]).ok().filter(|_| is_event)
            else {
                continue;
            };
            let heard = messages(framed(text));
            let [EslMessage::Event(event)] = &heard[..] else { panic!("{text}") };
            let (headers, _) = split_by_hand(text);
            for (name, _) in &headers {
                let value = value_by_hand(&headers, name).unwrap();
                assert_eq!(event.headers().raw(name), Some(value.as_bytes()), "{name}");
                count += 1;
            }
        }
    }
    assert!(count > 5_000, "only {count} headers");
}
