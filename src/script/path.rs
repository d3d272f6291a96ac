//! Response keys: paths to a value in an answer, such as `data.items[0].code` or `["odd.key"]`.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{escaped_transform, is_not};
use nom::character::complete::{char, none_of, one_of, u32 as number};
use nom::combinator::{all_consuming, map, opt, value, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// The path to a value in an answer; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyPath(Vec<KeyPathStep>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPathStep {
    /// A key of an object, or the name of an element or a form field.
    Key(String),
    /// An index of a list, from 0.
    Index(usize),
}

impl KeyPath {
    /// Parses a path; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        all_consuming(path).parse(text).ok().map(|(_, path)| path)
    }

    /// The steps, displayed as a path.
    pub(super) fn display_steps(steps: &[KeyPathStep]) -> impl fmt::Display {
        Self(steps.to_vec())
    }

    /// The steps, from the root of the answer.
    pub fn steps(&self) -> &[KeyPathStep] {
        &self.0
    }
}

fn path(input: &str) -> IResult<&str, KeyPath> {
    let first = alt((map(plain_key, KeyPathStep::Key), bracket));
    let next = alt((map(preceded(char('.'), plain_key), KeyPathStep::Key), bracket));
    map((first, many0(next)), |(first, mut rest)| {
        rest.insert(0, first);
        KeyPath(rest)
    })
    .parse(input)
}

fn plain_key(input: &str) -> IResult<&str, String> {
    let text = is_not(".[]{}\"'$ \t\r\n");
    map(text, str::to_owned).parse(input)
}

fn bracket(input: &str) -> IResult<&str, KeyPathStep> {
    let index = map(number, |n| KeyPathStep::Index(n as usize));
    let key = map(verify(quoted_key, |k: &String| !k.is_empty()), KeyPathStep::Key);
    delimited(char('['), alt((index, key)), char(']')).parse(input)
}

fn quoted_key(input: &str) -> IResult<&str, String> {
    let escape = alt((value("\\", char('\\')), value("\"", char('"'))));
    let text = escaped_transform(none_of("\\\""), '\\', escape);
    delimited(one_of("\""), map(opt(text), Option::unwrap_or_default), char('"')).parse(input)
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                KeyPathStep::Index(n) => write!(f, "[{n}]")?,
                KeyPathStep::Key(key) if plain_key(key).is_ok_and(|(rest, _)| rest.is_empty()) => {
                    write!(f, "{}{key}", if position == 0 { "" } else { "." })?;
                }
                KeyPathStep::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}
