//! `play` and `say`: sounds and texts for the caller. Several tables have these keys.

use std::ops::Range;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use crate::config::table_reader::TableReader;
use crate::config::value::TextOrList;
use crate::script::definition::{Playlist, PromptPart};
use crate::script::template::{BraceSyntax, SpokenPhrase, parse_spoken};

/// The maximum number of characters of a text. Speech services accept about as many in a request.
const MAX_LENGTH: usize = 4000;

#[derive(Debug, Default)]
pub(crate) struct PlaylistKeys {
    play: Option<TextOrList>,
    say: Option<TextOrList>,
}

/// Whether a text can contain values of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallValues {
    Allowed,
    Refused,
}

impl PlaylistKeys {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(&["text", "tts", "speak", "message"], "a text to speak is `say`");
        table.explain(
            &["sound", "sounds", "file", "audio", "playback"],
            "a sound to play is `play`",
        );
        Self { play: table.text_or_list("play"), say: table.text_or_list("say") }
    }

    /// Whether both keys are missing.
    pub(super) fn is_empty(&self) -> bool {
        self.play.is_none() && self.say.is_none()
    }

    /// The sounds of `play`, then the texts of `say`.
    pub(super) fn playlist(&self, script: &ScriptContext<'_>) -> Playlist {
        self.parts(script, CallValues::Allowed)
    }

    /// A playlist that is the same in every call, so that its sounds can be created ahead of time.
    pub(super) fn fixed_playlist(&self, script: &ScriptContext<'_>) -> Playlist {
        self.parts(script, CallValues::Refused)
    }

    fn parts(&self, script: &ScriptContext<'_>, values: CallValues) -> Playlist {
        let (file, sounds) = (script.file, &script.load.sounds);
        let play = self.play.iter().flat_map(TextOrList::as_slice);
        let play = play.filter_map(|name| sounds.part(file, name.get_ref(), name.span()));
        let say = self.say.iter().flat_map(TextOrList::as_slice);
        let say = say.flat_map(|text| spoken(script, text, values));
        Playlist { parts: play.chain(say).collect() }
    }
}

fn spoken(
    script: &ScriptContext<'_>,
    text: &Spanned<String>,
    values: CallValues,
) -> Vec<PromptPart> {
    let file = script.file;
    script.warn_misleading_braces(text, 0..text.get_ref().len(), BraceSyntax::Doubled);
    let (phrases, errors) = parse_spoken(text.get_ref());
    if phrases.is_empty() && errors.is_empty() {
        let help = "write a text, or remove it";
        file.error_with_help(text.span(), "this text contains nothing to speak", help);
    }
    if text.get_ref().chars().count() > MAX_LENGTH {
        let help = format!("split it into a list of texts of at most {MAX_LENGTH} characters each");
        file.error_with_help(text.span(), "this text is too long", help);
    }
    file.report_placeholder_errors(text, errors);
    let part = |(at, phrase)| {
        let at = file.span_in(text, at);
        let has_value = matches!(phrase, SpokenPhrase::Value(..) | SpokenPhrase::SoundUrl(_));
        if has_value && values == CallValues::Refused {
            let help = "a reassurance is the same in every call: use the value in the prompt or in an \
                        outcome";
            file.error_with_help(at, "a value of the call cannot be used here", help);
            return None;
        }
        part(script, phrase, at)
    };
    let parts: Vec<_> = phrases.into_iter().filter_map(part).collect();
    check_engine(script, text, &parts);
    parts
}

fn part(script: &ScriptContext<'_>, phrase: SpokenPhrase, at: Range<usize>) -> Option<PromptPart> {
    match phrase {
        SpokenPhrase::Text(text) => Some(PromptPart::Text(text.into())),
        SpokenPhrase::Value(placeholder, how) => {
            script.check(&placeholder, at.clone());
            if script.load.serves_sounds && script.is_sensitive(&placeholder) {
                let message = "the switch keeps the sound of this sensitive value: it fetches sounds from \
                               [sound_server]";
                let help = "leave it out of the text, or share the folder `cache` with the switch";
                script.file.warn(at, message, help);
            }
            Some(PromptPart::Value(placeholder, how))
        }
        SpokenPhrase::Sound(name) => script.load.sounds.part(script.file, &name, at),
        SpokenPhrase::SoundUrl(placeholder) => {
            script.check_host(at.clone());
            script.check(&placeholder, at);
            Some(PromptPart::UrlValue(placeholder))
        }
    }
}

/// Warns about a text for which there is no text-to-speech engine.
fn check_engine(script: &ScriptContext<'_>, text: &Spanned<String>, parts: &[PromptPart]) {
    let has_engine = script.facts.names_engine || script.load.default_engine.is_some();
    if !has_engine
        && parts.iter().any(|part| matches!(part, PromptPart::Text(_) | PromptPart::Value(..)))
    {
        let help =
            "install espeak-ng, or configure an engine as `say` in [speech] of dialscript.toml";
        let message = "there is no text-to-speech engine for a text";
        script.file.warn_merged(text.span(), message, help);
    }
}
