//! What is typed in `[trigger]` about the time until the answer.

use std::ops::Range;

use serde_spanned::Spanned;

use super::{FromText, Parsed, Texts, Time};
use crate::config::section::Section;

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) music: Option<Texts>,
    pub(crate) music_after: Option<Spanned<Time>>,
    pub(crate) reassure: Option<Reassure>,
    pub(crate) keys: Option<Spanned<Parsed<Keys>>>,
}

#[derive(Debug)]
pub(crate) struct Reassure {
    pub(crate) span: Range<usize>,
    pub(crate) play: Option<Texts>,
    pub(crate) say: Option<Texts>,
    pub(crate) every: Option<Spanned<Time>>,
}

const EXAMPLE: &str =
    "write a line `[trigger.reassure]` and below it `say = \"One moment, please.\"`";

/// What becomes of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    Drop,
    Keep,
}

impl FromText for Keys {
    const EXPECTED: &'static str = "\"drop\" or \"keep\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "drop" => Some(Self::Drop),
            "keep" => Some(Self::Keep),
            _ => None,
        }
    }
}

impl Waiting {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            music: section.texts("music"),
            music_after: section.take("music_after"),
            reassure: section.table_such_as("reassure", EXAMPLE).map(Reassure::read),
            keys: section.take("keys"),
        }
    }

    /// The places of all that was typed.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        let music = self.music.iter().flat_map(Texts::as_slice).map(Spanned::span);
        let after = self.music_after.as_ref().map(Spanned::span);
        let reassure = self.reassure.as_ref().map(|reassure| reassure.span.clone());
        let keys = self.keys.as_ref().map(Spanned::span);
        music.chain(after).chain(reassure).chain(keys)
    }
}

impl Reassure {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            play: section.texts("play"),
            say: section.texts("say"),
            every: section.take("every"),
        };
        section.finish();
        raw
    }
}
