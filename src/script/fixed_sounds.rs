//! Lists the sounds that are the same in every call, so that they can be rendered before a caller waits for them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::script::definition::{Playlist, PromptPart, SayAs, Script, ScriptLibrary};
use crate::script::template::RedactedText;
use crate::script::voice::{SoundRequest, VoiceParams};

impl ScriptLibrary {
    /// All fixed texts with the voice of their script, in all languages that the call can have, all fixed URLs, and the
    /// ten digits where a script speaks a value digit by digit. Ordered by script name, without duplicates.
    pub fn fixed_sounds(&self) -> impl Iterator<Item = SoundRequest> {
        let mut scripts: Vec<_> = self.scripts.values().collect();
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        let languages = self.languages_of_scripts();
        let mut sounds = FixedSounds::default();
        for script in scripts {
            sounds.add_script(
                script,
                languages.get(script.name.as_str()).unwrap_or(&BTreeSet::new()),
            );
        }
        sounds.requests.into_iter()
    }

    /// For each script, by its name, the languages that outcomes of other scripts, or its own, may have set when it
    /// begins or asks again.
    fn languages_of_scripts(&self) -> HashMap<&str, BTreeSet<&Arc<str>>> {
        let mut languages: HashMap<_, BTreeSet<_>> = HashMap::new();
        let find = |name: &str| self.scripts.get(name).map(|script| &**script);
        for script in self.scripts.values() {
            for language in script.outcome_languages() {
                for later in script.scripts_in_language(language, find) {
                    languages.entry(later.name.as_str()).or_default().insert(language);
                }
            }
        }
        languages
    }
}

#[derive(Default)]
struct FixedSounds {
    /// Texts with their voice, and URLs without one.
    seen: HashSet<(Option<Arc<VoiceParams>>, Arc<str>)>,
    requests: Vec<SoundRequest>,
}

impl FixedSounds {
    /// `languages` are those that the call can have besides that of the channel.
    fn add_script(&mut self, script: &Script, languages: &BTreeSet<&Arc<str>>) {
        let own = &script.voice_params;
        let in_call = languages.iter().filter(|_| own.language.is_none());
        let in_call = in_call.map(|language| Arc::new(own.in_call_language(language)));
        let voices: Vec<_> = std::iter::once(own.clone()).chain(in_call).collect();
        for playlist in script.playlists_in_call_language() {
            voices.iter().for_each(|voice_params| self.add_playlist(playlist, voice_params));
        }
        for language in script.outcome_languages() {
            let voice_params = Arc::new(own.in_outcome_language(language));
            let outcomes = script.outcomes_in(language);
            outcomes.for_each(|outcome| self.add_playlist(&outcome.sounds, &voice_params));
        }
    }

    fn add_playlist(&mut self, playlist: &Playlist, voice_params: &Arc<VoiceParams>) {
        for part in &playlist.parts {
            match part {
                PromptPart::Text(text) => self.add_text(text.clone(), voice_params),
                PromptPart::Url(url) => self.add_url(url.clone()),
                PromptPart::Value(_, SayAs::Digits | SayAs::Keys) => {
                    ('0'..='9')
                        .for_each(|digit| self.add_text(digit.to_string().into(), voice_params));
                }
                PromptPart::Value(..) | PromptPart::Recorded(_) | PromptPart::UrlValue(_) => {}
            }
        }
    }

    fn add_text(&mut self, text: Arc<str>, voice_params: &Arc<VoiceParams>) {
        if self.seen.insert((Some(voice_params.clone()), text.clone())) {
            let text = RedactedText::public(text.to_string());
            self.requests.push(SoundRequest::Text { text, voice_params: voice_params.clone() });
        }
    }

    fn add_url(&mut self, url: Arc<str>) {
        if self.seen.insert((None, url.clone())) {
            let url = RedactedText::public(url.to_string());
            self.requests.push(SoundRequest::Url { url, decides_host: false });
        }
    }
}

impl Script {
    /// Everything that callers may hear: the prompt, music on hold and reassurances, and the sounds of all outcomes.
    pub(crate) fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let outcomes = self.outcomes().map(|outcome| &outcome.sounds);
        self.playlists_before_outcomes().chain(outcomes)
    }

    /// The prompt, music on hold and reassurances.
    pub(crate) fn playlists_before_outcomes(&self) -> impl Iterator<Item = &Playlist> {
        let hold_media = self.trigger.iter().flat_map(|trigger| trigger.hold_media.playlists());
        std::iter::once(&self.prompt.sounds).chain(hold_media)
    }
}
