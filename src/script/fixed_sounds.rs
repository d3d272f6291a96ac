//! Lists the sounds that are the same in every call, so that they can be rendered before a caller waits for them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::script::definition::{Playlist, PromptPart, SayAs, Script, ScriptLibrary};
use crate::script::template::RedactedText;
use crate::script::voice::{SoundRequest, VoiceParams};

impl ScriptLibrary {
    /// All fixed texts with the voice of their script, all fixed URLs, and the ten digits where a script speaks a value
    /// digit by digit. Ordered by script name, without duplicates.
    pub fn fixed_sounds(&self) -> impl Iterator<Item = SoundRequest> {
        let mut scripts: Vec<_> = self.scripts.values().collect();
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        let mut sounds = FixedSounds::default();
        scripts.into_iter().for_each(|script| sounds.add_script(script));
        sounds.requests.into_iter()
    }
}

#[derive(Default)]
struct FixedSounds {
    /// Texts with their voice, and URLs without one.
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
                PromptPart::Value(_, SayAs::Digits | SayAs::Keys) => {
                    ('0'..='9').for_each(|digit| {
                        self.add_text(digit.to_string().into(), &script.voice_params)
                    });
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
        let hold_media = self.trigger.iter().flat_map(|trigger| trigger.hold_media.playlists());
        let outcomes = self.outcomes().map(|outcome| &outcome.sounds);
        std::iter::once(&self.prompt.sounds).chain(hold_media).chain(outcomes)
    }
}
