//! Builds templates: finds the escape context of each placeholder.

use super::Template;
use super::parse::TemplatePiece;
use crate::script::escape::EscapeContext;

impl Template {
    /// A template in which all values have the same escape context.
    pub fn with_context(
        pieces: impl IntoIterator<Item = TemplatePiece>,
        context: EscapeContext,
    ) -> Self {
        let mut template = Self::default();
        pieces.into_iter().for_each(|piece| template.push(piece, context));
        template
    }

    /// A URL template: the escape context of each value depends on its position in the URL. Also returns whether a
    /// placeholder is part of the host.
    pub fn url(pieces: impl IntoIterator<Item = TemplatePiece>) -> (Self, bool) {
        let mut template = Self::default();
        let mut position = UrlPosition::Scheme;
        let mut decides_host = false;
        for piece in pieces {
            let context = position.escape_context(template.parts.is_empty());
            match &piece {
                TemplatePiece::Text(text) => position = position.advance(text),
                TemplatePiece::Placeholder(_) if context == EscapeContext::Url => {
                    position = UrlPosition::Path
                }
                TemplatePiece::Placeholder(_) => {}
            }
            let is_placeholder = matches!(piece, TemplatePiece::Placeholder(_));
            let is_in_host = matches!(context, EscapeContext::Url | EscapeContext::Host);
            decides_host |= is_placeholder && is_in_host;
            template.push(piece, context);
        }
        (template, decides_host)
    }

    /// A JSON template: values inside and outside of quotes have different escape contexts. Also returns the positions
    /// of the placeholders that are joined to other characters, so that some value would make the JSON invalid: `{a}00`
    /// outside of quotes, or `\u00{a}` inside.
    pub fn json(pieces: impl IntoIterator<Item = TemplatePiece>) -> (Self, Vec<usize>) {
        let mut template = Self::default();
        let mut position = JsonPosition::Separator;
        let mut joined = Vec::new();
        for (n, piece) in pieces.into_iter().enumerate() {
            let context = position.escape_context();
            match &piece {
                TemplatePiece::Text(text) => {
                    let ends_value = text.starts_with(JsonPosition::is_separator);
                    if position == JsonPosition::Value && !ends_value {
                        joined.extend(n.checked_sub(1));
                    }
                    position = text.chars().fold(position, JsonPosition::after);
                }
                TemplatePiece::Placeholder(_) => match position {
                    JsonPosition::Separator => position = JsonPosition::Value,
                    JsonPosition::String => {}
                    _ => joined.push(n),
                },
            }
            template.push(piece, context);
        }
        (template, joined)
    }
}

/// The part of a URL that is being read.
#[derive(Clone, Copy)]
enum UrlPosition {
    Scheme,
    Host,
    Path,
    Query,
}

impl UrlPosition {
    fn escape_context(self, is_first: bool) -> EscapeContext {
        match self {
            Self::Scheme if is_first => EscapeContext::Url,
            Self::Scheme | Self::Host => EscapeContext::Host,
            Self::Path => EscapeContext::Path,
            Self::Query => EscapeContext::Query,
        }
    }

    /// The position after `text`.
    fn advance(self, text: &str) -> Self {
        let (next, rest) = match self {
            Self::Scheme => (text.split_once("://").map(|(_, rest)| (Self::Host, rest))).unzip(),
            Self::Host => (text.split_once(['/', '?', '#']))
                .map(|(host, rest)| {
                    let is_path = text[host.len()..].starts_with('/');
                    (if is_path { Self::Path } else { Self::Query }, rest)
                })
                .unzip(),
            Self::Path => text.split_once(['?', '#']).map(|(_, rest)| (Self::Query, rest)).unzip(),
            Self::Query => (None, None),
        };
        match (next, rest) {
            (Some(next), Some(rest)) => next.advance(rest),
            _ => self,
        }
    }
}

/// What precedes a position in a JSON text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JsonPosition {
    /// Outside of quotes: the start of the text, a space, or a character between values.
    Separator,
    /// Outside of quotes: the value of a placeholder.
    Value,
    /// Outside of quotes: part of a literal.
    Literal,
    /// Inside of quotes.
    String,
    /// Inside of quotes: a backslash.
    Backslash,
    /// Inside of quotes: `\u`, of whose digits this many are missing.
    Unicode(u8),
}

impl JsonPosition {
    fn escape_context(self) -> EscapeContext {
        match self {
            Self::Separator | Self::Value | Self::Literal => EscapeContext::JsonValue,
            Self::String | Self::Backslash | Self::Unicode(_) => EscapeContext::JsonString,
        }
    }

    fn is_separator(c: char) -> bool {
        matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\t' | '\r' | '\n')
    }

    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Separator | Self::Value | Self::Literal, '"') => Self::String,
            (Self::Separator | Self::Value | Self::Literal, c) if Self::is_separator(c) => {
                Self::Separator
            }
            (Self::Separator | Self::Value | Self::Literal, _) => Self::Literal,
            (Self::String, '"') => Self::Literal,
            (Self::String, '\\') => Self::Backslash,
            (Self::Backslash, 'u') => Self::Unicode(4),
            (Self::Unicode(missing @ 2..), _) => Self::Unicode(missing - 1),
            (Self::String | Self::Backslash | Self::Unicode(_), _) => Self::String,
        }
    }
}
