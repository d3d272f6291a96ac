//! What a recognition says that was said: each engine has its own way.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::channel::leg::Recognised;

/// A result with more bytes is none of an utterance.
const MOST_BYTES: usize = 64 * 1024;

/// The words in a result: NLSML, which most engines give, JSON, or the words themselves.
pub fn words(result: &str) -> Recognised {
    let result = result.trim();
    if result.len() > MOST_BYTES {
        return failed();
    }
    match result.as_bytes().first() {
        None => Recognised::Silence,
        Some(b'<') => of_nlsml(result),
        Some(b'{') => of_json(result),
        Some(_) => match result.strip_prefix("Completion-Cause:") {
            Some(cause) => of_cause(cause.trim()),
            None => Recognised::Words(result.to_owned()),
        },
    }
}

/// RFC 6787, 6.3.1: the words are the text of the first `input`; `noinput` and `nomatch` stand in it where there are
/// none. Its names may be in a namespace.
fn of_nlsml(result: &str) -> Recognised {
    let Ok(document) = Document::parse(result) else { return failed() };
    let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    if named("noinput").is_some() {
        return Recognised::Silence;
    }
    let said = named("input").or_else(|| named("instance"));
    Recognised::Words(said.filter(|_| named("nomatch").is_none()).map(text).unwrap_or_default())
}

fn text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter_map(|node| node.text().filter(|_| node.is_text()));
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// `{"text": …}`, or the first of `alternatives`.
fn of_json(result: &str) -> Recognised {
    let Ok(value) = serde_json::from_str::<Value>(result) else { return failed() };
    let places = ["/text", "/alternatives/0/text", "/alternatives/0/transcript"];
    let found = places.iter().find_map(|place| value.pointer(place)?.as_str());
    Recognised::Words(found.unwrap_or_default().trim().to_owned())
}

/// What `mod_unimrcp` says where there are no words (RFC 6787, 9.4.11).
fn of_cause(cause: &str) -> Recognised {
    let number = cause.get(..3).and_then(|number| number.parse::<u8>().ok());
    match number {
        Some(2) => Recognised::Silence,
        Some(0 | 1 | 3 | 8 | 13 | 14 | 15) => Recognised::Words(String::new()),
        _ => failed(),
    }
}

fn failed() -> Recognised {
    Recognised::Failed("the engine's result was not understood".into())
}
