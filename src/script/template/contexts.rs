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

    /// A JSON template: values inside and outside of quotes have different escape contexts.
    pub fn json(pieces: impl IntoIterator<Item = TemplatePiece>) -> Self {
        let mut template = Self::default();
        let mut quoted = false;
        for piece in pieces {
            if let TemplatePiece::Text(text) = &piece {
                quoted = ends_inside_quotes(text, quoted);
            }
            template.push(
                piece,
                if quoted { EscapeContext::JsonString } else { EscapeContext::JsonValue },
            );
        }
        template
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

/// Whether a JSON text ends inside of a string; `quoted` says whether it starts inside of one.
fn ends_inside_quotes(text: &str, mut quoted: bool) -> bool {
    let mut escaped = false;
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}
