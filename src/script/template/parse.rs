//! Parses templates and placeholders.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map, map_opt, recognize, rest, value};
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use super::placeholder::{InputKind, Placeholder, SIMPLE_PLACEHOLDERS, VALUE_VERBS};
use super::suggest::suggest_placeholder;
use crate::script::answer_part::AnswerPart;
use crate::script::path::KeyPath;

/// A piece of a template in a script.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePiece {
    /// Text, in which doubled braces were already made single.
    Text(String),
    Placeholder(Placeholder),
}

/// How braces that do not belong to a placeholder are parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BraceSyntax {
    /// `{{` and `}}` are literal braces; anything else that is not a known placeholder is an error.
    Doubled,
    /// Braces are text, as in JSON, unless they enclose a known placeholder.
    Literal,
}

/// An error in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderError {
    /// The position in the text, in bytes.
    pub range: Range<usize>,
    pub message: String,
    /// How to correct it, if that is known.
    pub help: Option<String>,
}

/// The message of an error, and how to correct it.
pub(super) type MessageAndHelp = (String, Option<String>);

/// Parses a text with placeholders. Returns all errors, not only the first.
pub fn parse_template(
    text: &str,
    braces: BraceSyntax,
) -> (Vec<(Range<usize>, TemplatePiece)>, Vec<PlaceholderError>) {
    let literal = |text: &str| TemplatePiece::Text(text.to_owned());
    parse_pieces(text, braces, literal, |inner| match parse_placeholder(inner) {
        Ok(placeholder) => Ok(TemplatePiece::Placeholder(placeholder)),
        Err((message, help)) => Err((message, spoken_form_hint(inner).or(help))),
    })
}

/// Parses a text piece by piece: `literal` builds the pieces of text, `parse_inner` those in braces.
pub(super) fn parse_pieces<T>(
    text: &str,
    braces: BraceSyntax,
    literal: impl Fn(&str) -> T,
    parse_inner: impl Fn(&str) -> Result<T, MessageAndHelp>,
) -> (Vec<(Range<usize>, T)>, Vec<PlaceholderError>) {
    let mut pieces = Vec::new();
    let mut errors = Vec::new();
    let mut remaining = text;
    while let Ok((after, token)) = token(braces, &parse_inner).parse(remaining) {
        let range = text.len() - remaining.len()..text.len() - after.len();
        remaining = after;
        let piece = match token {
            TemplateToken::Text(text) => Ok(literal(text)),
            TemplateToken::Parsed(piece) => Ok(piece),
            TemplateToken::Braced(inner) => parse_inner(inner),
            TemplateToken::Stray(brace) => Err((
                format!("unmatched `{brace}`"),
                Some(format!("for a literal brace, write `{brace}{brace}`")),
            )),
        };
        match piece {
            Ok(piece) => pieces.push((range, piece)),
            Err((message, help)) => {
                // `${NAME}` is a variable in a dialplan: the dollar sign belongs to the mistake.
                let dollar = usize::from(text[..range.start].ends_with('$'));
                let range = range.start - dollar..range.end;
                errors.push(PlaceholderError { range, message, help });
            }
        }
    }
    (pieces, errors)
}

/// A hint for `{say:…}`, `{date:…}` and so on in a text that is not spoken.
fn spoken_form_hint(inner: &str) -> Option<String> {
    let (verb, object) = inner.split_once(':')?;
    let object = match (verb, object.rsplit_once(' ')) {
        ("money", Some((object, _currency))) => object,
        _ => object,
    };
    let is_spoken_form = VALUE_VERBS.contains(&verb) && parse_placeholder(object).is_ok();
    is_spoken_form.then(|| format!("this text is not spoken: write `{{{object}}}`"))
}

enum TemplateToken<'a, T> {
    Text(&'a str),
    /// Text in braces, not parsed yet.
    Braced(&'a str),
    Parsed(T),
    /// A brace without its partner.
    Stray(char),
}

fn token<'a, T>(
    braces: BraceSyntax,
    parse_inner: &impl Fn(&str) -> Result<T, MessageAndHelp>,
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
            map_opt(braced, |inner| parse_inner(inner).ok().map(TemplateToken::Parsed)),
            map(is_not("{}"), TemplateToken::Text),
            map(recognize(anychar), TemplateToken::Text),
        ))
        .parse(input),
    }
}

