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
use crate::script::template::Filled;
use crate::script::voice::{Deaf, Made, Manner, Mute, Voice, Wanted};
use crate::web::client::Client;

pub mod audio;
pub mod fetch;
pub mod making;
pub mod program;
pub mod say;
pub mod server;
pub mod settings;
pub mod store;

use fetch::Fetcher;
use making::prepare::Preparing;
use making::{Making, Makings};
use say::Speakers;
use server::Urls;
use settings::Settings;
use store::Store;

/// For each sound that may be in the making so many may wait for their turn.
const WAITING: usize = 64;

/// Speaks and listens for scripts, by the engines of the daemon's file.
pub struct Engines {
    maker: Maker,
    preparing: Preparing,
    urls: Option<Arc<Urls>>,
}

/// Who makes sounds.
#[derive(Clone)]
struct Maker {
    speakers: Arc<Speakers>,
    fetcher: Arc<Fetcher>,
    makings: Arc<Makings>,
    store: Arc<Store>,
    at_once: usize,
}

impl Engines {
    /// Sets up the engines; nothing is made. With `urls` the switch fetches sounds from us.
    pub fn new(settings: Settings, client: Arc<Client>, urls: Option<Arc<Urls>>) -> Self {
        let settings = Settings { at_once: settings.at_once.clamp(1, 1024), ..settings };
        let store = Arc::new(Store::open(&settings, urls.clone()));
        let maker = Maker {
            speakers: Arc::new(Speakers::new(&settings, client.clone(), store.clone())),
            fetcher: Arc::new(Fetcher::new(&settings, client, store.clone())),
            makings: Arc::new(Makings::new(settings.at_once * WAITING)),
            store,
            at_once: settings.at_once,
        };
        Self { maker, preparing: Preparing::default(), urls }
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
        let tracker = self.maker.makings.tracker();
        tracker.close();
        tracker.wait().await;
    }
}

impl Maker {
    fn make(&self, wanted: Wanted, speaks: bool) -> Making {
        let making = match wanted {
            Wanted::Text { text, manner } => self.text(text, &manner, speaks),
            Wanted::Url { url, decides_host } => self.url(&url, decides_host),
        };
        making.unwrap_or_else(|mute| Making::Ready(Err(mute)))
    }

    fn text(&self, text: Filled, manner: &Manner, speaks: bool) -> Result<Making, Mute> {
        let text = Arc::new(self.speakers.text(text, manner, speaks)?);
        if let Some(made) = self.speakers.there(&text) {
            return Ok(Making::Ready(Ok(made)));
        }
        let (speakers, spoken) = (self.speakers.clone(), text.clone());
        let make = async move { speakers.make(&spoken).await };
        Ok(match self.speakers.key(&text) {
            Some(key) => self.makings.share((key, speaks), || self.speakers.there(&text), make),
            None => self.makings.alone(make),
        })
    }

    fn url(&self, url: &Filled, decides_host: bool) -> Result<Making, Mute> {
        let place = self.fetcher.place(url, decides_host)?;
        if let Some(outcome) = self.fetcher.known(&place) {
            return Ok(Making::Ready(outcome));
        }
        let (fetcher, fetched) = (self.fetcher.clone(), place.clone());
        let fetch = async move { fetcher.fetch(&fetched).await };
        Ok(match place.key() {
            Some(key) => self.makings.share((key, false), || self.fetcher.fresh(&place), fetch),
            None => self.makings.alone(fetch),
        })
    }

    fn at_hand(&self, wanted: Wanted) -> Option<Made> {
        match wanted {
            Wanted::Text { text, manner } => {
                self.speakers.there(&self.speakers.text(text, &manner, false).ok()?)
            }
            Wanted::Url { url, decides_host } => {
                let place = self.fetcher.place(&url, decides_host).ok()?;
                if place.key().is_some() {
                    drop(self.url(&url, decides_host));
                }
                self.fetcher.at_hand(&place)
            }
        }
    }

    fn is_at_hand(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Text { .. } => self.at_hand(wanted.clone()).is_some(),
            Wanted::Url { url, decides_host } => {
                let place = self.fetcher.place(url, *decides_host);
                place.is_ok_and(|place| self.fetcher.at_hand(&place).is_some())
            }
        }
    }

    /// Whether it is a text that nobody but the switch can speak.
    fn is_for_the_switch(&self, wanted: &Wanted) -> bool {
        let Wanted::Text { text, manner } = wanted else { return false };
        let speakers = |speaks| self.speakers.text(text.clone(), manner, speaks);
        speakers(true).is_ok() && speakers(false).is_err()
    }
}

impl Voice for Engines {
    type Making = Making;
    type Recording = ();

    fn make(&self, wanted: Wanted, speaks: bool) -> Making {
        self.maker.make(wanted, speaks)
    }

    /// A fetched sound however old it is: it is asked for again in the background then.
    fn at_hand(&self, wanted: Wanted) -> Option<Made> {
        self.maker.at_hand(wanted)
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
