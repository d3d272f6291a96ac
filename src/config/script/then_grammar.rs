//! The grammar of `then`.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till1};
use nom::character::complete::{char, multispace0, multispace1};
use nom::combinator::{all_consuming, map, opt, recognize, value};
use nom::multi::many1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Offset, Parser};

/// The first words of the forms of `then`.
pub(crate) const VERBS: [&str; 5] = ["continue", "goto", "hangup", "script", "again"];

/// The forms of `then`. `S` is the type of the parts: their texts, or their ranges in the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ThenSyntax<S = Range<usize>> {
    Continue,
    Goto { extension: S, context: Option<S>, priority: Option<S> },
    Hangup(Option<S>),
    Script(S),
    Again,
}

/// Parses a `then`; `None` if it is not valid.
pub(crate) fn parse(text: &str) -> Option<ThenSyntax> {
    let mut parser = all_consuming(delimited(multispace0, then, multispace0));
    let (_, syntax) = parser.parse(text).ok()?;
    Some(syntax.map(|part| {
        let start = text.offset(part);
        start..start + part.len()
    }))
}

impl<'a> ThenSyntax<&'a str> {
    fn map(self, range: impl Fn(&'a str) -> Range<usize>) -> ThenSyntax {
        match self {
            Self::Continue => ThenSyntax::Continue,
            Self::Goto { extension, context, priority } => ThenSyntax::Goto {
                extension: range(extension),
                context: context.map(&range),
                priority: priority.map(&range),
            },
            Self::Hangup(cause) => ThenSyntax::Hangup(cause.map(range)),
            Self::Script(name) => ThenSyntax::Script(range(name)),
            Self::Again => ThenSyntax::Again,
        }
    }
}

fn then(input: &str) -> IResult<&str, ThenSyntax<&str>> {
    alt((
        value(ThenSyntax::Continue, tag("continue")),
        value(ThenSyntax::Again, tag("again")),
        preceded((tag("goto"), multispace1), goto),
        map(preceded((tag("script"), multispace1), word), ThenSyntax::Script),
        map(preceded(tag("hangup"), opt(preceded(multispace1, word))), ThenSyntax::Hangup),
    ))
    .parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    take_till1(char::is_whitespace).parse(input)
}

fn goto(input: &str) -> IResult<&str, ThenSyntax<&str>> {
    let priority = opt(preceded(char(','), part));
    let destination = (part, opt((preceded(char('@'), part), priority)));
    map(destination, |(extension, rest)| {
        let (context, priority) = rest.unzip();
        ThenSyntax::Goto { extension, context, priority: priority.flatten() }
    })
    .parse(input)
}

/// A part of a destination: text and placeholders.
fn part(input: &str) -> IResult<&str, &str> {
    let placeholder = recognize(delimited(char('{'), is_not("{}"), char('}')));
    recognize(many1(alt((placeholder, is_not("@,{} \t\r\n"))))).parse(input)
}
