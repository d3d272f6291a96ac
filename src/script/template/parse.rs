//! The grammar of placeholders.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map, map_opt, recognize, rest, value};
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use super::{InputKind, Placeholder};
use crate::script::path::KeyPath;

/// A stretch of a template as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePiece {
    /// Text, its doubled braces made single.
    Text(String),
    /// A placeholder.
    Placeholder(Placeholder),
}

/// How braces that are no placeholder are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BraceSyntax {
    /// `{{` and `}}` are braces; any other that is no known placeholder is a fault.
    Doubled,
    /// They are text: JSON is full of them.
    Literal,
}

/// What is wrong with a placeholder, where it stands in the text, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderError {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The way out, where one is known.
    pub help: Option<String>,
}

/// What is wrong, and the way out.
pub(super) type MessageAndHelp = (String, Option<String>);

/// Reads a text with placeholders. All problems are told, each with its place.
pub fn parse_template(
    text: &str,
    braces: BraceSyntax,
) -> (Vec<(Range<usize>, TemplatePiece)>, Vec<PlaceholderError>) {
    let literal = |text: &str| TemplatePiece::Text(text.to_owned());
    parse_pieces(text, braces, literal, |inner| match parse_placeholder(inner) {
        Ok(known) => Ok(TemplatePiece::Placeholder(known)),
        Err((what, help)) => Err((what, spoken_form_hint(inner).or(help))),
    })
}

/// Reads a text piece by piece: what is literal, and what stands in braces.
pub(super) fn parse_pieces<T>(
    text: &str,
    braces: BraceSyntax,
    literal: impl Fn(&str) -> T,
    fill: impl Fn(&str) -> Result<T, MessageAndHelp>,
) -> (Vec<(Range<usize>, T)>, Vec<PlaceholderError>) {
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut left = text;
    while let Ok((after, token)) = token(braces, &fill).parse(left) {
        let at = text.len() - left.len()..text.len() - after.len();
        left = after;
        let read = match token {
            TemplateToken::Text(text) => Ok(literal(text)),
            TemplateToken::Read(piece) => Ok(piece),
            TemplateToken::Braced(inner) => fill(inner),
            TemplateToken::Stray(brace) => Err((
                format!("a `{brace}` that belongs to no placeholder"),
                Some(format!("for a brace that is text, write `{brace}{brace}`")),
            )),
        };
        match read {
            Ok(piece) => pieces.push((at, piece)),
            Err((what, help)) => problems.push(PlaceholderError { range: at, message: what, help }),
        }
    }
    (pieces, problems)
}

/// `{say:…}` and its like where nothing is spoken.
fn spoken_form_hint(inner: &str) -> Option<String> {
    let (verb, of) = inner.split_once(':')?;
    let known = matches!(verb, "say" | "digits" | "number") && parse_placeholder(of).is_ok();
    known.then(|| format!("nothing is spoken here: write `{{{of}}}`"))
}

enum TemplateToken<'a, T> {
    Text(&'a str),
    /// Something in braces, not read yet.
    Braced(&'a str),
    Read(T),
    Stray(char),
}

fn token<'a, T>(
    braces: BraceSyntax,
    fill: &impl Fn(&str) -> Result<T, MessageAndHelp>,
) -> impl Parser<&'a str, Output = TemplateToken<'a, T>, Error = nom::error::Error<&'a str>> {
    move |input| match braces {
        BraceSyntax::Doubled => alt((
            map(tag("{{"), |_| TemplateToken::Text("{")),
            map(tag("}}"), |_| TemplateToken::Text("}")),
            map(braced, TemplateToken::Braced),
            map(is_not("{}"), TemplateToken::Text),
            map(anychar, TemplateToken::Stray),
        ))
        .parse(input),
        BraceSyntax::Literal => alt((
            map_opt(braced, |inner| fill(inner).ok().map(TemplateToken::Read)),
            map(is_not("{}"), TemplateToken::Text),
            map(recognize(anychar), TemplateToken::Text),
        ))
        .parse(input),
    }
}

fn braced(input: &str) -> IResult<&str, &str> {
    delimited(char('{'), is_not("{}"), char('}')).parse(input)
}

/// Whether a text begins with a placeholder, not with a brace of its own.
pub fn begins_with_placeholder(text: &str) -> bool {
    braced(text).is_ok_and(|(_, inner)| parse_placeholder(inner).is_ok())
}

pub(super) const SIMPLE_PLACEHOLDERS: [(&str, Placeholder); 11] = [
    ("caller", Placeholder::Caller),
    ("caller_name", Placeholder::CallerName),
    ("called", Placeholder::Called),
    ("keypress", Placeholder::Keypress),
    ("speech", Placeholder::Speech),
    ("input", Placeholder::Input),
    ("call_id", Placeholder::CallId),
    ("channel", Placeholder::Channel),
    ("language", Placeholder::Language),
    ("attempt", Placeholder::Attempt),
    ("script", Placeholder::Script),
];

pub(super) fn parse_placeholder(inner: &str) -> Result<Placeholder, MessageAndHelp> {
    if let Some((_, simple)) = SIMPLE_PLACEHOLDERS.iter().find(|(name, _)| *name == inner) {
        return Ok(simple.clone());
    }
    if let Some(path) = inner.strip_prefix('$') {
        return KeyPath::parse(path).map(Placeholder::Answer).ok_or_else(|| {
            let help = "write it as `{$data.items[0].code}` or `{$[\"odd.key\"]}`".to_owned();
            (format!("`${path}` is no path into an answer"), Some(help))
        });
    }
    match all_consuming(dotted_placeholder).parse(inner) {
        Ok((_, placeholder)) => Ok(placeholder),
        Err(_) => {
            Err((format!("there is no placeholder `{{{inner}}}`"), suggest_placeholder(inner)))
        }
    }
}

fn dotted_placeholder(input: &str) -> IResult<&str, Placeholder> {
    let name = |input| {
        take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').parse(input)
    };
    let entered = alt((
        value(InputKind::Keypress, tag("keypress")),
        value(InputKind::Speech, tag("speech")),
        value(InputKind::Input, tag("input")),
    ));
    alt((
        map(preceded(tag("arg."), rest_of_name), |n: &str| Placeholder::Arg(n.to_owned())),
        map(preceded(tag("secret."), name), |n: &str| Placeholder::Secret(n.to_owned())),
        map(separated_pair(name, char('.'), entered), |(n, e): (&str, _)| {
            Placeholder::OtherScript(n.to_owned(), e)
        }),
    ))
    .parse(input)
}

/// An argument's name is whatever the dialplan writes before `=`.
fn rest_of_name(input: &str) -> IResult<&str, &str> {
    nom::combinator::verify(rest, |name: &str| !name.is_empty()).parse(input)
}

fn suggest_placeholder(inner: &str) -> Option<String> {
    if KeyPath::parse(inner).is_some_and(|path| path.steps().len() > 1) {
        return Some(format!("a value of the answer is written `{{${inner}}}`"));
    }
    SIMPLE_PLACEHOLDERS
        .iter()
        .map(|(name, _)| (strsim::damerau_levenshtein(name, inner), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2)
        .map(|(_, name)| format!("did you mean `{{{name}}}`?"))
}
