//! Background music as the channel takes it.

use crate::channel::{Meanwhile, Music as Plays, Sound};
use crate::script::definition::{Music, MusicSource, Part, Playlist};
use crate::script::template::Filled;
use crate::script::voice::{Hold, Voice, Wanted};

impl Music {
    /// What is heard, in the caller's language, and what keeps it there. A sound at a URL is heard only where it is at
    /// hand: the answer is not waited for in silence because of it.
    pub fn meanwhile(&self, language: &str, voice: &impl Voice) -> (Meanwhile, Vec<Hold>) {
        let mut held = Vec::new();
        let music = self.plays.as_ref().and_then(|source| match source {
            MusicSource::Class(class) => Some(Plays::Class(class.clone())),
            MusicSource::Sounds(list) => {
                let sounds = at_hand(list, language, voice, &mut held);
                (!sounds.is_empty()).then(|| Plays::Sounds(sounds.into()))
            }
        });
        (Meanwhile { after: self.after, music }, held)
    }
}

fn at_hand(
    list: &Playlist,
    language: &str,
    voice: &impl Voice,
    held: &mut Vec<Hold>,
) -> Vec<Sound> {
    let mut sounds = Vec::new();
    for part in &list.parts {
        match part {
            Part::Recorded(recorded) => {
                let recorded = recorded.in_language(language).iter();
                sounds.extend(recorded.map(|sound| voice.reachable(sound)));
            }
            Part::Url(url) => {
                let wanted =
                    Wanted::Url { url: Filled::open(url.to_string()), decides_host: false };
                if let Some(made) = voice.at_hand(wanted) {
                    held.push(made.hold);
                    sounds.push(made.sound);
                }
            }
            // Music is not spoken, and is the same in every call.
            Part::Text(_) | Part::Value(..) | Part::UrlOf(_) => {}
        }
    }
    sounds
}
