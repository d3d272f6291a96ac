//! Builds what the channel plays while a request is in progress.

use std::sync::Arc;

use crate::channel::{HoldMedia, HoldMusic, Reassurance, Sound};
use crate::script::definition::{
    HoldMediaTemplate, HoldMusicSource, Playlist, PromptPart, ReassuranceTemplate,
};
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundGuard, SoundRequest, VoiceParams, VoiceService};

impl HoldMediaTemplate {
    /// The playlists of the music and the reassurance.
    pub(super) fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let music = self.music.iter().filter_map(|source| match source {
            HoldMusicSource::Class(_) => None,
            HoldMusicSource::Sounds(list) => Some(list),
        });
        music.chain(self.reassurance.iter().map(|reassurance| &reassurance.sounds))
    }
}

/// Builds [`HoldMedia`] from the sounds that are available now. A text, or a sound at a URL, that is not in the cache
/// is left out, so that the caller does not wait in silence for it.
pub(super) struct HoldMediaBuilder<'a, V> {
    voice: &'a V,
    language: &'a str,
    voice_params: &'a Arc<VoiceParams>,
    has_tts: bool,
    guards: Vec<SoundGuard>,
}

impl<'a, V: VoiceService> HoldMediaBuilder<'a, V> {
    /// `language` is that of the channel; `has_tts` says whether the switch can speak texts itself.
    pub(super) fn new(
        voice: &'a V,
        language: &'a str,
        voice_params: &'a Arc<VoiceParams>,
        has_tts: bool,
    ) -> Self {
        Self { voice, language, voice_params, has_tts, guards: Vec::new() }
    }

    /// Builds the hold media of a trigger.
    pub(super) fn build(&mut self, template: &HoldMediaTemplate) -> HoldMedia {
        HoldMedia {
            delay: template.delay,
            music: template.music.as_ref().and_then(|source| self.music(source)),
            reassurance: template
                .reassurance
                .as_ref()
                .and_then(|reassurance| self.reassurance(reassurance)),
            keep_type_ahead: template.keep_type_ahead,
        }
    }

    /// The guards that keep the sounds in the cache. To be held while the hold media can play.
    pub(super) fn into_guards(self) -> Vec<SoundGuard> {
        self.guards
    }

    fn music(&mut self, source: &HoldMusicSource) -> Option<HoldMusic> {
        match source {
            HoldMusicSource::Class(class) => Some(HoldMusic::Class(class.clone())),
            HoldMusicSource::Sounds(list) => self.sounds(list).map(HoldMusic::Sounds),
        }
    }

    fn reassurance(&mut self, template: &ReassuranceTemplate) -> Option<Reassurance> {
        let sounds = self.sounds(&template.sounds)?;
        Some(Reassurance { every: template.every, sounds })
    }

    fn sounds(&mut self, list: &Playlist) -> Option<Arc<[Sound]>> {
        let sounds: Vec<Sound> = list.parts.iter().flat_map(|part| self.part(part)).collect();
        (!sounds.is_empty()).then(|| sounds.into())
    }

    fn part(&mut self, part: &PromptPart) -> Vec<Sound> {
        let request = match part {
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
            // Hold media has no values of the call.
            PromptPart::Value(..) | PromptPart::UrlValue(_) => return Vec::new(),
        };
        let cached = self.voice.cached(request, self.has_tts);
        cached.into_iter().map(|rendered| self.keep_guard(rendered)).collect()
    }

    fn keep_guard(&mut self, rendered: RenderedSound) -> Sound {
        self.guards.push(rendered.guard);
        rendered.sound
    }
}
