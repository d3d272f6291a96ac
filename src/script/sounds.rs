//! A playlist as it is heard in one call.
//!
//! Everything that has to be made is begun at once, so that later parts are made while earlier ones are heard.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::warn;

use crate::channel::{Sound, Sounds};
use crate::script::decimal::Decimal;
use crate::script::definition::{How, Part, Playlist};
use crate::script::template::{Filled, Placeholder, Values};
use crate::script::voice::{Hold, Made, Manner, Mute, Voice, Wanted};

/// Most characters of a value that are spoken.
const MOST_SPOKEN: usize = 500;
/// Most characters of a value that the switch spells where no engine speaks.
const MOST_SPELLED: usize = 40;

/// The sounds of one prompt.
pub struct Parts<M> {
    parts: VecDeque<Due<M>>,
    /// What was handed out must stay where it is until the prompt has been heard.
    holds: Vec<Hold>,
    /// Parts that were heard, or stand to be.
    heard: usize,
    lost: Option<Mute>,
}

enum Due<M> {
    There(Sound),
    Making { making: M, instead: Option<Sound> },
}

impl<M> Parts<M> {
    /// Begins to make what has to be made.
    pub fn begin<V: Voice<Making = M>>(
        playlist: &Playlist,
        manner: &Arc<Manner>,
        language: &str,
        voice: &V,
        speaks: bool,
        values: &impl Values,
    ) -> Self {
        let mut parts = Self { parts: VecDeque::new(), holds: Vec::new(), heard: 0, lost: None };
        for part in &playlist.parts {
            let mut make = |wanted, instead| {
                let making = voice.make(wanted, speaks);
                parts.parts.push_back(Due::Making { making, instead });
            };
            match part {
                Part::Recorded(recorded) => {
                    let sounds = recorded.in_language(language).iter();
                    parts.parts.extend(sounds.map(|sound| Due::There(voice.reachable(sound))));
                }
                Part::Text(text) => make(said(Filled::open(text.to_string()), manner), None),
                Part::Url(url) => {
                    let url = Filled::open(url.to_string());
                    make(Wanted::Url { url, decides_host: false }, None);
                }
                Part::UrlOf(placeholder) => {
                    let url = values.value(placeholder);
                    if !url.text.is_empty() {
                        make(Wanted::Url { url: Filled::of(&url), decides_host: true }, None);
                    }
                }
                Part::Value(placeholder, how) => {
                    for text in spoken(values, placeholder, *how) {
                        let instead = spelled(text.text());
                        make(said(text, manner), instead);
                    }
                }
            }
        }
        parts
    }

    /// Why nothing of all this was heard, where nothing was.
    pub fn silenced(self) -> Option<Mute> {
        let is_unheard = self.is_unheard();
        self.lost.filter(|_| is_unheard)
    }

    fn is_unheard(&self) -> bool {
        self.heard == 0 && self.parts.is_empty() && self.lost.is_some()
    }
}

fn said(text: Filled, manner: &Arc<Manner>) -> Wanted {
    Wanted::Text { text, manner: manner.clone() }
}

impl<M: Future<Output = Result<Made, Mute>> + Send + Unpin> Sounds for Parts<M> {
    fn unheard(&self) -> bool {
        self.is_unheard()
    }

    async fn next(&mut self) -> Option<Sound> {
        loop {
            let made = match self.parts.front_mut()? {
                Due::There(sound) => Ok(sound.clone()),
                Due::Making { making, instead } => match making.await {
                    Ok(made) => {
                        self.holds.push(made.hold);
                        Ok(made.sound)
                    }
                    Err(mute) => instead.take().ok_or(mute),
                },
            };
            self.parts.pop_front();
            match made {
                Ok(sound) => {
                    self.heard += 1;
                    return Some(sound);
                }
                Err(mute) => {
                    warn!(reason = %mute, "a part of a prompt is not heard");
                    self.lost = Some(mute);
                }
            }
        }
    }
}

/// A value as texts for an engine, each of which may serve again.
fn spoken(values: &impl Values, placeholder: &Placeholder, how: How) -> Vec<Filled> {
    let value = values.value(placeholder);
    let whole = |text: String| match (text.as_str(), value.sensitive) {
        ("", _) => Vec::new(),
        (_, true) => vec![Filled::hidden(text)],
        (_, false) => vec![Filled::open(text)],
    };
    match how {
        How::Words => whole(plain(&value.text)),
        How::Number => whole(number(&value.text)),
        // One after the other, the sounds of single signs would tell what is said.
        How::Digits if value.sensitive => whole(signs(&value.text).collect::<Vec<_>>().join(", ")),
        How::Digits => signs(&value.text).map(Filled::open).collect(),
    }
}

fn signs(text: &str) -> impl Iterator<Item = String> {
    let signs = text.chars().filter(|sign| sign.is_alphanumeric());
    signs.take(MOST_SPELLED).map(String::from)
}

/// A number without zeros before and behind it: engines read `007` sign by sign.
fn number(text: &str) -> String {
    match Decimal::parse(text.trim()) {
        Some(number) => plain(&number.to_string()),
        None => plain(text),
    }
}

/// A text from outside as words alone: nothing in it is markup, phonemes or a command to any engine.
fn plain(text: &str) -> String {
    let signs = text.chars().take(MOST_SPOKEN);
    let signs = signs.map(|sign| match sign {
        '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' => ' ',
        sign if sign.is_control() => ' ',
        sign => sign,
    });
    let text: String = signs.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the switch itself can say of a value. Without its point or its sign a number would be another one.
fn spelled(text: &str) -> Option<Sound> {
    if Decimal::parse(text).is_some_and(|number| number.negative || !number.fraction.is_empty()) {
        return None;
    }
    let signs: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match signs.as_str() {
        "" => None,
        long if long.len() > MOST_SPELLED => None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(Sound::Digits(digits.into())),
        letters => Some(Sound::Letters(letters.into())),
    }
}
