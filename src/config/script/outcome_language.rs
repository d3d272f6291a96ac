//! Warns about what is missing for the language that an outcome sets: voices, sounds, and spoken numbers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::context::LoadContext;
use crate::config::engine_params::as_language;
use crate::config::file::TomlFile;
use crate::script::definition::{Playlist, PromptPart, RecordedSounds, Script, SpeechFilter};
use crate::script::language_code::is_same_language;
use crate::script::numeric;
use crate::voice::settings::TtsEngine;

/// The values of `language` in the outcomes of one script file.
#[derive(Debug, Default)]
pub(super) struct OutcomeLanguages(Vec<Spanned<String>>);

/// What callers hear in the language that a script sets, until another one is set.
struct HeardInLanguage<'s> {
    language: &'s str,
    /// The scripts that can run in this language.
    scripts: Vec<&'s Script>,
    /// Sounds follow the language of the call.
    playlists: Vec<&'s Playlist>,
    /// Those whose texts follow it too, each with its script: the script has no language of its own.
    spoken: Vec<(&'s Script, &'s Playlist)>,
}

impl<'s> FromIterator<&'s Spanned<String>> for OutcomeLanguages {
    fn from_iter<I: IntoIterator<Item = &'s Spanned<String>>>(languages: I) -> Self {
        Self(languages.into_iter().cloned().collect())
    }
}

impl OutcomeLanguages {
    /// Gives each kind of warning once for each language, at its first place.
    pub(super) fn check(
        &self,
        script: &Script,
        file: &TomlFile,
        load: &LoadContext,
        scripts: &HashMap<&str, &Script>,
    ) {
        for language in script.outcome_languages() {
            let Some(at) = self.place_of(language) else { continue };
            let heard = HeardInLanguage::after(script, language, scripts);
            heard.check_voices(file, &at, load);
            heard.check_sounds(file, &at, load);
            heard.check_numbers(file, &at);
        }
    }

    fn place_of(&self, language: &str) -> Option<Range<usize>> {
        let given = self.0.iter().find(|given| as_language(given.get_ref()) == language);
        given.map(Spanned::span)
    }
}

impl<'s> HeardInLanguage<'s> {
    fn after(script: &'s Script, language: &'s str, by_name: &HashMap<&str, &'s Script>) -> Self {
        let scripts = script.scripts_in_language(language, |name| by_name.get(name).copied());
        let own = || script.outcomes_in(language).map(|outcome| (script, &outcome.sounds));
        let later = || {
            scripts.iter().flat_map(|&later| {
                later.playlists_in_call_language().map(move |playlist| (later, playlist))
            })
        };
        let follows = |(later, _): &(&Script, &Playlist)| later.voice_params.language.is_none();
        Self {
            language,
            playlists: own().chain(later()).map(|(_, playlist)| playlist).collect(),
            spoken: own().chain(later().filter(follows)).collect(),
            scripts,
        }
    }

    fn check_voices(&self, file: &TomlFile, at: &Range<usize>, load: &LoadContext) {
        let language = self.language;
        let is_text =
            |part: &PromptPart| matches!(part, PromptPart::Text(_) | PromptPart::Value(..));
        let texts = self.spoken.iter().filter(|(_, playlist)| playlist.parts.iter().any(is_text));
        let mut engines = texts.filter_map(|(script, _)| engine_of(script, load));
        if let Some(engine) = engines.find(|engine| !engine.speaks(language)) {
            let message = format!("the engine {} may have no voice for `{language}`", engine.name);
            let help =
                format!("add the name of one to the engine: `voices = {{ {language} = \"...\" }}`");
            file.warn_merged(at.clone(), message, help);
        }
    }

    /// Sounds without a language are taken for those of the engine's language, so they are not missing in it.
    fn check_sounds(&self, file: &TomlFile, at: &Range<usize>, load: &LoadContext) {
        let language = self.language;
        let parts = self.playlists.iter().flat_map(|playlist| &playlist.parts);
        let recorded = parts.filter_map(|part| match part {
            PromptPart::Recorded(recorded) => Some((recorded, recorded.library_name.as_ref()?)),
            _ => None,
        });
        let sounds: Vec<_> = recorded.collect();
        let import = format!("dialscript sounds import --language {language}");
        if let Some((_, name)) = sounds.iter().find(|(sound, _)| is_foreign(sound, language)) {
            let message =
                format!("the sound `{name}` is heard in another language than `{language}`");
            file.warn(at.clone(), message, format!("add it: `{import} --name {name} FILE`"));
        } else if !sounds.is_empty()
            && !load.sounds.has_language(language)
            && !is_same_language(language, load.engine_language())
        {
            let message = format!("the library has no folder of sounds for `{language}`");
            let help = format!(
                "add the sounds: `{import} FILE`; if those without a language are meant, create an empty folder"
            );
            file.warn_merged(at.clone(), message, help);
        }
    }

    fn check_numbers(&self, file: &TomlFile, at: &Range<usize>) {
        let language = self.language;
        let asks_for_number = |script: &&&Script| {
            let speech = script.speech.iter().filter(|speech| speech.language.is_none());
            speech.map(|speech| speech.filter).any(|filter| filter == SpeechFilter::Numeric)
        };
        let asking = self.scripts.iter().find(asks_for_number);
        if let Some(script) = asking.filter(|_| !numeric::supports(language)) {
            let message = format!(
                "spoken numbers in `{language}` are not supported, and the script `{}` asks for them",
                script.name
            );
            let help = "callers can enter them by [keypress] there";
            file.warn(at.clone(), message, help);
        }
    }
}

/// The engine for the texts of a script.
fn engine_of<'l>(script: &Script, load: &'l LoadContext) -> Option<&'l Arc<TtsEngine>> {
    match &script.voice_params.engine {
        Some(name) => load.named_engines.get(&**name),
        None => load.default_engine.as_ref(),
    }
}

/// Whether the sound of another language is played, because the library has the sound only in other languages.
fn is_foreign(recorded: &RecordedSounds, language: &str) -> bool {
    let mut of_languages = recorded.by_language.values();
    !recorded.has_language(language)
        && of_languages.any(|sounds| Arc::ptr_eq(sounds, &recorded.default))
}
