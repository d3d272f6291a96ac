//! Turns a playlist into the sounds of one prompt in one call.
//!
//! The rendering of all parts starts at once, so that later parts are rendered while earlier ones play.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::warn;

use crate::channel::{Sound, SoundStream};
use crate::script::definition::{Playlist, PromptPart};
use crate::script::spelling::SpellingError;
use crate::script::spoken_value::SpokenLocale;
use crate::script::template::{PlaceholderValues, RedactedText};
use crate::script::timezone::ScriptTimezone;
use crate::script::voice::{
    RenderedSound, SoundError, SoundGuard, SoundRequest, VoiceParams, VoiceService,
};
use crate::trace::TraceContext;

/// The sounds of one prompt.
pub(super) struct PromptSounds<R> {
    slots: VecDeque<PromptSlot<R>>,
    /// The guards of the sounds that were handed out: they stay in the cache until the prompt ends.
    guards: Vec<SoundGuard>,
    /// Whether at least one sound was handed out.
    has_played: bool,
    last_error: Option<SoundError>,
    trace: TraceContext,
}

/// The sound with which the switch itself spells a value, if the rendering fails.
type SwitchSpelling = Result<Sound, SpellingError>;

enum PromptSlot<R> {
    Ready(Sound),
    Pending { render: R, spelling: Option<SwitchSpelling>, span_name: &'static str },
}

impl<R> PromptSounds<R> {
    /// Starts to render all parts of the playlist. Times are told in the time zone. `language` is that of the channel;
    /// `has_tts` says whether the switch can speak texts itself.
    pub(super) fn start<V: VoiceService<PendingRender = R>>(
        playlist: &Playlist,
        (voice_params, timezone): (&Arc<VoiceParams>, &ScriptTimezone),
        language: &str,
        voice: &V,
        has_tts: bool,
        values: &impl PlaceholderValues,
    ) -> Self {
        let mut slots = VecDeque::new();
        let text_language = voice.text_language(voice_params);
        let locale = SpokenLocale {
            text: text_language.as_deref(),
            spelling: voice_params.language.as_deref().unwrap_or(language),
            timezone,
        };
        for part in &playlist.parts {
            if let PromptPart::Recorded(recorded) = part {
                let sounds = recorded.in_language(language).iter();
                slots.extend(sounds.map(|sound| PromptSlot::Ready(voice.switch_sound(sound))));
            }
            for (request, spelling) in sound_requests(part, voice_params, locale, values) {
                let span_name = match request {
                    SoundRequest::Text { .. } => "text-to-speech",
                    SoundRequest::Url { .. } => "sound download",
                };
                let render = voice.render(request, has_tts);
                slots.push_back(PromptSlot::Pending { render, spelling, span_name });
            }
        }
        Self {
            slots,
            guards: Vec::new(),
            has_played: false,
            last_error: None,
            trace: TraceContext::default(),
        }
    }

    /// Records the waits for sounds that are not rendered yet.
    pub(super) fn with_trace(self, trace: TraceContext) -> Self {
        Self { trace, ..self }
    }

    /// The last error, if no sound of the prompt could be played.
    pub(super) fn into_error(self) -> Option<SoundError> {
        let all_failed = self.has_failed();
        self.last_error.filter(|_| all_failed)
    }

    fn has_failed(&self) -> bool {
        !self.has_played && self.slots.is_empty() && self.last_error.is_some()
    }
}

/// The requests for the sounds of a part that must be rendered. A value comes with its spelling by the switch.
fn sound_requests(
    part: &PromptPart,
    voice_params: &Arc<VoiceParams>,
    locale: SpokenLocale<'_>,
    values: &impl PlaceholderValues,
) -> Vec<(SoundRequest, Option<SwitchSpelling>)> {
    let speech = |text| SoundRequest::Text { text, voice_params: voice_params.clone() };
    match part {
        PromptPart::Recorded(_) => Vec::new(),
        PromptPart::Text(text) => vec![(speech(RedactedText::public(text.to_string())), None)],
        PromptPart::Url(url) => {
            let url = RedactedText::public(url.to_string());
            vec![(SoundRequest::Url { url, decides_host: false }, None)]
        }
        PromptPart::UrlValue(placeholder) => {
            let url = RedactedText::from_value(&values.value(placeholder));
            let is_empty = url.text().is_empty();
            let request = (SoundRequest::Url { url, decides_host: true }, None);
            if is_empty { Vec::new() } else { vec![request] }
        }
        PromptPart::Value(placeholder, say_as) => {
            let value = values.value(placeholder);
            // Only a decimal point makes a difference, and the answer may be long.
            let is_json_number = value.text.contains('.') && values.is_json_number(placeholder);
            let spoken = locale.spoken(&value, *say_as, is_json_number);
            spoken.into_iter().map(|part| (speech(part.text), Some(part.spelling))).collect()
        }
    }
}

impl<R: Future<Output = Result<RenderedSound, SoundError>> + Send + Unpin> SoundStream
    for PromptSounds<R>
{
    fn all_failed(&self) -> bool {
        self.has_failed()
    }

    async fn next(&mut self) -> Option<Sound> {
        loop {
            let sound = match self.slots.front_mut()? {
                PromptSlot::Ready(sound) => Ok(sound.clone()),
                PromptSlot::Pending { render, spelling, span_name } => {
                    let mut span = self.trace.start_wait(span_name);
                    let rendered = render.await;
                    if let Err(error) = &rendered {
                        span.fail(error);
                    }
                    drop(span);
                    match rendered {
                        Ok(rendered) => {
                            self.guards.push(rendered.guard);
                            Ok(rendered.sound)
                        }
                        Err(error) => spelled_instead(spelling.take(), error),
                    }
                }
            };
            self.slots.pop_front();
            match sound {
                Ok(sound) => {
                    self.has_played = true;
                    return Some(sound);
                }
                Err(error) => self.last_error = Some(error),
            }
        }
    }
}

/// The spelling of a part that could not be rendered. Without one, the part is left out.
fn spelled_instead(
    spelling: Option<SwitchSpelling>,
    error: SoundError,
) -> Result<Sound, SoundError> {
    match spelling {
        Some(Ok(sound)) => return Ok(sound),
        Some(Err(not_spelled)) => {
            warn!(%error, %not_spelled, "a part of a prompt could not be played");
        }
        None => warn!(%error, "a part of a prompt could not be played"),
    }
    Err(error)
}
