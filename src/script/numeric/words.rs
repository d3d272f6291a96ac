//! The meaning of words in a language.

use super::grammar::{NumberParser, NumberToken, NumberTokenKind};
use super::text::TextPiece;

/// The words of a language, and its grammar of numbers.
pub(super) struct NumberLanguage {
    /// ISO 639-1.
    pub(super) code: &'static str,
    /// The meaning of each word. The words are folded by [`text::fold`](super::text::fold).
    pub(super) words: &'static [(&'static str, WordMeaning)],
    /// Whether several number words can be written as one word, as in German.
    pub(super) compounds: bool,
    /// Parses the longest number at the start of the tokens.
    pub(super) number: NumberParser,
    /// The language of text2num, for words that are not in `words`.
    pub(super) fallback: Option<fn() -> text2num::Language>,
}

/// The meaning of a word.
#[derive(Debug, Clone, Copy)]
pub(super) enum WordMeaning {
    /// The word belongs to a number.
    Is(NumberTokenKind<'static>),
    /// The word sounds like this digit.
    Like(u8),
    /// Ignored everywhere.
    Hesitation,
    /// Ignored before the first and after the last number word.
    Filler,
}

/// For languages without a table: only written digits are understood.
pub(super) static WRITTEN_DIGITS: NumberLanguage = NumberLanguage {
    code: "",
    words: &[],
    compounds: false,
    number: super::grammar::unit,
    fallback: None,
};

/// The tokens of all pieces; `None` if a word is unknown, or no word certainly belongs to a number.
pub(super) fn tokens<'a>(
    pieces: &[TextPiece<'a>],
    language: &NumberLanguage,
) -> Option<Vec<NumberToken<'a>>> {
    let mut builder = TokenBuilder::default();
    for piece in pieces {
        match *piece {
            TextPiece::Written(written) => builder.push(written_kind(written), false)?,
            TextPiece::Word(word, joined) => match language.meaning(word) {
                Some(WordMeaning::Is(kind)) => builder.push(kind, joined)?,
                Some(WordMeaning::Like(digit)) => builder.push_soundalike(digit)?,
                Some(WordMeaning::Hesitation) => {}
                Some(WordMeaning::Filler) => builder.has_ended = !builder.tokens.is_empty(),
                None => language
                    .compound_parts(word)?
                    .into_iter()
                    .try_for_each(|kind| builder.push(kind, true))?,
            },
        }
    }
    builder.has_certain_number.then_some(builder.tokens)
}

/// Collects the tokens of the numbers. A filler may not stand between them.
#[derive(Default)]
struct TokenBuilder<'a> {
    tokens: Vec<NumberToken<'a>>,
    /// A filler has followed the tokens.
    has_ended: bool,
    has_certain_number: bool,
}

impl<'a> TokenBuilder<'a> {
    /// Adds a token; `None` if a filler stands between it and an earlier token.
    fn push(&mut self, kind: NumberTokenKind<'a>, joined: bool) -> Option<()> {
        self.has_certain_number |= !matches!(
            kind,
            NumberTokenKind::And
                | NumberTokenKind::Article
                | NumberTokenKind::Repeat(_)
                | NumberTokenKind::Times
        );
        self.tokens.push(NumberToken { kind, joined });
        (!self.has_ended).then_some(())
    }

    fn push_soundalike(&mut self, digit: u8) -> Option<()> {
        self.tokens.push(NumberToken { kind: NumberTokenKind::Digit(digit), joined: false });
        (!self.has_ended).then_some(())
    }
}

/// A single written digit counts as the word for it.
fn written_kind(written: &str) -> NumberTokenKind<'_> {
    match written.as_bytes() {
        [digit @ b'0'..=b'9'] => NumberTokenKind::Digit(digit - b'0'),
        _ => NumberTokenKind::Written(written),
    }
}

impl NumberLanguage {
    pub(super) fn meaning(&self, word: &str) -> Option<WordMeaning> {
        self.words.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
    }

    /// Whether the table has the word, or all parts of the compound word.
    pub(super) fn knows_word(&self, word: &str) -> bool {
        self.meaning(word).is_some() || self.compound_parts(word).is_some()
    }

    /// Splits a compound word into number words. Each is the longest word of the table that fits.
    fn compound_parts(&self, word: &str) -> Option<Vec<NumberTokenKind<'static>>> {
        let mut parts = Vec::new();
        let mut rest = if self.compounds { word } else { return None };
        while !rest.is_empty() {
            let candidates = self.words.iter().filter_map(|(known, meaning)| {
                Some((rest.strip_prefix(known)?, meaning.in_compound()?))
            });
            let (remaining, kind) = candidates.min_by_key(|(remaining, _)| remaining.len())?;
            parts.push(kind);
            rest = remaining;
        }
        Some(parts)
    }
}

impl WordMeaning {
    fn in_compound(self) -> Option<NumberTokenKind<'static>> {
        match self {
            Self::Is(kind) => Some(kind),
            Self::Like(digit) => Some(NumberTokenKind::Digit(digit)),
            Self::Hesitation | Self::Filler => None,
        }
    }
}
