//! Texts into sounds: by the engine that a script names or the daemon's own, else by the fallback engine.

pub mod health;
mod service;
mod speaker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::audio::{self, Encoded};
use super::fetch::LARGEST;
use super::program::{self, Input};
use super::settings::{Format, Say, SayBy, Settings};
use super::store::Store;
use super::store::key::Key;
use crate::script::template::Filled;
use crate::script::voice::{Made, Manner, Mute};
use crate::web::client::Client;

use health::Health;
use speaker::Speaker;

/// So many signs of a text in a row tell something of it.
const TELLING: usize = 8;

/// The engines.
pub struct Speakers {
    say: Option<Arc<Say>>,
    fallback: Option<Arc<Say>>,
    engines: BTreeMap<String, Arc<Say>>,
    format: Format,
    timeout: Duration,
    client: Arc<Client>,
    store: Arc<Store>,
    places: Semaphore,
    health: Health,
}

/// A text, and who may speak it: the first who can does.
pub struct Text {
    text: Filled,
    speakers: Vec<Speaker>,
}

impl Text {
    /// Whether the switch is one of those who may speak it: what comes of it is then nothing for a call elsewhere.
    pub fn may_be_left_to_the_switch(&self) -> bool {
        self.speakers.iter().any(Speaker::is_the_switch)
    }
}

/// Why an engine made no sound.
struct Failure {
    /// What may be told.
    reason: String,
    /// What it said itself, for the log alone.
    complaint: Option<String>,
}

/// Why there is no sound from one engine.
enum Lost {
    /// Another one may make it.
    Engine(String),
    /// There is no place for it.
    Folder(Mute),
}

impl Speakers {
    /// Nothing is spoken.
    pub fn new(settings: &Settings, client: Arc<Client>, store: Arc<Store>) -> Self {
        Self {
            say: settings.say.clone(),
            fallback: settings.fallback.clone(),
            engines: settings.engines.clone(),
            format: settings.format,
            timeout: settings.timeout,
            client,
            store,
            places: Semaphore::new(settings.at_once),
            health: Health::default(),
        }
    }

    /// A text with the engines for it. `speaks`: the switch can speak itself.
    ///
    /// # Errors
    ///
    /// Where there are none.
    pub fn text(&self, text: Filled, manner: &Manner, speaks: bool) -> Result<Text, Mute> {
        let first = match &manner.engine {
            Some(name) => self.engines.get(&**name),
            None => self.say.as_ref(),
        };
        let first = first.ok_or_else(|| unnamed(manner))?;
        let fallback = self.fallback.as_ref().filter(|fallback| *fallback != first);
        let fallback = fallback.map(|fallback| Speaker::instead(fallback, manner));
        let speakers = [Some(Speaker::first(first, manner)), fallback].into_iter().flatten();
        let speakers: Vec<_> = speakers.filter(|s| speaks || !s.is_the_switch()).collect();
        if speakers.is_empty() {
            return Err(Mute("the switch does not speak, and there is no other engine".into()));
        }
        Ok(Text { text, speakers })
    }

    /// What a text's sound is known by; `None` where nothing of it may be kept.
    pub fn key(&self, text: &Text) -> Option<Key> {
        self.key_by(text.speakers.first()?, &text.text)
    }

    fn key_by(&self, speaker: &Speaker, text: &Filled) -> Option<Key> {
        (!text.is_sensitive()).then(|| speaker.key(text.text(), self.format))
    }

    /// The sound, where it is there: that of the fallback engine only while the first one is left alone.
    pub fn there(&self, text: &Text) -> Option<Made> {
        for speaker in &text.speakers {
            let made = self.by_now(speaker, &text.text);
            if made.is_some() || !self.health.is_left_alone(&speaker.with_voice(), Instant::now()) {
                return made;
            }
        }
        None
    }

    fn by_now(&self, speaker: &Speaker, text: &Filled) -> Option<Made> {
        let kept = || Some(self.store.get(self.key_by(speaker, text)?)?.made());
        speaker.spoken(text.text()).or_else(kept)
    }

