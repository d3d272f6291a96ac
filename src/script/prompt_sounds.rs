//! Turns a playlist into the sounds of one prompt in one call.
//!
//! The rendering of all parts starts at once, so that later parts are rendered while earlier ones play.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::warn;

use crate::channel::{Sound, SoundStream};
use crate::script::decimal::Decimal;
use crate::script::definition::{Playlist, PromptPart, SayAs};
use crate::script::template::{Placeholder, PlaceholderValues, RedactedText};
use crate::script::voice::{
    RenderedSound, SoundError, SoundGuard, SoundRequest, VoiceParams, VoiceService,
};

/// Maximum number of characters of a value that are spoken.
const MAX_SPOKEN_CHARACTERS: usize = 500;
/// Maximum number of characters of a value that are spoken one by one, or spelled by the switch.
const MAX_SPELLED_CHARACTERS: usize = 40;

/// The sounds of one prompt.
pub(super) struct PromptSounds<R> {
    slots: VecDeque<PromptSlot<R>>,
    /// The guards of the sounds that were handed out: they stay in the cache until the prompt ends.
    guards: Vec<SoundGuard>,
    /// Whether at least one sound was handed out.
    has_played: bool,
    last_error: Option<SoundError>,
}

enum PromptSlot<R> {
    Ready(Sound),
    Pending { render: R, fallback: Option<Sound> },
}

impl<R> PromptSounds<R> {
    /// Starts to render all parts of the playlist. `language` is that of the channel; `has_tts` says whether the switch
    /// can speak texts itself.
    pub(super) fn start<V: VoiceService<PendingRender = R>>(
        playlist: &Playlist,
        voice_params: &Arc<VoiceParams>,
        language: &str,
        voice: &V,
        has_tts: bool,
        values: &impl PlaceholderValues,
    ) -> Self {
        let mut slots = VecDeque::new();
        for part in &playlist.parts {
            if let PromptPart::Recorded(recorded) = part {
                let sounds = recorded.in_language(language).iter();
                slots.extend(sounds.map(|sound| PromptSlot::Ready(voice.switch_sound(sound))));
            }
            for (request, fallback) in sound_requests(part, voice_params, values) {
                let render = voice.render(request, has_tts);
                slots.push_back(PromptSlot::Pending { render, fallback });
            }
        }
        Self { slots, guards: Vec::new(), has_played: false, last_error: None }
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

/// The requests for the sounds of a part that must be rendered. Each comes with the sound that the switch can play if
/// the rendering fails.
fn sound_requests(
    part: &PromptPart,
    voice_params: &Arc<VoiceParams>,
    values: &impl PlaceholderValues,
) -> Vec<(SoundRequest, Option<Sound>)> {
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
            let texts = spoken_texts(values, placeholder, *say_as).into_iter();
            let with_fallback = texts.map(|text| {
                let fallback = spelled_by_switch(text.text());
                (speech(text), fallback)
            });
            with_fallback.collect()
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
                PromptSlot::Pending { render, fallback } => match render.await {
                    Ok(rendered) => {
                        self.guards.push(rendered.guard);
                        Ok(rendered.sound)
                    }
                    Err(error) => fallback.take().ok_or(error),
                },
            };
            self.slots.pop_front();
            match sound {
                Ok(sound) => {
                    self.has_played = true;
                    return Some(sound);
                }
                Err(error) => {
                    warn!(%error, "a part of a prompt could not be played");
                    self.last_error = Some(error);
                }
            }
        }
    }
}

/// Splits a value into the texts that are rendered. Each text is rendered and cached separately.
fn spoken_texts(
    values: &impl PlaceholderValues,
    placeholder: &Placeholder,
    say_as: SayAs,
) -> Vec<RedactedText> {
    let value = values.value(placeholder);
    let whole = |text: String| match (text.as_str(), value.sensitive) {
        ("", _) => Vec::new(),
        (_, true) => vec![RedactedText::sensitive(text)],
        (_, false) => vec![RedactedText::public(text)],
    };
    match say_as {
        SayAs::Words => whole(plain_words(&value.text)),
        SayAs::Number => whole(normalize_number(&value.text)),
        // A sensitive value is rendered as one text, which is not cached. Cached sounds of its single characters could
        // reveal it.
        SayAs::Digits if value.sensitive => {
            whole(spoken_characters(&value.text).collect::<Vec<_>>().join(", "))
        }
        SayAs::Digits => spoken_characters(&value.text).map(RedactedText::public).collect(),
    }
}

fn spoken_characters(text: &str) -> impl Iterator<Item = String> {
    let characters = text.chars().filter(|character| character.is_alphanumeric());
    characters.take(MAX_SPELLED_CHARACTERS).map(String::from)
}

/// Removes leading zeros, and trailing zeros after the decimal point: engines speak `007` digit by digit.
fn normalize_number(text: &str) -> String {
    match Decimal::parse(text.trim()) {
        Some(number) => plain_words(&number.to_string()),
        None => plain_words(text),
    }
}

/// Replaces the characters that an engine could take for markup, phonemes or a command with spaces.
fn plain_words(text: &str) -> String {
    let characters = text.chars().take(MAX_SPOKEN_CHARACTERS);
    let characters = characters.map(|character| match character {
        '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' => ' ',
        // XML does not allow them: an engine may put the text into SSML.
        '\u{FFFE}' | '\u{FFFF}' => ' ',
        character if character.is_control() => ' ',
        character => character,
    });
    let text: String = characters.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sound with which the switch itself spells a value. `None` for a number with a sign or a decimal point, since the
/// switch would not speak these.
fn spelled_by_switch(text: &str) -> Option<Sound> {
    if Decimal::parse(text).is_some_and(|number| number.negative || !number.fraction.is_empty()) {
        return None;
    }
    let spelled: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match spelled.as_str() {
        "" => None,
        long if long.len() > MAX_SPELLED_CHARACTERS => None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(Sound::Digits(digits.into())),
        letters => Some(Sound::Letters(letters.into())),
    }
}
