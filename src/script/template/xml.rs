//! XML templates: finds the escape context of each placeholder.

use super::Template;
use super::parse::TemplatePiece;
use crate::script::escape::{CDATA_SPLIT, EscapeContext};

/// A part of an XML document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum XmlPosition {
    Text,
    Comment,
    Cdata,
    /// `<? … ?>` or `<!DOCTYPE … >`, with its end.
    Markup(&'static str),
    /// Between `<` and `>`, outside of quotes.
    Tag,
    /// In an attribute that ends with this quote.
    Quoted(char),
}

impl Template {
    /// An XML template: the escape context of each value depends on its position. Also returns the numbers of the
    /// pieces that are placeholders where no value can be escaped, such as in the name of an element.
    pub fn xml(pieces: impl IntoIterator<Item = TemplatePiece>) -> (Self, Vec<usize>) {
        let (mut template, mut misplaced) = (Self::default(), Vec::new());
        let mut position = XmlPosition::Text;
        for (number, piece) in pieces.into_iter().enumerate() {
            let is_placeholder = matches!(piece, TemplatePiece::Placeholder(_));
            if let TemplatePiece::Text(text) = &piece {
                position = position.advance(text);
            } else if position.escape_context().is_none() {
                misplaced.push(number);
            }
            if is_placeholder && position == XmlPosition::Cdata {
                template.split_cdata_after_bracket();
            }
            template.push(piece, position.escape_context().unwrap_or(EscapeContext::Xml));
        }
        (template, misplaced)
    }

    /// Together with `]` in front of it, a value or the text behind it could end the CDATA section.
    fn split_cdata_after_bracket(&mut self) {
        if self.ends_with_text("]") {
            self.push_text(CDATA_SPLIT);
        }
    }
}

impl XmlPosition {
    fn escape_context(self) -> Option<EscapeContext> {
        match self {
            Self::Text | Self::Quoted(_) => Some(EscapeContext::Xml),
            Self::Comment => Some(EscapeContext::XmlComment),
            Self::Cdata => Some(EscapeContext::XmlCdata),
            Self::Markup(_) | Self::Tag => None,
        }
    }

    /// The position after `text`.
    fn advance(self, text: &str) -> Self {
        let (mut position, mut rest) = (self, text);
        while let Some((next, after)) = position.next(rest) {
            (position, rest) = (next, after);
        }
        position
    }

    /// The next position in a text, and the rest of the text there. `None` if the text ends in this position.
    fn next(self, text: &str) -> Option<(Self, &str)> {
        let after = |end: &str| text.split_once(end).map(|(_, rest)| rest);
        match self {
            Self::Text => text.find('<').map(|start| Self::opened(&text[start..])),
            Self::Comment => Some((Self::Text, after("-->")?)),
            Self::Cdata => Some((Self::Text, after("]]>")?)),
            Self::Markup(end) => Some((Self::Text, after(end)?)),
            Self::Quoted(quote) => Some((Self::Tag, text.split_once(quote)?.1)),
            Self::Tag => {
                let at = text.find(['>', '"', '\''])?;
                let found = text[at..].chars().next()?;
                let position = if found == '>' { Self::Text } else { Self::Quoted(found) };
                Some((position, &text[at + 1..]))
            }
        }
    }

    /// The position after the `<` with which a text begins.
    fn opened(text: &str) -> (Self, &str) {
        let openings = [
            ("<!--", Self::Comment),
            ("<![CDATA[", Self::Cdata),
            ("<?", Self::Markup("?>")),
            ("<!", Self::Markup(">")),
            ("<", Self::Tag),
        ];
        let mut openings = openings.into_iter();
        let opened =
            openings.find_map(|(begin, position)| Some((position, text.strip_prefix(begin)?)));
        opened.unwrap_or((Self::Text, ""))
    }
}
