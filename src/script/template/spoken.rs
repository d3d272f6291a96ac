//! Parses texts that are spoken. They may contain forms such as `{date:…}` and `{play:…}`.

use std::ops::Range;

use nom::character::complete::{alpha1, char};
use nom::combinator::{all_consuming, rest};
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use super::parse::{
    BraceSyntax, MessageAndHelp, PlaceholderError, parse_pieces, parse_placeholder,
    split_answer_placeholder,
};
use super::placeholder::{Placeholder, VALUE_VERBS};
use super::spoken_hint;
use crate::channel::MomentForm;
use crate::script::currency::CurrencyCode;
use crate::script::definition::SayAs;

/// A piece of a spoken text in a script.
#[derive(Debug, Clone, PartialEq)]
pub enum SpokenPhrase {
    /// Words to be spoken.
    Text(String),
    /// `{say:…}`, `{date:…}` and so on, or a plain placeholder.
    Value(Placeholder, SayAs),
    /// `{play:NAME}`: a sound by its name, file or URL.
    Sound(String),
    /// `{play:$…}`, `{play:NAME.$…}`: the sound at a URL that is a value of an answer.
    SoundUrl(Placeholder),
}

/// Punctuation that ends a sentence or a clause.
const SENTENCE_ENDS: &str = ".,;:!?…";

/// Parses a text that is spoken. Words are separated by single spaces. Pieces without any letter or digit are dropped.
/// Returns all errors, not only the first.
pub fn parse_spoken(text: &str) -> (Vec<(Range<usize>, SpokenPhrase)>, Vec<PlaceholderError>) {
    let literal = |text: &str| SpokenPhrase::Text(text.to_owned());
    let (pieces, errors) = parse_pieces(text, BraceSyntax::Doubled, literal, parse_phrase);
    let mut phrases: Vec<(Range<usize>, SpokenPhrase)> = Vec::new();
    for (range, piece) in pieces {
        match (phrases.last_mut(), piece) {
            // A doubled brace is a piece of its own, so two pieces of text can be adjacent.
            (Some((before, SpokenPhrase::Text(words))), SpokenPhrase::Text(more))
                if before.end == range.start =>
            {
                words.push_str(&more);
                before.end = range.end;
            }
            (_, piece) => phrases.push((range, piece)),
        }
    }
    let spoken = phrases.into_iter().filter_map(|(range, phrase)| Some((range, phrase.trimmed()?)));
    (spoken.collect(), errors)
}

impl SpokenPhrase {
    fn trimmed(self) -> Option<Self> {
        let Self::Text(text) = self else { return Some(self) };
        // Punctuation after a value ends the phrase before it. It is removed, since some engines would speak its name.
        let text =
            text.trim_start_matches(|c: char| c.is_whitespace() || SENTENCE_ENDS.contains(c));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words.contains(char::is_alphanumeric).then_some(Self::Text(words))
    }
}

fn parse_phrase(inner: &str) -> Result<SpokenPhrase, MessageAndHelp> {
    let Ok((_, (verb, object))) = all_consuming(verb_and_object).parse(inner.trim()) else {
        return parse_placeholder(inner)
            .map(|placeholder| SpokenPhrase::Value(placeholder, SayAs::Words))
            .map_err(|(message, help)| (message, spoken_hint::verb_alone(inner).or(help)));
    };
    if let Some(say_as) = say_as(verb) {
        return placeholder_after_verb(verb, object)
            .map(|placeholder| SpokenPhrase::Value(placeholder, say_as));
    }
    match verb {
        "digits" => parse_digits(object),
        "money" => parse_money(object),
        "play" if split_answer_placeholder(object).is_some() => {
            placeholder_after_verb(verb, object).map(SpokenPhrase::SoundUrl)
        }
        "play" => Ok(SpokenPhrase::Sound(object.to_owned())),
        unknown => {
            Err((format!("unknown form `{{{unknown}:…}}`"), Some(suggest_verb(unknown, object))))
        }
    }
}

fn verb_and_object(input: &str) -> IResult<&str, (&str, &str)> {
    separated_pair(alpha1, char(':'), rest).parse(input)
}

/// How a value after this word is spoken, if the value is all that can follow it.
fn say_as(verb: &str) -> Option<SayAs> {
    match verb {
        "say" => Some(SayAs::Words),
        "number" => Some(SayAs::Number),
        "date" => Some(SayAs::Moment(MomentForm::Date)),
        "time" => Some(SayAs::Moment(MomentForm::Time)),
        "datetime" => Some(SayAs::Moment(MomentForm::DateTime)),
        "ordinal" => Some(SayAs::Ordinal),
        "phone" => Some(SayAs::Phone),
        _ => None,
    }
}

/// A placeholder, and the code of a currency if there is one.
fn parse_money(object: &str) -> Result<SpokenPhrase, MessageAndHelp> {
    let object = object.trim();
    if let Some(corrected) = spoken_hint::money(object) {
        let message = "a currency stands behind the value, after a space".to_owned();
        return Err((message, Some(format!("write `{{money:{corrected}}}`"))));
    }
    let (object, currency) = match object.rsplit_once(' ') {
        Some((value, code)) if !code.contains(['"', ']']) => (value.trim_end(), Some(code)),
        _ => (object, None),
    };
    let with_currency = |help: String| match currency {
        Some(code) => help.replace("}`", &format!(" {code}}}`")),
        None => help,
    };
    let placeholder = placeholder_after_verb("money", object)
        .map_err(|(message, help)| (message, help.map(with_currency)))?;
    let currency = currency.map(|code| {
        let suggested = CurrencyCode::parse(&code.to_uppercase());
        let help = match suggested {
            Some(code) => format!("did you mean `{{money:{object} {code:?}}}`?"),
            None => "write its code of ISO 4217, such as `EUR`".to_owned(),
        };
        CurrencyCode::parse(code)
            .ok_or_else(|| (format!("there is no currency `{code}`"), Some(help)))
    });
    Ok(SpokenPhrase::Value(placeholder, SayAs::Money(currency.transpose()?)))
}

/// An input is spoken key by key.
fn parse_digits(object: &str) -> Result<SpokenPhrase, MessageAndHelp> {
    placeholder_after_verb("digits", object).map(|placeholder| {
        let say_as = if placeholder.is_input() { SayAs::Keys } else { SayAs::Digits };
        SpokenPhrase::Value(placeholder, say_as)
    })
}

fn placeholder_after_verb(verb: &str, object: &str) -> Result<Placeholder, MessageAndHelp> {
    let object = object.trim();
    let with_verb = |help: String| help.replace("`{", &format!("`{{{verb}:"));
    parse_placeholder(object).map_err(|(message, help)| {
        let is_empty = object.is_empty();
        let message = if is_empty { format!("`{{{verb}:}}` names no value") } else { message };
        (message, spoken_hint::addition(verb, object).or(help.map(with_verb)))
    })
}

fn suggest_verb(unknown: &str, object: &str) -> String {
    let verbs = || VALUE_VERBS.into_iter().chain(["play"]);
    let nearest = verbs().map(|verb| (strsim::damerau_levenshtein(verb, unknown), verb)).min();
    match nearest {
        Some((0..=2, verb)) => format!("did you mean `{{{verb}:{object}}}`?"),
        _ => {
            let verbs: Vec<_> = verbs().map(|verb| format!("`{{{verb}:…}}`")).collect();
            format!("write one of {}", verbs.join(", "))
        }
    }
}
