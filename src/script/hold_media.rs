//! What is heard while an answer is awaited, as the channel takes it.

use std::sync::Arc;

use crate::channel::{HoldMedia, HoldMusic as Plays, Reassurance as Reassures, Sound};
use crate::script::definition::{
    HoldMediaTemplate, HoldMusicSource, Playlist, PromptPart, ReassuranceTemplate,
};
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundGuard, SoundRequest, VoiceParams, VoiceService};

impl HoldMediaTemplate {
    /// All sounds and texts in it.
    pub fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let music = self.music.iter().filter_map(|source| match source {
            HoldMusicSource::Class(_) => None,
            HoldMusicSource::Sounds(list) => Some(list),
        });
        music.chain(self.reassurance.iter().map(|reassurance| &reassurance.sounds))
    }
}

/// What is there already. A text or a sound at a URL is heard only where it is: the answer is not waited for in silence
/// because of it.
pub struct HoldMediaBuilder<'a, V> {
    voice: &'a V,
    language: &'a str,
    voice_params: &'a Arc<VoiceParams>,
    has_tts: bool,
    guards: Vec<SoundGuard>,
}

impl<'a, V: VoiceService> HoldMediaBuilder<'a, V> {
    /// For a caller of a language and a script's manner; `speaks` tells whether the switch can speak texts itself.
    pub fn new(
        voice: &'a V,
        language: &'a str,
        voice_params: &'a Arc<VoiceParams>,
        has_tts: bool,
    ) -> Self {
        Self { voice, language, voice_params, has_tts, guards: Vec::new() }
    }

    /// What is heard.
    pub fn build(&mut self, music: &HoldMediaTemplate) -> HoldMedia {
        HoldMedia {
            delay: music.delay,
            music: music.music.as_ref().and_then(|source| self.music(source)),
            reassurance: music.reassurance.as_ref().and_then(|given| self.reassurance(given)),
            keep_type_ahead: music.keep_type_ahead,
        }
    }

    /// What keeps the sounds where they are.
    pub fn into_guards(self) -> Vec<SoundGuard> {
        self.guards
    }

    fn music(&mut self, source: &HoldMusicSource) -> Option<Plays> {
        match source {
            HoldMusicSource::Class(class) => Some(Plays::Class(class.clone())),
            HoldMusicSource::Sounds(list) => self.sounds(list).map(Plays::Sounds),
        }
    }

    fn reassurance(&mut self, given: &ReassuranceTemplate) -> Option<Reassures> {
        let sounds = self.sounds(&given.sounds)?;
        Some(Reassures { every: given.every, sounds })
    }

    fn sounds(&mut self, list: &Playlist) -> Option<Arc<[Sound]>> {
        let sounds: Vec<Sound> = list.parts.iter().flat_map(|part| self.part(part)).collect();
        (!sounds.is_empty()).then(|| sounds.into())
    }

    fn part(&mut self, part: &PromptPart) -> Vec<Sound> {
        let wanted = match part {
            PromptPart::Recorded(recorded) => {
                let recorded = recorded.in_language(self.language).iter();
                return recorded.map(|sound| self.voice.switch_sound(sound)).collect();
            }
            PromptPart::Text(text) => {
                let text = RedactedText::public(text.to_string());
                SoundRequest::Text { text, voice_params: self.voice_params.clone() }
            }
            PromptPart::Url(url) => SoundRequest::Url {
                url: RedactedText::public(url.to_string()),
                decides_host: false,
            },
            // It is the same in every call.
            PromptPart::Value(..) | PromptPart::UrlValue(_) => return Vec::new(),
        };
        let made = self.voice.cached(wanted, self.has_tts);
        made.into_iter().map(|made| self.keep_guard(made)).collect()
    }

    fn keep_guard(&mut self, made: RenderedSound) -> Sound {
        self.guards.push(made.guard);
        made.sound
    }
}
