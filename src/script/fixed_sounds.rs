//! What callers may hear that is the same in every call: it can be made before any of them waits for it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::script::definition::{
    Playlist, PromptPart, SayAs, Script, ScriptLibrary, ScriptOutcome,
};
use crate::script::template::RedactedText;
use crate::script::voice::{SoundRequest, VoiceParams};

impl ScriptLibrary {
    /// Every fixed text as its script speaks it, the ten digits where a script says a value digit by digit, and every
    /// URL that stands in a script. Each comes once, by the scripts' names.
    pub fn fixed_sounds(&self) -> impl Iterator<Item = SoundRequest> {
        let mut scripts: Vec<_> = self.scripts.values().collect();
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        let mut all = FixedSounds::default();
        scripts.into_iter().for_each(|script| all.add_script(script));
        all.requests.into_iter()
    }
}

#[derive(Default)]
struct FixedSounds {
    seen: HashSet<(Option<Arc<VoiceParams>>, Arc<str>)>,
    requests: Vec<SoundRequest>,
}

impl FixedSounds {
    fn add_script(&mut self, script: &Script) {
        let parts = script.playlists().flat_map(|playlist| &playlist.parts);
        for part in parts {
            match part {
                PromptPart::Text(text) => self.add_text(text.clone(), &script.voice_params),
                PromptPart::Url(url) => self.add_url(url.clone()),
                PromptPart::Value(_, SayAs::Digits) => {
                    ('0'..='9').for_each(|digit| {
                        self.add_text(digit.to_string().into(), &script.voice_params)
                    });
                }
                PromptPart::Value(..) | PromptPart::Recorded(_) | PromptPart::UrlValue(_) => {}
            }
        }
    }

    fn add_text(&mut self, text: Arc<str>, manner: &Arc<VoiceParams>) {
        if self.seen.insert((Some(manner.clone()), text.clone())) {
            let text = RedactedText::public(text.to_string());
            self.requests.push(SoundRequest::Text { text, voice_params: manner.clone() });
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
    /// All that its callers may hear: the prompt, what is heard while an answer is awaited, and every outcome's sounds.
    pub fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let meanwhile = self.trigger.iter().flat_map(|trigger| trigger.hold_media.playlists());
        let outcomes = self.outcomes().map(|outcome| &outcome.sounds);
        std::iter::once(&self.prompt.sounds).chain(meanwhile).chain(outcomes)
    }

    /// All that can happen, in the order of the branches, the others behind them.
    pub fn outcomes(&self) -> impl Iterator<Item = &ScriptOutcome> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        self.branches.iter().map(|branch| &branch.outcome).chain(others)
    }
}
