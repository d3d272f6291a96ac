//! The grammar of texts that are spoken: what is said of a value, and how.

use std::ops::Range;

use nom::character::complete::{alpha1, char};
use nom::combinator::{all_consuming, rest};
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use super::Placeholder;
use super::parse::{
    BraceSyntax, MessageAndHelp, PlaceholderError, parse_pieces, parse_placeholder,
};
use crate::script::definition::SayAs;

/// A stretch of a text that is spoken, as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum SpokenPhrase {
    /// Words.
    Text(String),
    /// `{say:…}`, `{digits:…}`, `{number:…}` and plain placeholders.
    Value(Placeholder, SayAs),
    /// `{play:NAME}`: a sound by its name, its file or its URL.
    Sound(String),
    /// `{play:$…}`: the sound at the URL that is the value.
    SoundUrl(Placeholder),
}

/// Signs that end a sentence, or a part of one.
const SENTENCE_ENDS: &str = ".,;:!?…";

/// What can stand before the colon.
const VERBS: [&str; 4] = ["say", "digits", "number", "play"];

/// Reads a text that is spoken. Words come with single spaces; a stretch without any letter or digit is none. All
/// problems are told, each with its place.
pub fn parse_spoken(text: &str) -> (Vec<(Range<usize>, SpokenPhrase)>, Vec<PlaceholderError>) {
    let literal = |text: &str| SpokenPhrase::Text(text.to_owned());
    let (pieces, problems) = parse_pieces(text, BraceSyntax::Doubled, literal, parse_phrase);
    let mut phrases: Vec<(Range<usize>, SpokenPhrase)> = Vec::new();
    for (at, piece) in pieces {
        match (phrases.last_mut(), piece) {
            // A doubled brace is a piece of its own.
            (Some((before, SpokenPhrase::Text(words))), SpokenPhrase::Text(more))
                if before.end == at.start =>
            {
                words.push_str(&more);
                before.end = at.end;
            }
            (_, piece) => phrases.push((at, piece)),
        }
    }
    let spoken = phrases.into_iter().filter_map(|(at, phrase)| Some((at, phrase.trimmed()?)));
    (spoken.collect(), problems)
}

impl SpokenPhrase {
    fn trimmed(self) -> Option<Self> {
        let Self::Text(text) = self else { return Some(self) };
        // What ends the sentence of a value before it is not said, but some engines read it.
        let text = text
            .trim_start_matches(|sign: char| sign.is_whitespace() || SENTENCE_ENDS.contains(sign));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words.contains(char::is_alphanumeric).then_some(Self::Text(words))
    }
}

fn parse_phrase(inner: &str) -> Result<SpokenPhrase, MessageAndHelp> {
    let Ok((_, (verb, of))) = all_consuming(verb_and_object).parse(inner) else {
        return parse_placeholder(inner).map(|known| SpokenPhrase::Value(known, SayAs::Words));
    };
    match verb {
        "say" => spoken_value(verb, of, SayAs::Words),
        "digits" => spoken_value(verb, of, SayAs::Digits),
        "number" => spoken_value(verb, of, SayAs::Number),
        "play" if of.starts_with('$') => {
            placeholder_after_verb(verb, of).map(SpokenPhrase::SoundUrl)
        }
        "play" => Ok(SpokenPhrase::Sound(of.to_owned())),
        unknown => Err((format!("there is no `{{{unknown}:…}}`"), Some(suggest_verb(unknown, of)))),
    }
}

fn verb_and_object(input: &str) -> IResult<&str, (&str, &str)> {
    separated_pair(alpha1, char(':'), rest).parse(input)
}

fn spoken_value(verb: &str, of: &str, how: SayAs) -> Result<SpokenPhrase, MessageAndHelp> {
    placeholder_after_verb(verb, of).map(|known| SpokenPhrase::Value(known, how))
}

fn placeholder_after_verb(verb: &str, of: &str) -> Result<Placeholder, MessageAndHelp> {
    let with_verb = |help: String| help.replace("`{", &format!("`{{{verb}:"));
    parse_placeholder(of).map_err(|(what, help)| (what, help.map(with_verb)))
}

fn suggest_verb(unknown: &str, of: &str) -> String {
    let near = VERBS.iter().map(|verb| (strsim::damerau_levenshtein(verb, unknown), verb)).min();
    match near {
        Some((0..=2, near)) => format!("did you mean `{{{near}:{of}}}`?"),
        _ => "write `{say:…}`, `{digits:…}`, `{number:…}` or `{play:…}`".to_owned(),
    }
}
