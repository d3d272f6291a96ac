//! What words mean in a language.

use super::grammar::{NumberParser, NumberToken, NumberTokenKind};
use super::text::TextPiece;

/// A language: its words, and how numbers are made of them.
pub(super) struct NumberLanguage {
    /// ISO 639-1.
    pub(super) code: &'static str,
    /// What each word means. Folded, as [`text::fold`](super::text::fold) does.
    pub(super) words: &'static [(&'static str, WordMeaning)],
    /// Whether words of numbers are written as one.
    pub(super) compounds: bool,
    /// The longest number at the beginning of some words.
    pub(super) number: NumberParser,
    /// For what is not in `words`.
    pub(super) fallback: Option<fn() -> text2num::Language>,
}

/// What a word means.
#[derive(Debug, Clone, Copy)]
pub(super) enum WordMeaning {
    /// It is of a number.
    Is(NumberTokenKind<'static>),
    /// It sounds like this digit.
    Like(u8),
    /// It means nothing, wherever it stands.
    Hesitation,
    /// It means nothing before or behind a number.
    Filler,
}

/// No language: digits that are written.
pub(super) static WRITTEN_DIGITS: NumberLanguage = NumberLanguage {
    code: "",
    words: &[],
    compounds: false,
    number: super::grammar::unit,
    fallback: None,
};

/// What all pieces mean; `None` where one means nothing here, or none is surely of a number.
pub(super) fn tokens<'a>(
    pieces: &[TextPiece<'a>],
    language: &NumberLanguage,
) -> Option<Vec<NumberToken<'a>>> {
    let mut row = TokenRow::default();
    for piece in pieces {
        match *piece {
            TextPiece::Written(written) => row.push(written_kind(written), false)?,
            TextPiece::Word(word, joined) => match language.meaning(word) {
                Some(WordMeaning::Is(kind)) => row.push(kind, joined)?,
                Some(WordMeaning::Like(digit)) => row.push_soundalike(digit)?,
                Some(WordMeaning::Hesitation) => {}
                Some(WordMeaning::Filler) => row.has_ended = !row.tokens.is_empty(),
                None => language
                    .compound_parts(word)?
                    .into_iter()
                    .try_for_each(|kind| row.push(kind, true))?,
            },
        }
    }
    row.has_certain_number.then_some(row.tokens)
}

/// The words of the numbers, which stand together: fillers between them are none.
#[derive(Default)]
struct TokenRow<'a> {
    tokens: Vec<NumberToken<'a>>,
    has_ended: bool,
    has_certain_number: bool,
}

impl<'a> TokenRow<'a> {
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

/// One written digit is as good as a word for it.
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

    /// Whether a word means anything by itself, or as several.
    pub(super) fn knows_word(&self, word: &str) -> bool {
        self.meaning(word).is_some() || self.compound_parts(word).is_some()
    }

    /// A word made of words for numbers; each is the longest that fits.
    fn compound_parts(&self, word: &str) -> Option<Vec<NumberTokenKind<'static>>> {
        let mut parts = Vec::new();
        let mut rest = if self.compounds { word } else { return None };
        while !rest.is_empty() {
            let fitting = self.words.iter().filter_map(|(known, meaning)| {
                Some((rest.strip_prefix(known)?, meaning.in_compound()?))
            });
            let (behind, kind) = fitting.min_by_key(|(behind, _)| behind.len())?;
            parts.push(kind);
            rest = behind;
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
