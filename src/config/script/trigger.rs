//! `[trigger]`: the script's request, and what the caller hears until the answer comes.

use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::playlist::PlaylistKeys;
use super::request::{RequestTable, Waiting};
use crate::config::bounds::secs;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, FromText, ParsedText, TextOrList, flag};
use crate::script::definition::{
    HoldMediaTemplate, HoldMusicSource, ReassuranceTemplate, ScriptTrigger,
};

/// Keys that belong here, beside those of the request, and not in another table.
pub(super) const OWN_KEYS: &[&str] = &["background", "music", "music_after", "keys", "reassure"];

/// Keys that belong in `[trigger.reassure]`.
pub(super) const REASSURE_KEYS: &[&str] = &["every"];

const REASSURE_EXAMPLE: &str =
    "write a line `[trigger.reassure]` and below it `say = \"One moment, please.\"`";

#[derive(Debug)]
pub(crate) struct TriggerTable {
    pub(super) request: RequestTable,
    background: Option<Spanned<bool>>,
    music: Option<TextOrList>,
    music_after: Option<Spanned<DurationValue>>,
    reassure: Option<ReassureTable>,
    keys: Option<Spanned<ParsedText<KeysMeanwhile>>>,
}

/// What becomes of keys that are pressed before the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeysMeanwhile {
    Drop,
    Keep,
}

impl FromText for KeysMeanwhile {
    const EXPECTED: &'static str = "\"drop\" or \"keep\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "drop" => Some(Self::Drop),
            "keep" => Some(Self::Keep),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct ReassureTable {
    span: Range<usize>,
    sounds: PlaylistKeys,
    every: Option<Spanned<DurationValue>>,
}

impl TriggerTable {
    pub(super) fn read(mut table: TableReader<'_, '_>) -> Self {
        let trigger = Self {
            background: table.take("background"),
            music: table.text_or_list("music"),
            music_after: table.take("music_after"),
            reassure: ReassureTable::read(&mut table),
            keys: table.take("keys"),
            request: RequestTable::read_keys(&mut table),
        };
        table.finish();
        trigger
    }

    pub(super) fn is_background(&self) -> bool {
        flag(self.background.as_ref(), false)
    }

    /// `script` is as it is before the request.
    pub(super) fn trigger(&self, script: &ScriptContext<'_>) -> ScriptTrigger {
        let waiting = if self.is_background() { Waiting::Nobody } else { Waiting::Caller };
        ScriptTrigger { hold_media: self.music(script), ..self.request.request(script, waiting) }
    }

    fn music(&self, script: &ScriptContext<'_>) -> HoldMediaTemplate {
        let (file, default) = (script.file, script.load.defaults.music_after);
        HoldMediaTemplate {
            delay: file.duration(self.music_after.as_ref(), secs(0, 10), default),
            music: self.music.as_ref().map(|music| self.source(script, music)),
            reassurance: self.reassure.as_ref().map(|reassure| reassure.reassurance(script)),
            keep_type_ahead: self
                .keys
                .as_ref()
                .is_some_and(|keys| keys.get_ref().0 == KeysMeanwhile::Keep),
        }
    }

    fn source(&self, script: &ScriptContext<'_>, music: &TextOrList) -> HoldMusicSource {
        script.load.sounds.music(script.file, music)
    }

    /// Reports all keys that make sense only where the caller waits for the answer.
    pub(super) fn check_nobody_waits(&self, file: &TomlFile, message: &str, help: &str) {
        let music = self.music.iter().flat_map(TextOrList::as_slice).map(Spanned::span);
        let after = self.music_after.as_ref().map(Spanned::span);
        let reassure = self.reassure.as_ref().map(|reassure| reassure.span.clone());
        let keys = self.keys.as_ref().map(Spanned::span);
        for span in music.chain(after).chain(reassure).chain(keys) {
            file.error_with_help(span, message, help);
        }
    }
}

impl ReassureTable {
    fn read(of: &mut TableReader<'_, '_>) -> Option<Self> {
        let mut table = of.table_or_help("reassure", REASSURE_EXAMPLE)?;
        let reassure = Self {
            span: table.span.clone(),
            sounds: PlaylistKeys::read(&mut table),
            every: table.take("every"),
        };
        table.finish();
        Some(reassure)
    }

    fn reassurance(&self, script: &ScriptContext<'_>) -> ReassuranceTemplate {
        if self.sounds.is_empty() {
            let help = "add `say = \"One moment, please.\"`, or `play` with a sound";
            let message = "nothing is heard by this";
            script.file.error_with_help(self.span.clone(), message, help);
        }
        let default = Duration::from_secs(10);
        let every = script.file.duration(self.every.as_ref(), secs(3, 60), default);
        ReassuranceTemplate { every, sounds: self.sounds.fixed_playlist(script) }
    }
}
