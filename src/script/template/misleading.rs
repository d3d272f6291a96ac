//! Finds braces that are text, although the author probably wanted the value of a placeholder.

use std::ops::Range;

use nom::Parser;
use nom::bytes::complete::{is_not, tag};
use nom::error::Error;
use nom::sequence::delimited;

use super::parse::{BraceSyntax, parse_placeholder};
use super::placeholder::Placeholder;

/// Braces that are text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MisleadingBraces {
    /// The position in the text, in bytes.
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    /// How to write the placeholder.
    pub(crate) help: String,
    /// Whether it can be an amount in dollars: `${$price}`, `${arg.price}`.
    pub(crate) can_be_amount: bool,
}

/// Finds `{{NAME}}` and `${NAME}` where `{NAME}` is a placeholder. In JSON, where braces that enclose no placeholder are
/// text, also finds `{NAME}` where NAME is a word.
pub(crate) fn find_misleading_braces(text: &str, braces: BraceSyntax) -> Vec<MisleadingBraces> {
    let starts = text.match_indices('{').map(|(start, _)| start);
    let outer = starts.filter(|start| !text[..*start].ends_with('{'));
    outer.filter_map(|start| doubled(text, start).or_else(|| single(text, start, braces))).collect()
}

/// `{{NAME}}`, as other template languages write it.
fn doubled(text: &str, start: usize) -> Option<MisleadingBraces> {
    let (range, inner) = enclosed(text, start, "{{", "}}")?;
    let name = inner.trim();
    parse_placeholder(name.split_once(':').map_or(name, |(_, object)| object)).ok()?;
    let single = format!("{{{name}}}");
    Some(MisleadingBraces {
        message: format!(
            "`{}` is text: doubled braces are not a placeholder",
            &text[range.clone()]
        ),
        help: format!("for the value, write `{single}`"),
        can_be_amount: false,
        range,
    })
}

/// `${NAME}`, as a dialplan writes it, and words in braces in JSON.
fn single(text: &str, start: usize, braces: BraceSyntax) -> Option<MisleadingBraces> {
    let (range, inner) = enclosed(text, start, "{", "}")?;
    let has_dollar = text[..start].ends_with('$');
    match parse_placeholder(inner) {
        Ok(placeholder) if has_dollar => Some(MisleadingBraces {
            message: format!(
                "the dollar sign of `${{{inner}}}` is text: it stays in front of the value"
            ),
            help: format!("write `{{{inner}}}`"),
            can_be_amount: matches!(placeholder, Placeholder::Answer(_) | Placeholder::Arg(_)),
            range: start - 1..range.end,
        }),
        Err((_, help)) if braces == BraceSyntax::Literal && is_word(inner) => {
            Some(MisleadingBraces {
                message: format!("`{{{inner}}}` is text: it is not a placeholder"),
                help: help?,
                can_be_amount: false,
                range: start - usize::from(has_dollar)..range.end,
            })
        }
        _ => None,
    }
}

/// The range and the content of the brackets that open at `start`.
fn enclosed<'t>(
    text: &'t str,
    start: usize,
    open: &str,
    close: &str,
) -> Option<(Range<usize>, &'t str)> {
    let mut brackets = delimited(tag::<_, _, Error<&str>>(open), is_not("{}"), tag(close));
    let (rest, inner) = brackets.parse(&text[start..]).ok()?;
    Some((start..text.len() - rest.len(), inner))
}

/// Whether a text in braces looks like a name, not like JSON.
fn is_word(inner: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.()-".contains(c);
    inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && inner.chars().all(is_part)
}
