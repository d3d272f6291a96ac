//! Names and values in a query string or in a table.
//!
//! A text is split and decoded after its placeholders are found, so `&` and `=` inside of braces are not separators.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;

use crate::config::script::context::{ScriptContext, SpannedPiece};
use crate::config::value::TextOrTable;
use crate::script::template::{BraceSyntax, TemplatePiece};

/// A name and its value, both decoded.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PayloadPair {
    /// The range in the text while it is split, then the range in the file.
    pub(super) at: Range<usize>,
    pub(super) name: Vec<TemplatePiece>,
    pub(super) value: Option<Vec<TemplatePiece>>,
}

/// How a query string is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PairDecoding {
    /// Only `%XX`, for headers.
    Percent,
    /// `%XX`, and `+` as a space.
    Form,
}

/// All pairs in the order of the file. Names and values in a table are not decoded.
pub(super) fn pairs(
    script: &ScriptContext<'_>,
    given: &TextOrTable,
    decoding: PairDecoding,
) -> Vec<PayloadPair> {
    match given {
        TextOrTable::Text(text) => split(script.spanned_pieces(text, BraceSyntax::Doubled))
            .into_iter()
            .map(|pair| PayloadPair { at: script.file.span_in(text, pair.at.clone()), ..pair })
            .filter_map(|pair| pair.decoded(script, decoding))
            .collect(),
        TextOrTable::Table(table) => table
            .iter()
            .map(|(name, value)| PayloadPair {
                at: name.span(),
                name: script.pieces(name, BraceSyntax::Doubled),
                value: Some(script.pieces(value, BraceSyntax::Doubled)),
            })
            .collect(),
    }
}

/// Splits at each `&`, and each pair at its first `=`. Empty pairs are dropped.
fn split(pieces: Vec<SpannedPiece>) -> Vec<PayloadPair> {
    let mut pairs = Vec::new();
    let mut pair = PayloadPair::default();
    for (at, piece) in pieces {
        let TemplatePiece::Text(text) = piece else {
            pair.push(at, piece);
            continue;
        };
        let mut start = at.start;
        for (n, part) in text.split('&').enumerate() {
            if n > 0 {
                pairs.push(std::mem::take(&mut pair));
            }
            pair.push_text(start..start + part.len(), part);
            start += part.len() + 1;
        }
    }
    pairs.push(pair);
    pairs.retain(|pair| !pair.name.is_empty() || pair.value.is_some());
    pairs
}

impl PayloadPair {
    fn push_text(&mut self, at: Range<usize>, text: &str) {
        match (self.value.is_none(), text.split_once('=')) {
            (true, Some((name, value))) => {
                self.push_literal(at.start..at.start + name.len(), name);
                self.value = Some(Vec::new());
                self.push_literal(at, value);
            }
            _ => self.push_literal(at, text),
        }
    }

    fn push_literal(&mut self, at: Range<usize>, text: &str) {
        if !text.is_empty() {
            self.push(at, TemplatePiece::Text(text.to_owned()));
        }
    }

    fn push(&mut self, at: Range<usize>, piece: TemplatePiece) {
        self.at = if self.at.is_empty() { at } else { self.at.start..at.end };
        self.value.as_mut().unwrap_or(&mut self.name).push(piece);
    }

    fn decoded(self, script: &ScriptContext<'_>, decoding: PairDecoding) -> Option<Self> {
        let name = decoding.pieces(self.name);
        let value = match self.value {
            Some(value) => decoding.pieces(value).map(Some),
            None => Some(None),
        };
        let decoded =
            name.zip(value).map(|(name, value)| Self { at: self.at.clone(), name, value });
        if decoded.is_none() {
            let help = "write non-ASCII characters as they are, or escape their bytes in UTF-8";
            script.file.error_with_help(self.at, "the %XX escapes are not valid UTF-8", help);
        }
        decoded
    }
}

impl PairDecoding {
    fn pieces(self, pieces: Vec<TemplatePiece>) -> Option<Vec<TemplatePiece>> {
        pieces.into_iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(self, piece: TemplatePiece) -> Option<TemplatePiece> {
        let TemplatePiece::Text(text) = piece else { return Some(piece) };
        let text = match self {
            Self::Form => Cow::Owned(text.replace('+', " ")),
            Self::Percent => Cow::Borrowed(text.as_str()),
        };
        let decoded = percent_decode_str(&text).decode_utf8().ok()?;
        Some(TemplatePiece::Text(decoded.into_owned()))
    }
}
