//! The grammar of texts that are spoken: what is said of a value, and how.

use std::ops::Range;

use nom::character::complete::{alpha1, char};
use nom::combinator::{all_consuming, rest};
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use super::Placeholder;
use super::read::{Braces, Problem, Wrong, each, placeholder};
use crate::script::definition::How;

/// A stretch of a text that is spoken, as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Phrase {
    /// Words.
    Text(String),
    /// `{say:…}`, `{digits:…}`, `{number:…}` and plain placeholders.
    Value(Placeholder, How),
    /// `{play:NAME}`: a sound by its name, its file or its URL.
    Sound(String),
    /// `{play:$…}`: the sound at the URL that is the value.
    SoundAt(Placeholder),
}

/// Signs that end a sentence, or a part of one.
const ENDS: &str = ".,;:!?…";

/// What can stand before the colon.
const VERBS: [&str; 4] = ["say", "digits", "number", "play"];

/// Reads a text that is spoken. Words come with single spaces; a stretch without any letter or digit is none. All
/// problems are told, each with its place.
pub fn read_spoken(text: &str) -> (Vec<(Range<usize>, Phrase)>, Vec<Problem>) {
    let literal = |text: &str| Phrase::Text(text.to_owned());
    let (pieces, problems) = each(text, Braces::Doubled, literal, phrase);
    let mut phrases: Vec<(Range<usize>, Phrase)> = Vec::new();
    for (at, piece) in pieces {
        match (phrases.last_mut(), piece) {
            // A doubled brace is a piece of its own.
            (Some((before, Phrase::Text(words))), Phrase::Text(more)) if before.end == at.start => {
                words.push_str(&more);
                before.end = at.end;
            }
            (_, piece) => phrases.push((at, piece)),
        }
    }
    let spoken = phrases.into_iter().filter_map(|(at, phrase)| Some((at, phrase.spoken()?)));
    (spoken.collect(), problems)
}

impl Phrase {
    fn spoken(self) -> Option<Self> {
        let Self::Text(text) = self else { return Some(self) };
        // What ends the sentence of a value before it is not said, but some engines read it.
        let text =
            text.trim_start_matches(|sign: char| sign.is_whitespace() || ENDS.contains(sign));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words.contains(char::is_alphanumeric).then_some(Self::Text(words))
    }
}

fn phrase(inner: &str) -> Result<Phrase, Wrong> {
    let Ok((_, (verb, of))) = all_consuming(verb_and_object).parse(inner) else {
        return placeholder(inner).map(|known| Phrase::Value(known, How::Words));
    };
    match verb {
        "say" => spoken(verb, of, How::Words),
        "digits" => spoken(verb, of, How::Digits),
        "number" => spoken(verb, of, How::Number),
        "play" if of.starts_with('$') => named(verb, of).map(Phrase::SoundAt),
        "play" => Ok(Phrase::Sound(of.to_owned())),
        unknown => Err((format!("there is no `{{{unknown}:…}}`"), Some(instead(unknown, of)))),
    }
}

fn verb_and_object(input: &str) -> IResult<&str, (&str, &str)> {
    separated_pair(alpha1, char(':'), rest).parse(input)
}

fn spoken(verb: &str, of: &str, how: How) -> Result<Phrase, Wrong> {
    named(verb, of).map(|known| Phrase::Value(known, how))
}

fn named(verb: &str, of: &str) -> Result<Placeholder, Wrong> {
    let with_verb = |help: String| help.replace("`{", &format!("`{{{verb}:"));
    placeholder(of).map_err(|(what, help)| (what, help.map(with_verb)))
}

fn instead(unknown: &str, of: &str) -> String {
    let near = VERBS.iter().map(|verb| (strsim::damerau_levenshtein(verb, unknown), verb)).min();
    match near {
        Some((0..=2, near)) => format!("did you mean `{{{near}:{of}}}`?"),
        _ => "write `{say:…}`, `{digits:…}`, `{number:…}` or `{play:…}`".to_owned(),
    }
}
