//! Texts spoken, sounds fetched, speech understood: the words between a script and whoever does it.

use std::future::Future;
use std::sync::Arc;

use crate::channel::{Ear, Sound};
use crate::script::template::Filled;

/// How a script's texts are spoken. What is `None` is as the daemon's file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Manner {
    /// The engine, by the name that the daemon's file gives it.
    pub engine: Option<Arc<str>>,
    /// The voice, as the engine names it.
    pub voice: Option<Arc<str>>,
    /// The language, such as `en` or `pt-BR`.
    pub language: Option<Arc<str>>,
    /// How fast.
    pub speed: Option<Speed>,
}

/// How fast texts are spoken: hundredths of the engine's normal speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Speed(pub u16);

impl Default for Speed {
    fn default() -> Self {
        Self(100)
    }
}

/// A sound that is not there yet, or may not be.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A text, spoken. It holds nothing that an engine takes for a command.
    Text {
        /// The text. Where it is sensitive, nothing of it is kept or shown.
        text: Filled,
        /// How it is spoken.
        manner: Arc<Manner>,
    },
    /// A sound at a URL.
    Url {
        /// Where it is, as text; it is parsed and judged by who fetches it.
        url: Filled,
        /// Whether a value decided its host.
        decides_host: bool,
    },
}

/// A sound that was made, or fetched.
#[derive(Clone)]
pub struct Made {
    /// As the switch takes it.
    pub sound: Sound,
    /// Keeps it where it is until it has been heard.
    pub hold: Hold,
}

/// Something that is kept as long as somebody has it.
pub type Hold = Arc<dyn Send + Sync>;

/// Why there is no sound. Its text never holds what was to be spoken, or fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mute(pub String);

/// Why nothing was understood. Its text never holds what was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Deaf(pub String);

/// Who makes sounds and understands speech for scripts.
pub trait Voice: Send + Sync {
    /// A sound in the making. Nothing is lost when it is polled and dropped.
    type Making: Future<Output = Result<Made, Mute>> + Send + Unpin;

    /// A recording: what is said will be in it. It is deleted when this is dropped.
    type Recording: Send + Sync;

    /// Begins to make a sound, unless it is there: several may be in the making. `speaks` tells whether the switch can
    /// speak texts itself. What is begun is bounded in time.
    fn make(&self, wanted: Wanted, speaks: bool) -> Self::Making;

    /// A sound that is there already, for where nothing waits for one. `speaks` as for [`Voice::make`].
    fn at_hand(&self, wanted: Wanted, speaks: bool) -> Option<Made> {
        let _ = (wanted, speaks);
        None
    }

    /// A recorded sound as the switch reaches it: on another host it may be fetched from us.
    fn reachable(&self, sound: &Sound) -> Sound {
        sound.clone()
    }

    /// Who listens, and the recording where that is us.
    ///
    /// # Errors
    ///
    /// Where speech can't be understood at all.
    fn ear(&self) -> Result<(Ear, Option<Self::Recording>), Deaf>;

    /// Turns a recording into words, within a bound of its own; empty where nothing was understood in it.
    fn understand(
        &self,
        recording: Self::Recording,
        language: &str,
    ) -> impl Future<Output = Result<String, Deaf>> + Send;
}
