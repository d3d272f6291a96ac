//! `[trigger]`: the request of a script, and what the caller hears until the answer arrives.

use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::playlist::PlaylistKeys;
use super::request::{RequestMode, RequestTable};
use crate::channel::KeySet;
use crate::config::bounds::secs;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, FromText, ParsedText, TextOrList, flag};
use crate::script::definition::{HoldMediaTemplate, ReassuranceTemplate, ScriptTrigger};

/// Keys that belong only in this table. Those of the request have their own list.
pub(super) const OWN_KEYS: &[&str] = &["background", "music", "music_after", "keys", "reassure"];

/// Keys that belong only in `[trigger.reassure]`.
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
    keys: Option<Spanned<ParsedText<TypeAheadPolicy>>>,
}

/// Whether keypresses that arrive before the answer are dropped, or kept for the next input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TypeAheadPolicy {
    Drop,
    Keep,
}

impl FromText for TypeAheadPolicy {
    const EXPECTED: &'static str = "\"drop\" or \"keep\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "drop" => Some(Self::Drop),
            "keep" => Some(Self::Keep),
            _ => None,
        }
    }

    fn suggestion(text: &str) -> Option<String> {
        let names_keys = KeySet::ALL.contains_all(&text.replace('-', ""));
        names_keys.then(|| "which keys are input is `keys` of [keypress]".to_owned())
    }
}

#[derive(Debug)]
struct ReassureTable {
    span: Range<usize>,
    sounds: PlaylistKeys,
    every: Option<Spanned<DurationValue>>,
}

/// Reads `[hangup]` or `[ended]`: a request that no caller ever waits for.
pub(super) fn read_report(table: &mut TableReader<'_, '_>) -> RequestTable {
    table.explain(OWN_KEYS, "no caller waits for this request: remove this line");
    RequestTable::read(table)
}

impl TriggerTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            background: table.take("background"),
            music: table.text_or_list("music"),
            music_after: table.take("music_after"),
            reassure: table
                .table_or_help("reassure", REASSURE_EXAMPLE)
                .map(|table| table.read_whole(ReassureTable::read)),
            keys: table.take("keys"),
            request: RequestTable::read(table),
        }
    }

    pub(super) fn is_background(&self) -> bool {
        flag(self.background.as_ref(), false)
    }

    /// `script` is the context before the request.
    pub(super) fn trigger(&self, script: &ScriptContext<'_>) -> ScriptTrigger {
        let mode =
            if self.is_background() { RequestMode::Background } else { RequestMode::CallerWaits };
        ScriptTrigger { hold_media: self.hold_media(script), ..self.request.request(script, mode) }
    }

    fn hold_media(&self, script: &ScriptContext<'_>) -> HoldMediaTemplate {
        let (file, default) = (script.file, script.load.defaults.music_after);
        HoldMediaTemplate {
            delay: file.duration(self.music_after.as_ref(), secs(0, 10), default),
            music: self.music.as_ref().map(|music| script.load.sounds.music(file, music)),
            reassurance: self.reassure.as_ref().map(|reassure| reassure.reassurance(script)),
            keep_type_ahead: self
                .keys
                .as_ref()
                .is_some_and(|keys| keys.get_ref().0 == TypeAheadPolicy::Keep),
        }
    }

    /// Reports the keys that have no effect on a background request.
    pub(super) fn check_background(&self, file: &TomlFile, message: &str, help: &str) {
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
    fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            span: table.span.clone(),
            sounds: PlaylistKeys::read(table),
            every: table.take("every"),
        }
    }

    fn reassurance(&self, script: &ScriptContext<'_>) -> ReassuranceTemplate {
        if self.sounds.is_empty() {
            let help = "add `say = \"One moment, please.\"`, or `play` with a sound";
            let message = "a reassurance needs `say` or `play`";
            script.file.error_with_help(self.span.clone(), message, help);
        }
        let default = Duration::from_secs(10);
        let every = script.file.duration(self.every.as_ref(), secs(3, 60), default);
        ReassuranceTemplate { every, sounds: self.sounds.fixed_playlist(script) }
    }
}
