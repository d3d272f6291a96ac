//! The engines of a rehearsal: texts are told, or spoken by the daemon's engines; what the caller was told to say is
//! understood.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use crate::channel::{Ear, Sound};
use crate::script::voice::{Deaf, Made, Mute, Voice, Wanted};

/// The daemon's engines, with ears for a caller who is played.
pub struct Rehearsed<V> {
    engines: V,
    stage: Stage,
    recordings: AtomicU64,
}

/// What a rehearsal and its story share.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    /// The daemon's engines speak, and listen to a caller who was not told what to say. Without them texts are only told.
    pub engines: bool,
    /// What the caller says.
    pub said: Said,
    /// What the sounds say.
    pub texts: Texts,
}

impl Stage {
    /// A sound that stands for a text.
    fn pretended(&self, text: &str) -> Sound {
        let sound = Sound::OfSwitch(text.into());
        self.texts.keep(&sound, text.to_owned());
        sound
    }
}

/// A text as people may see it.
fn shown(wanted: &Wanted) -> Option<String> {
    match wanted {
        Wanted::Text { text, .. } => Some(text.shown().into_owned()),
        Wanted::Url { .. } => None,
    }
}

/// What sounds that were made say, by their names.
#[derive(Debug, Clone, Default)]
pub struct Texts(Arc<Mutex<HashMap<String, String>>>);

impl Texts {
    /// The text of a sound, where it was made of one.
    pub fn of(&self, sound: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sound).cloned()
    }

    fn keep(&self, sound: &Sound, text: String) {
        if let Sound::File(name) | Sound::OfSwitch(name) | Sound::Served(name) = sound {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), text);
        }
    }
}

/// A sound in the making, whose text will be told.
pub enum Making<M> {
    /// By an engine.
    Engine {
        /// The engine's own.
        making: M,
        /// For people.
        text: Option<String>,
        /// Where it will be told.
        texts: Texts,
    },
    /// Nobody hears it.
    Pretended(Sound),
}

impl<M: Future<Output = Result<Made, Mute>> + Unpin> Future for Making<M> {
    type Output = M::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Pretended(sound) => {
                Poll::Ready(Ok(Made { sound: sound.clone(), hold: Arc::new(()) }))
            }
            Self::Engine { making, text, texts } => {
                let made = ready!(Pin::new(making).poll(context));
                if let (Ok(made), Some(text)) = (&made, text.take()) {
                    texts.keep(&made.sound, text);
                }
                Poll::Ready(made)
            }
        }
    }
}

/// What a caller who is played has said, for the ears of a rehearsal. Shared by both.
#[derive(Debug, Clone, Default)]
pub struct Said(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    /// The caller was told to say something: nobody else needs to listen.
    speaks: bool,
    words: String,
}

impl Said {
    /// Of a caller who will say something.
    pub fn by_a_speaker() -> Self {
        Self(Arc::new(Mutex::new(Heard { speaks: true, words: String::new() })))
    }

    /// The caller says something.
    pub fn hear(&self, words: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.words.push_str(words);
        heard.words.push(' ');
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).words)
    }

    fn speaks(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).speaks
    }
}

/// A recording, by whom it will be understood.
pub enum Recording<R> {
    /// By the daemon's engine.
    Engine(R),
    /// By us.
    Played(PlayedInto),
}

/// The file that the fake switch records into; it goes when this is dropped.
pub struct PlayedInto(PathBuf);

impl Drop for PlayedInto {
    fn drop(&mut self) {
        // Nothing was said, or the switch was another one: there is no file then.
        drop(std::fs::remove_file(&self.0));
    }
}

impl<V: Voice> Rehearsed<V> {
    /// Engines that hear what is said as well.
    pub fn new(engines: V, stage: Stage) -> Self {
        Self { engines, stage, recordings: AtomicU64::new(0) }
    }

    /// The daemon's engines.
    pub fn engines(&self) -> &V {
        &self.engines
    }

    fn recording(&self) -> PlayedInto {
        let number = self.recordings.fetch_add(1, Ordering::Relaxed);
        let name = format!("dialscript-{}-{number}.wav", std::process::id());
        PlayedInto(std::env::temp_dir().join(name))
    }
}

impl<V: Voice> Voice for Rehearsed<V> {
    type Making = Making<V::Making>;
    type Recording = Recording<V::Recording>;

    fn make(&self, wanted: Wanted, speaks: bool) -> Self::Making {
        let text = shown(&wanted);
        if let (Some(text), false) = (&text, self.stage.engines) {
            return Making::Pretended(self.stage.pretended(text));
        }
        let making = self.engines.make(wanted, speaks);
        Making::Engine { making, text, texts: self.stage.texts.clone() }
    }

    fn at_hand(&self, wanted: Wanted, speaks: bool) -> Option<Made> {
        let text = shown(&wanted);
        if let (Some(text), false) = (&text, self.stage.engines) {
            return Some(Made { sound: self.stage.pretended(text), hold: Arc::new(()) });
        }
        let made = self.engines.at_hand(wanted, speaks)?;
        if let Some(text) = text {
            self.stage.texts.keep(&made.sound, text);
        }
        Some(made)
    }

    fn reachable(&self, sound: &Sound) -> Sound {
        self.engines.reachable(sound)
    }

    fn ear(&self) -> Result<(Ear, Option<Self::Recording>), Deaf> {
        if self.stage.engines && !self.stage.said.speaks() {
            let (ear, recording) = self.engines.ear()?;
            return Ok((ear, recording.map(Recording::Engine)));
        }
        let recording = self.recording();
        let ear = Ear::Recording(recording.0.to_string_lossy().into());
        Ok((ear, Some(Recording::Played(recording))))
    }

    async fn understand(&self, recording: Self::Recording, language: &str) -> Result<String, Deaf> {
        match recording {
            Recording::Engine(recording) => self.engines.understand(recording, language).await,
            Recording::Played(_) => Ok(self.stage.said.take()),
        }
    }
}
