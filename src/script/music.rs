//! What is heard while an answer is awaited, as the channel takes it.

use std::sync::Arc;

use crate::channel::{Meanwhile, Music as Plays, Reassurance as Reassures, Sound};
use crate::script::definition::{Music, MusicSource, Part, Playlist, Reassurance};
use crate::script::template::Filled;
use crate::script::voice::{Hold, Made, Manner, Voice, Wanted};

impl Music {
    /// All sounds and texts in it.
    pub fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let music = self.plays.iter().filter_map(|source| match source {
            MusicSource::Class(_) => None,
            MusicSource::Sounds(list) => Some(list),
        });
        music.chain(self.reassurance.iter().map(|reassurance| &reassurance.sounds))
    }
}

/// What is there already. A text or a sound at a URL is heard only where it is: the answer is not waited for in silence
/// because of it.
pub struct AtHand<'a, V> {
    voice: &'a V,
    language: &'a str,
    manner: &'a Arc<Manner>,
    speaks: bool,
    holds: Vec<Hold>,
}

impl<'a, V: Voice> AtHand<'a, V> {
    /// For a caller of a language and a script's manner; `speaks` tells whether the switch can speak texts itself.
    pub fn new(voice: &'a V, language: &'a str, manner: &'a Arc<Manner>, speaks: bool) -> Self {
        Self { voice, language, manner, speaks, holds: Vec::new() }
    }

    /// What is heard.
    pub fn meanwhile(&mut self, music: &Music) -> Meanwhile {
        Meanwhile {
            after: music.after,
            music: music.plays.as_ref().and_then(|source| self.music(source)),
            reassurance: music.reassurance.as_ref().and_then(|given| self.reassurance(given)),
            keeps_keys: music.keeps_keys,
        }
    }

    /// What keeps the sounds where they are.
    pub fn into_holds(self) -> Vec<Hold> {
        self.holds
    }

    fn music(&mut self, source: &MusicSource) -> Option<Plays> {
        match source {
            MusicSource::Class(class) => Some(Plays::Class(class.clone())),
            MusicSource::Sounds(list) => self.sounds(list).map(Plays::Sounds),
        }
    }

    fn reassurance(&mut self, given: &Reassurance) -> Option<Reassures> {
        let sounds = self.sounds(&given.sounds)?;
        Some(Reassures { every: given.every, sounds })
    }

    fn sounds(&mut self, list: &Playlist) -> Option<Arc<[Sound]>> {
        let sounds: Vec<Sound> = list.parts.iter().flat_map(|part| self.part(part)).collect();
        (!sounds.is_empty()).then(|| sounds.into())
    }

    fn part(&mut self, part: &Part) -> Vec<Sound> {
        let wanted = match part {
            Part::Recorded(recorded) => {
                let recorded = recorded.in_language(self.language).iter();
                return recorded.map(|sound| self.voice.reachable(sound)).collect();
            }
            Part::Text(text) => {
                let text = Filled::open(text.to_string());
                Wanted::Text { text, manner: self.manner.clone() }
            }
            Part::Url(url) => {
                Wanted::Url { url: Filled::open(url.to_string()), decides_host: false }
            }
            // It is the same in every call.
            Part::Value(..) | Part::UrlOf(_) => return Vec::new(),
        };
        let made = self.voice.at_hand(wanted, self.speaks);
        made.into_iter().map(|made| self.hold(made)).collect()
    }

    fn hold(&mut self, made: Made) -> Sound {
        self.holds.push(made.hold);
        made.sound
    }
}
