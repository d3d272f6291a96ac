//! What is typed in `[trigger]` about the time until the answer.

use std::ops::Range;

use serde_spanned::Spanned;

use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, FromText, ParsedText, TextOrList};

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) music: Option<TextOrList>,
    pub(crate) music_after: Option<Spanned<DurationValue>>,
    pub(crate) reassure: Option<Reassure>,
    pub(crate) keys: Option<Spanned<ParsedText<Keys>>>,
}

#[derive(Debug)]
pub(crate) struct Reassure {
    pub(crate) span: Range<usize>,
    pub(crate) play: Option<TextOrList>,
    pub(crate) say: Option<TextOrList>,
    pub(crate) every: Option<Spanned<DurationValue>>,
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
    pub(crate) fn read(section: &mut TableReader<'_, '_>) -> Self {
        Self {
            music: section.text_or_list("music"),
            music_after: section.take("music_after"),
            reassure: section.table_or_help("reassure", EXAMPLE).map(Reassure::read),
            keys: section.take("keys"),
        }
    }

    /// The places of all that was typed.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        let music = self.music.iter().flat_map(TextOrList::as_slice).map(Spanned::span);
        let after = self.music_after.as_ref().map(Spanned::span);
        let reassure = self.reassure.as_ref().map(|reassure| reassure.span.clone());
        let keys = self.keys.as_ref().map(Spanned::span);
        music.chain(after).chain(reassure).chain(keys)
    }
}

impl Reassure {
    fn read(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            play: section.text_or_list("play"),
            say: section.text_or_list("say"),
            every: section.take("every"),
        };
        section.finish();
        raw
    }
}
