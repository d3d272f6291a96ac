//! `[prompt]`: what the caller hears first.

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::playlist::PlaylistKeys;
use super::voice;
use crate::config::table_reader::TableReader;
use crate::config::value::{WholeNumber, flag};
use crate::script::definition::ScriptPrompt;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["repeat", "answer", "play", "say"];

const REPEAT_HELP: &str = "how often the prompt is played again is `repeat`: write `repeat = 2`";

#[derive(Debug)]
pub(crate) struct PromptTable {
    pub(super) sounds: PlaylistKeys,
    repeat: Option<Spanned<WholeNumber>>,
    answer: Option<Spanned<bool>>,
}

impl PromptTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(&["retries", "retry", "attempts", "max_retries", "tries"], REPEAT_HELP);
        table.explain(&["language", "lang", "locale"], voice::LANGUAGE_HELP);
        Self {
            sounds: PlaylistKeys::read(table),
            repeat: table.take("repeat"),
            answer: table.take("answer"),
        }
    }

    /// `repeat`, unless it is 0.
    pub(super) fn repeat(&self) -> Option<&Spanned<WholeNumber>> {
        self.repeat.as_ref().filter(|repeat| repeat.get_ref().0 > 0)
    }

    /// `script` is the context before the request.
    pub(super) fn prompt(&self, script: &ScriptContext<'_>) -> ScriptPrompt {
        let repeat = script.file.number(self.repeat.as_ref(), 0..=99, 0);
        ScriptPrompt {
            sounds: self.sounds.playlist(script),
            repeat: u32::try_from(repeat).unwrap_or_default(),
            stay_unanswered: !flag(self.answer.as_ref(), true),
        }
    }
}
