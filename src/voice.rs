//! Texts into sounds, sounds into the switch's format, speech into words.
//!
//! ```text
//! make ─▶ store (there already?) ─▶ one making per key ─▶ engine, else the fallback engine ─▶ audio ─▶ store ─▶ Sound
//!                                                    └─▶ fetch (egress, ETag) ─────────────┘
//! ear ─▶ a recording's name ─▶ (the switch records) ─▶ understand ─▶ recogniser ─▶ words; the recording is deleted
//! ```
//!
//! What is made is a tracked task of its own: it goes on when the call that wanted it is over, and serves others.

use std::future::{Ready, ready};
use std::sync::Arc;

use crate::channel::{Ear, Sound};
use crate::script::voice::{Deaf, Made, Mute, Voice, Wanted};
use crate::web::client::Client;

pub mod audio;
pub mod hear;
pub mod program;
pub mod recordings;
pub mod server;
pub mod settings;

use server::Urls;
use settings::Settings;

/// Speaks and listens for scripts, by the engines of the daemon's file.
pub struct Engines {
    settings: Settings,
    client: Arc<Client>,
    urls: Option<Arc<Urls>>,
}

impl Engines {
    /// Sets up the engines; nothing is made. With `urls` the switch fetches sounds from us.
    pub fn new(settings: Settings, client: Arc<Client>, urls: Option<Arc<Urls>>) -> Self {
        Self { settings, client, urls }
    }
}

impl Voice for Engines {
    type Making = Ready<Result<Made, Mute>>;
    type Recording = ();

    fn make(&self, _: Wanted, _: bool) -> Self::Making {
        let _ = (&self.settings, &self.client);
        ready(Err(Mute("no engine speaks".into())))
    }

    fn reachable(&self, sound: &Sound) -> Sound {
        self.urls.as_ref().map_or_else(|| sound.clone(), |urls| urls.reachable(sound))
    }

    fn ear(&self) -> Result<(Ear, Option<()>), Deaf> {
        Err(Deaf("no engine listens".into()))
    }

    async fn understand(&self, _: (), _: &str) -> Result<String, Deaf> {
        Err(Deaf("no engine listens".into()))
    }
}
