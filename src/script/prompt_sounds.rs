//! A playlist as it is heard in one call.
//!
//! Everything that has to be made is begun at once, so that later parts are made while earlier ones are heard.

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

/// Most characters of a value that are spoken.
const MAX_SPOKEN_CHARACTERS: usize = 500;
/// Most characters of a value that the switch spells where no engine speaks.
const MAX_SPELLED_CHARACTERS: usize = 40;

/// The sounds of one prompt.
pub struct PromptSounds<M> {
    slots: VecDeque<PromptSlot<M>>,
    /// What was handed out must stay where it is until the prompt has been heard.
    guards: Vec<SoundGuard>,
    /// Parts that were heard, or stand to be.
    played: usize,
    last_error: Option<SoundError>,
}

enum PromptSlot<M> {
    Ready(Sound),
    Pending { sound: M, fallback: Option<Sound> },
}

impl<M> PromptSounds<M> {
    /// Begins to make what has to be made.
    pub fn start<V: VoiceService<PendingRender = M>>(
        playlist: &Playlist,
        manner: &Arc<VoiceParams>,
        language: &str,
        voice: &V,
        speaks: bool,
        values: &impl PlaceholderValues,
    ) -> Self {
        let mut parts =
            Self { slots: VecDeque::new(), guards: Vec::new(), played: 0, last_error: None };
        for part in &playlist.parts {
            let mut make = |wanted, instead| {
                let making = voice.render(wanted, speaks);
                parts.slots.push_back(PromptSlot::Pending { sound: making, fallback: instead });
            };
            match part {
                PromptPart::Recorded(recorded) => {
                    let sounds = recorded.in_language(language).iter();
                    parts
                        .slots
                        .extend(sounds.map(|sound| PromptSlot::Ready(voice.switch_sound(sound))));
                }
                PromptPart::Text(text) => {
                    make(speech_request(RedactedText::public(text.to_string()), manner), None)
                }
                PromptPart::Url(url) => {
                    let url = RedactedText::public(url.to_string());
                    make(SoundRequest::Url { url, decides_host: false }, None);
                }
                PromptPart::UrlValue(placeholder) => {
                    let url = values.value(placeholder);
                    if !url.text.is_empty() {
                        make(
                            SoundRequest::Url {
                                url: RedactedText::from_value(&url),
                                decides_host: true,
                            },
                            None,
                        );
                    }
                }
                PromptPart::Value(placeholder, how) => {
                    for text in spoken_texts(values, placeholder, *how) {
                        let instead = spelled_by_switch(text.text());
                        make(speech_request(text, manner), instead);
                    }
                }
            }
        }
        parts
    }

    /// Why nothing of all this was heard, where nothing was.
    pub fn into_error(self) -> Option<SoundError> {
        let is_unheard = self.nothing_played();
        self.last_error.filter(|_| is_unheard)
    }

    fn nothing_played(&self) -> bool {
        self.played == 0 && self.slots.is_empty() && self.last_error.is_some()
    }
}

fn speech_request(text: RedactedText, manner: &Arc<VoiceParams>) -> SoundRequest {
    SoundRequest::Text { text, voice_params: manner.clone() }
}

impl<M: Future<Output = Result<RenderedSound, SoundError>> + Send + Unpin> SoundStream
    for PromptSounds<M>
{
    fn all_failed(&self) -> bool {
        self.nothing_played()
    }

    async fn next(&mut self) -> Option<Sound> {
        loop {
            let made = match self.slots.front_mut()? {
                PromptSlot::Ready(sound) => Ok(sound.clone()),
                PromptSlot::Pending { sound: making, fallback: instead } => match making.await {
                    Ok(made) => {
                        self.guards.push(made.guard);
                        Ok(made.sound)
                    }
                    Err(mute) => instead.take().ok_or(mute),
                },
            };
            self.slots.pop_front();
            match made {
                Ok(sound) => {
                    self.played += 1;
                    return Some(sound);
                }
                Err(mute) => {
                    warn!(reason = %mute, "a part of a prompt is not heard");
                    self.last_error = Some(mute);
                }
            }
        }
    }
}

/// A value as texts for an engine, each of which may serve again.
fn spoken_texts(
    values: &impl PlaceholderValues,
    placeholder: &Placeholder,
    how: SayAs,
) -> Vec<RedactedText> {
    let value = values.value(placeholder);
    let whole = |text: String| match (text.as_str(), value.sensitive) {
        ("", _) => Vec::new(),
        (_, true) => vec![RedactedText::sensitive(text)],
        (_, false) => vec![RedactedText::public(text)],
    };
    match how {
        SayAs::Words => whole(plain_words(&value.text)),
        SayAs::Number => whole(normalize_number(&value.text)),
        // One after the other, the sounds of single signs would tell what is said.
        SayAs::Digits if value.sensitive => {
            whole(spoken_characters(&value.text).collect::<Vec<_>>().join(", "))
        }
        SayAs::Digits => spoken_characters(&value.text).map(RedactedText::public).collect(),
    }
}

fn spoken_characters(text: &str) -> impl Iterator<Item = String> {
    let signs = text.chars().filter(|sign| sign.is_alphanumeric());
    signs.take(MAX_SPELLED_CHARACTERS).map(String::from)
}

/// A number without zeros before and behind it: engines read `007` sign by sign.
fn normalize_number(text: &str) -> String {
    match Decimal::parse(text.trim()) {
        Some(number) => plain_words(&number.to_string()),
        None => plain_words(text),
    }
}

/// A text from outside as words alone: nothing in it is markup, phonemes or a command to any engine.
fn plain_words(text: &str) -> String {
    let signs = text.chars().take(MAX_SPOKEN_CHARACTERS);
    let signs = signs.map(|sign| match sign {
        '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' => ' ',
        sign if sign.is_control() => ' ',
        sign => sign,
    });
    let text: String = signs.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the switch itself can say of a value. Without its point or its sign a number would be another one.
fn spelled_by_switch(text: &str) -> Option<Sound> {
    if Decimal::parse(text).is_some_and(|number| number.negative || !number.fraction.is_empty()) {
        return None;
    }
    let signs: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match signs.as_str() {
        "" => None,
        long if long.len() > MAX_SPELLED_CHARACTERS => None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(Sound::Digits(digits.into())),
        letters => Some(Sound::Letters(letters.into())),
    }
}
