//! Texts into sounds, sounds into the switch's format, speech into words.
//!
//! ```text
//! make ─▶ store (there already?) ─▶ one making per key ─▶ engine, else the fallback engine ─▶ audio ─▶ store ─▶ Sound
//!                                                    └─▶ fetch (egress, ETag) ─────────────┘
//! ear ─▶ a recording's name ─▶ (the switch records) ─▶ understand ─▶ recogniser ─▶ words; the recording is deleted
//! ```
//!
//! What is made is a tracked task of its own: it goes on when the call that wanted it is over, and serves others.

use std::sync::Arc;

use crate::channel::{Ear, Sound};
use crate::script::definition::Library;
use crate::script::voice::{Deaf, Made, Voice, Wanted};
use crate::web::client::Client;

pub mod audio;
pub mod fetch;
pub mod hear;
mod maker;
pub mod making;
pub mod program;
pub mod recordings;
pub mod say;
pub mod server;
pub mod settings;
mod shared;
pub mod store;

use hear::Hearing;
use maker::Maker;
use making::Making;
use making::prepare::Preparing;
use recordings::Recording;
use server::Urls;
use settings::Settings;

/// Speaks and listens for scripts, by the engines of the daemon's file.
pub struct Engines {
    maker: Maker,
    hearing: Hearing,
    preparing: Preparing,
    urls: Option<Arc<Urls>>,
}

impl Engines {
    /// Sets up the engines; nothing is made. With `urls` the switch fetches sounds from us.
    pub fn new(settings: Settings, client: Arc<Client>, urls: Option<Arc<Urls>>) -> Self {
        let settings = Settings { at_once: settings.at_once.clamp(1, 1024), ..settings };
        let hearing = Hearing::new(&settings, client.clone());
        let maker = Maker::new(&settings, client, urls.clone());
        Self { maker, hearing, preparing: Preparing::default(), urls }
    }

    /// Makes what the scripts need in every call, in the background, instead of what it was told before. What fails or
    /// is lost later is made again now and then.
    pub fn prepare(&self, library: &Library) {
        let fixed = library.fixed().collect();
        self.preparing.begin(fixed, self.maker.clone());
    }

    /// Waits until no sound is in the making; there is no bound on it but that of each making.
    pub async fn close_and_wait(&self) {
        self.preparing.end();
        self.maker.close_and_wait().await;
    }

    /// Breaks off what is in the making: no program of an engine outlives it, and no file of one.
    pub async fn give_up(&self) {
        self.preparing.end();
        self.maker.give_up().await;
    }
}

impl Voice for Engines {
    type Making = Making;
    type Recording = Recording;

    fn make(&self, wanted: Wanted, speaks: bool) -> Making {
        self.maker.make(wanted, speaks)
    }

    /// A fetched sound however old it is: it is asked for again in the background then.
    fn at_hand(&self, wanted: Wanted, speaks: bool) -> Option<Made> {
        self.maker.at_hand(wanted, speaks)
    }

    fn reachable(&self, sound: &Sound) -> Sound {
        self.urls.as_ref().map_or_else(|| sound.clone(), |urls| urls.reachable(sound))
    }

    fn ear(&self) -> Result<(Ear, Option<Recording>), Deaf> {
        self.hearing.ear()
    }

    async fn understand(&self, recording: Recording, language: &str) -> Result<String, Deaf> {
        self.hearing.understand(recording, language).await
    }
}
