//! What words mean in a language.

use super::grammar::{Kind, Number, Token};
use super::text::Piece;

/// A language: its words, and how numbers are made of them.
pub(super) struct Language {
    /// ISO 639-1.
    pub(super) code: &'static str,
    /// What each word means. Folded, as [`text::fold`](super::text::fold) does.
    pub(super) words: &'static [(&'static str, Word)],
    /// Whether words of numbers are written as one.
    pub(super) compounds: bool,
    /// The longest number at the beginning of some words.
    pub(super) number: Number,
    /// For what is not in `words`.
    pub(super) fallback: Option<fn() -> text2num::Language>,
}

/// What a word means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    /// It is of a number.
    Is(Kind<'static>),
    /// It sounds like this digit.
    Like(u8),
    /// It means nothing, wherever it stands.
    Hesitation,
    /// It means nothing before or behind a number.
    Filler,
}

/// No language: digits that are written.
pub(super) static WRITTEN: Language = Language {
    code: "",
    words: &[],
    compounds: false,
    number: super::grammar::unit,
    fallback: None,
};

/// What all pieces mean; `None` where one means nothing here, or none is surely of a number.
pub(super) fn tokens<'a>(pieces: &[Piece<'a>], language: &Language) -> Option<Vec<Token<'a>>> {
    let mut row = Row::default();
    for piece in pieces {
        match *piece {
            Piece::Written(written) => row.push(kind(written), false)?,
            Piece::Word(word, joined) => match language.meaning(word) {
                Some(Word::Is(kind)) => row.push(kind, joined)?,
                Some(Word::Like(digit)) => row.push_like(digit)?,
                Some(Word::Hesitation) => {}
                Some(Word::Filler) => row.is_over = !row.tokens.is_empty(),
                None => {
                    language.parts(word)?.into_iter().try_for_each(|kind| row.push(kind, true))?
                }
            },
        }
    }
    row.is_sure.then_some(row.tokens)
}

/// The words of the numbers, which stand together: fillers between them are none.
#[derive(Default)]
struct Row<'a> {
    tokens: Vec<Token<'a>>,
    is_over: bool,
    is_sure: bool,
}

impl<'a> Row<'a> {
    fn push(&mut self, kind: Kind<'a>, joined: bool) -> Option<()> {
        self.is_sure |= !matches!(kind, Kind::And | Kind::Article | Kind::Repeat(_) | Kind::Fold);
        self.tokens.push(Token { kind, joined });
        (!self.is_over).then_some(())
    }

    fn push_like(&mut self, digit: u8) -> Option<()> {
        self.tokens.push(Token { kind: Kind::Digit(digit), joined: false });
        (!self.is_over).then_some(())
    }
}

/// One written digit is as good as a word for it.
fn kind(written: &str) -> Kind<'_> {
    match written.as_bytes() {
        [digit @ b'0'..=b'9'] => Kind::Digit(digit - b'0'),
        _ => Kind::Written(written),
    }
}

impl Language {
    pub(super) fn meaning(&self, word: &str) -> Option<Word> {
        self.words.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
    }

    /// Whether a word means anything by itself, or as several.
    pub(super) fn has(&self, word: &str) -> bool {
        self.meaning(word).is_some() || self.parts(word).is_some()
    }

    /// A word made of words for numbers; each is the longest that fits.
    fn parts(&self, word: &str) -> Option<Vec<Kind<'static>>> {
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

impl Word {
    fn in_compound(self) -> Option<Kind<'static>> {
        match self {
            Self::Is(kind) => Some(kind),
            Self::Like(digit) => Some(Kind::Digit(digit)),
            Self::Hesitation | Self::Filler => None,
        }
    }
}
