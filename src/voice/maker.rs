//! Who makes sounds: texts by engines, URLs by fetching, one making for all that want the same.

use std::sync::Arc;

use crate::script::template::Filled;
use crate::script::voice::{Made, Manner, Mute, Wanted};
use crate::voice::fetch::Fetcher;
use crate::voice::making::{Making, Makings};
use crate::voice::say::Speakers;
use crate::voice::server::Urls;
use crate::voice::settings::Settings;
use crate::voice::store::Store;
use crate::web::client::Client;

/// For each sound that may be in the making so many may wait for their turn.
const WAITING: usize = 64;

/// Who makes sounds.
#[derive(Clone)]
pub(super) struct Maker {
    speakers: Arc<Speakers>,
    fetcher: Arc<Fetcher>,
    makings: Arc<Makings>,
    pub(super) store: Arc<Store>,
    pub(super) at_once: usize,
}

impl Maker {
    /// Nothing is made yet.
    pub(super) fn new(settings: &Settings, client: Arc<Client>, urls: Option<Arc<Urls>>) -> Self {
        let store = Arc::new(Store::open(settings, urls));
        Self {
            speakers: Arc::new(Speakers::new(settings, client.clone(), store.clone())),
            fetcher: Arc::new(Fetcher::new(settings, client, store.clone())),
            makings: Arc::new(Makings::new(settings.at_once * WAITING)),
            store,
            at_once: settings.at_once,
        }
    }

    pub(super) async fn close_and_wait(&self) {
        self.makings.close_and_wait().await;
    }

    pub(super) async fn give_up(&self) {
        self.makings.give_up().await;
    }

    pub(super) fn make(&self, wanted: Wanted, speaks: bool) -> Making {
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
        let by_switch = text.may_be_left_to_the_switch();
        let (speakers, spoken) = (self.speakers.clone(), text.clone());
        let make = async move { speakers.make(&spoken).await };
        Ok(match self.speakers.key(&text) {
            Some(key) => self.makings.share((key, by_switch), || self.speakers.there(&text), make),
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

    pub(super) fn at_hand(&self, wanted: Wanted, speaks: bool) -> Option<Made> {
        match wanted {
            Wanted::Text { text, manner } => {
                self.speakers.there(&self.speakers.text(text, &manner, speaks).ok()?)
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

    pub(super) fn is_at_hand(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Text { .. } => self.at_hand(wanted.clone(), false).is_some(),
            Wanted::Url { url, decides_host } => {
                let place = self.fetcher.place(url, *decides_host);
                place.is_ok_and(|place| self.fetcher.at_hand(&place).is_some())
            }
        }
    }

    /// Whether it is a text that nobody but the switch can speak.
    pub(super) fn is_for_the_switch(&self, wanted: &Wanted) -> bool {
        let Wanted::Text { text, manner } = wanted else { return false };
        let speakers = |speaks| self.speakers.text(text.clone(), manner, speaks);
        speakers(true).is_ok() && speakers(false).is_err()
    }
}
