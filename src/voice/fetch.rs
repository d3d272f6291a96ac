//! Sounds from URLs: fetched by us, read as sounds, and kept as the other side allows. A switch never gets the URL.

mod failures;
pub mod origin;

use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use reqwest::{Method, Request};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::warn;
use url::Url;

use super::audio;
use super::settings::{Format, Settings};
use super::store::key::Key;
use super::store::{Kept, Store};
use crate::script::template::Filled;
use crate::script::voice::{Made, Mute};
use crate::web::client::{Client, Reply};

use failures::Failures;
use origin::Origin;

/// The largest sound that is fetched or made, in bytes.
pub const LARGEST: usize = 16 << 20;

/// How long an old sound serves without another try when the other side has failed: calls do not wait for it each time.
const SPARED: Duration = Duration::from_secs(30);

const ACCEPTED: &str = "audio/wav, audio/mpeg, audio/ogg, audio/flac, audio/*;q=0.5, */*;q=0.1";

/// Fetches sounds.
pub struct Fetcher {
    client: Arc<Client>,
    store: Arc<Store>,
    format: Format,
    timeout: Duration,
    /// Of its own: a slow web server does not keep engines from speaking.
    places: Semaphore,
    failures: Failures,
}

/// A sound's URL that may be fetched. Without `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct Place {
    url: Url,
    guarded: bool,
    key: Option<Key>,
}

impl Place {
    /// What its sound is known by; `None` where nothing of it may be kept.
    pub fn key(&self) -> Option<Key> {
        self.key
    }
}

/// Why there is no new sound.
enum Failed {
    /// The other side does not give it out: an old one is not heard either.
    Gone(Mute),
    /// It may come another time.
    Broken(Mute),
}

impl Fetcher {
    /// Nothing is fetched.
    pub fn new(settings: &Settings, client: Arc<Client>, store: Arc<Store>) -> Self {
        Self {
            client,
            store,
            format: settings.format,
            timeout: settings.timeout,
            places: Semaphore::new(settings.at_once),
            failures: Failures::default(),
        }
    }

    /// Judges a URL.
    ///
    /// # Errors
    ///
    /// When it is none, or may not be reached.
    pub fn place(&self, url: &Filled, guarded: bool) -> Result<Place, Mute> {
        let parsed = Url::parse(url.text()).map_err(|_| mute("the sound's URL is none"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(mute("the sound's URL is neither http nor https"));
        }
        if guarded {
            self.client.check(&parsed).map_err(mute)?;
        }
        // What a value may not reach must not be heard because the author may.
        let kind: &[u8] = if guarded { b"url of a value" } else { b"url" };
        let format = format!("{:?}", self.format);
        let parts = [kind, format.as_bytes(), parsed.as_str().as_bytes()];
        let key = (!url.is_sensitive()).then(|| Key::of(parts));
        Ok(Place { url: parsed, guarded, key })
    }

    /// The sound, or that there is none, where nobody needs to be asked.
    pub fn known(&self, place: &Place) -> Option<Result<Made, Mute>> {
        let failed = || self.failures.get(place.key?).map(Err);
        self.fresh(place).map(Ok).or_else(failed)
    }

    /// The sound, where nobody needs to be asked.
    pub fn fresh(&self, place: &Place) -> Option<Made> {
        let kept = self.store.get(place.key?)?;
        kept.origin().is_some_and(Origin::is_fresh).then(|| kept.made())
    }

    /// The sound that is there, however old.
    pub fn at_hand(&self, place: &Place) -> Option<Made> {
        Some(self.store.get(place.key?)?.made())
    }

    /// Fetches a sound, or asks whether it is still the same.
    ///
    /// # Errors
    ///
    /// When there is no sound within the time, and no old one either.
    pub async fn fetch(&self, place: &Place) -> Result<Made, Mute> {
        let old = place.key.and_then(|key| self.store.get(key));
        let late = || mute(format_args!("no sound was fetched within {:?}", self.timeout));
        let fetched = timeout_at(Instant::now() + self.timeout, self.fetched(place, old.as_ref()));
        let failed = match fetched.await.unwrap_or_else(|_| Err(Failed::Broken(late()))) {
            Ok(kept) => return Ok(kept.made()),
            Err(failed) => failed,
        };
        match (failed, old) {
            (Failed::Broken(mute), Some(old)) => spared(&old, mute),
            (Failed::Broken(mute), None) => {
                place.key.into_iter().for_each(|key| self.failures.put(key, mute.clone()));
                Err(mute)
            }
            (Failed::Gone(mute), _) => {
                place.key.into_iter().for_each(|key| self.store.remove(key));
                Err(mute)
            }
        }
    }

    async fn fetched(&self, place: &Place, old: Option<&Arc<Kept>>) -> Result<Arc<Kept>, Failed> {
        let _place = self.places.acquire().await.map_err(broken)?;
        let request = self.request(place, old).map_err(broken)?;
        let reply = self.client.exchange(request, place.guarded, LARGEST).await.map_err(broken)?;
        match (reply.status, old) {
            (200, _) => self.read(place, reply).await,
            (304, Some(old)) => Ok(self.renewed(old, &reply).await),
            (status @ (401 | 403 | 404 | 410), _) => Err(Failed::Gone(refused(status))),
            (status, _) => Err(Failed::Broken(refused(status))),
        }
    }

    fn request(&self, place: &Place, old: Option<&Arc<Kept>>) -> Result<Request, Mute> {
        let request = self.client.request(Method::GET, place.url.clone(), place.guarded);
        let mut request = request.map_err(mute)?.header(ACCEPT, ACCEPTED);
        for (name, value) in old.and_then(|old| old.origin()).iter().flat_map(|o| o.conditions()) {
            request = request.header(name, value);
        }
        request.build().map_err(|_| mute("no request could be made of the sound's URL"))
    }

    async fn renewed(&self, old: &Arc<Kept>, reply: &Reply) -> Arc<Kept> {
        if let Some(origin) = old.origin() {
            origin.renew(&reply.headers);
            self.store.note(old).await;
        }
        old.clone()
    }

    async fn read(&self, place: &Place, reply: Reply) -> Result<Arc<Kept>, Failed> {
        let (body, format) = (reply.body, self.format);
        let sounds = tokio::task::spawn_blocking(move || audio::convert(body, format)).await;
        let unread = |reason: &dyn std::fmt::Display| {
            broken(format_args!("what was fetched can't be heard: {reason}"))
        };
        let sounds = sounds.map_err(|_| unread(&"it could not be read"))?;
        let sounds = sounds.map_err(|error| unread(&error))?;
        let key = place.key.filter(|_| !origin::is_passing(&reply.headers));
        if key.is_none() {
            place.key.into_iter().for_each(|key| self.store.remove(key));
        }
        let origin = key.map(|_| Origin::of(&reply.headers));
        self.store.put(key, sounds, origin).await.map_err(Failed::Broken)
    }
}

/// The other side failed: the old sound, where that may be heard.
fn spared(old: &Arc<Kept>, mute: Mute) -> Result<Made, Mute> {
    let Some(origin) = old.origin().filter(|origin| origin.outlives_failures()) else {
        return Err(mute);
    };
    warn!(reason = %mute, "a sound could not be fetched again: the old one is heard");
    origin.serve_for(SPARED);
    Ok(old.made())
}

fn refused(status: u16) -> Mute {
    mute(format_args!("the sound's web server answered with status {status}"))
}

fn broken(reason: impl ToString) -> Failed {
    Failed::Broken(mute(reason))
}

fn mute(reason: impl ToString) -> Mute {
    Mute(reason.to_string())
}