fn braced(input: &str) -> IResult<&str, &str> {
    delimited(char('{'), is_not("{}"), char('}')).parse(input)
}

/// Whether a text starts with a known placeholder, not with a literal brace.
pub(crate) fn begins_with_placeholder(text: &str) -> bool {
    braced(text).is_ok_and(|(_, inner)| parse_placeholder(inner).is_ok())
}

impl Placeholder {
    /// Parses a placeholder without its braces; `None` if there is none of this name.
    pub(crate) fn parse(inner: &str) -> Option<Self> {
        parse_placeholder(inner).ok()
    }

    /// Parses a placeholder without its braces.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write instead.
    pub(crate) fn parse_or_explain(inner: &str) -> Result<Self, String> {
        parse_placeholder(inner).map_err(|(message, help)| match help {
            Some(help) => format!("{message}: {help}"),
            None => message,
        })
    }
}

pub(super) fn parse_placeholder(inner: &str) -> Result<Placeholder, MessageAndHelp> {
    if let Some((_, simple)) = SIMPLE_PLACEHOLDERS.iter().find(|(name, _)| *name == inner) {
        return Ok(simple.clone());
    }
    if let Some((script, path)) = split_answer_placeholder(inner) {
        return answer_placeholder(script, path);
    }
    match all_consuming(dotted_placeholder).parse(inner) {
        Ok((_, placeholder)) => Ok(placeholder),
        Err(_) => Err((format!("unknown placeholder `{{{inner}}}`"), suggest_placeholder(inner))),
    }
}

/// Splits `$path` and `NAME.$path` into the name of the script, if there is one, and the path. The name of an argument
/// may begin with `$`, so `arg.$x` is an argument.
pub(super) fn split_answer_placeholder(inner: &str) -> Option<(Option<&str>, &str)> {
    if let Some(path) = inner.strip_prefix('$') {
        return Some((None, path));
    }
    let (script, path) = inner.split_once(".$")?;
    let is_name = all_consuming(plain_name).parse(script).is_ok() && script != "arg";
    is_name.then_some((Some(script), path))
}

fn answer_placeholder(script: Option<&str>, path: &str) -> Result<Placeholder, MessageAndHelp> {
    let Some(key) = KeyPath::parse(path) else {
        let name = script.map(|script| format!("{script}.")).unwrap_or_default();
        let help =
            format!("write it as `{{{name}$data.items[0].code}}` or `{{{name}$[\"odd.key\"]}}`");
        return Err((format!("`${path}` is not a valid response key"), Some(help)));
    };
    Ok(match script {
        Some(script) => Placeholder::OtherAnswer(script.to_owned(), AnswerPart::At(key)),
        None => Placeholder::Answer(AnswerPart::At(key)),
    })
}

fn plain_name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').parse(input)
}

fn dotted_placeholder(input: &str) -> IResult<&str, Placeholder> {
    let input_kind = alt((
        value(InputKind::Keypress, tag("keypress")),
        value(InputKind::Speech, tag("speech")),
        value(InputKind::Input, tag("input")),
    ));
    alt((
        map(preceded(tag("arg."), rest_of_name), |name: &str| Placeholder::Arg(name.to_owned())),
        map(preceded(tag("secret."), plain_name), |name: &str| {
            Placeholder::Secret(name.to_owned())
        }),
        map(separated_pair(plain_name, char('.'), input_kind), |(script, kind): (&str, _)| {
            Placeholder::OtherScript(script.to_owned(), kind)
        }),
        map((plain_name, tag(".answer")), |(script, _): (&str, _)| {
            Placeholder::OtherAnswer(script.to_owned(), AnswerPart::Compared)
        }),
    ))
    .parse(input)
}

/// The name of an argument may have any character: it is the text that the dialplan writes before `=`.
fn rest_of_name(input: &str) -> IResult<&str, &str> {
    nom::combinator::verify(rest, |name: &str| !name.is_empty()).parse(input)
}