    /// Makes the sound.
    ///
    /// # Errors
    ///
    /// When no engine made it in its time, or it can't be written.
    pub async fn make(&self, text: &Text) -> Result<Made, Mute> {
        let mut until = Instant::now() + self.timeout;
        let Ok(Ok(_place)) = timeout_at(until, self.places.acquire()).await else {
            return Err(Mute(format!("no engine was free within {:?}", self.timeout)));
        };
        let mut reasons = Vec::new();
        for speaker in &text.speakers {
            match self.by(speaker, &text.text, until).await {
                Ok(made) => return Ok(made),
                Err(Lost::Engine(reason)) => reasons.push(format!("{}: {reason}", speaker.name())),
                Err(Lost::Folder(mute)) => return Err(mute),
            }
            until = Instant::now() + self.timeout;
        }
        Err(Mute(reasons.join("; ")))
    }

    async fn by(&self, speaker: &Speaker, text: &Filled, until: Instant) -> Result<Made, Lost> {
        if let Some(made) = self.by_now(speaker, text) {
            return Ok(made);
        }
        let begun = Instant::now();
        if self.health.is_left_alone(&speaker.with_voice(), begun) {
            return Err(Lost::Engine("it is left alone after several failures".into()));
        }
        let late = || Failure::from(format!("no sound within {:?}", self.timeout));
        let sounds = timeout_at(until, self.sounds(speaker, text.text(), until)).await;
        match sounds.unwrap_or_else(|_| Err(late())) {
            Ok(sounds) => {
                self.health.works(&speaker.with_voice());
                let put = self.store.put(self.key_by(speaker, text), sounds, None).await;
                Ok(put.map_err(Lost::Folder)?.made())
            }
            Err(failure) => {
                // What was spent waiting for a place is not the engine's.
                if (until - begun) * 2 >= self.timeout {
                    self.failed(speaker, text, &failure);
                }
                Err(Lost::Engine(failure.reason))
            }
        }
    }

    async fn sounds(
        &self,
        speaker: &Speaker,
        text: &str,
        until: Instant,
    ) -> Result<Vec<Encoded>, Failure> {
        let made = match &speaker.say.by {
            SayBy::Command(program) => {
                let time = until - Instant::now();
                program::run(program, &speaker.values(), Input::Text(text), time, LARGEST).await?
            }
            SayBy::Http(service) => service::speech(&self.client, service, speaker, text).await?,
            SayBy::Switch(_) => return Err("the switch does not speak".to_owned().into()),
        };
        let format = self.format;
        let sounds = tokio::task::spawn_blocking(move || audio::convert(made, format)).await;
        let unheard =
            |reason: String| Failure::from(format!("what it made can't be heard: {reason}"));
        let sounds = sounds.map_err(|_| unheard("it could not be read".into()))?;
        sounds.map_err(|error| unheard(error.to_string()))
    }

    fn failed(&self, speaker: &Speaker, text: &Filled, failure: &Failure) {
        if self.health.failed(&speaker.with_voice(), Instant::now()) {
            let engine = speaker.name();
            let complaint = failure.complaint.as_deref().filter(|words| !tells(words, text));
            warn!(engine, reason = failure.reason, complaint, "an engine that speaks fails");
        }
    }
}

/// Whether an engine's words may tell something of the text: engines repeat what they can't read.
fn tells(words: &str, text: &Filled) -> bool {
    let signs: Vec<char> = text.text().trim().chars().collect();
    let mut pieces = signs.windows(signs.len().clamp(1, TELLING));
    text.is_sensitive() || pieces.any(|piece| words.contains(&piece.iter().collect::<String>()))
}

fn unnamed(manner: &Manner) -> Mute {
    Mute(match &manner.engine {
        Some(name) => format!("no engine is named {name}"),
        None => "no engine speaks: none is named, and espeak-ng is not installed".into(),
    })
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self { reason, complaint: None }
    }
}

impl From<program::ProgramFailed> for Failure {
    fn from(failed: program::ProgramFailed) -> Self {
        Self { reason: failed.to_string(), complaint: failed.complaint }
    }
}
