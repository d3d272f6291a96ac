//! Sounds that were made or fetched: files of one folder, and in memory which of them are there.
//!
//! A hit reads memory alone. Files that somebody else removes are noticed by [`Store::forget_lost`], which whoever has
//! the store calls now and then; until it has, a call that wants one of them does not hear it.

pub mod folder;
mod kept;
pub mod key;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tracing::warn;

use super::audio::Encoded;
use super::fetch::origin::Origin;
use super::server::Urls;
use super::settings::Settings;
use crate::channel::Sound;
use crate::script::voice::Mute;

use folder::{ABOUT, Folder, Found, Named};
use kept::Files;
use key::Key;

pub use kept::Kept;

/// A WAV file's header without samples: what a crash may have left is no longer.
const NO_SOUND: u64 = 44;

/// The sounds; those not heard for longest go first.
pub struct Store {
    folder: Arc<Folder>,
    urls: Option<Arc<Urls>>,
    most: u64,
    index: Mutex<Index>,
}

struct Index {
    kept: LruCache<Key, Arc<Kept>>,
    bytes: u64,
}

impl Store {
    /// The sounds that are there already, the oldest being the first to go. With `urls` the switch fetches them from us.
    ///
    /// A folder that can't be read is a warning: it may be mended while we run.
    pub fn open(settings: &Settings, urls: Option<Arc<Urls>>) -> Self {
        let store = Self {
            folder: Arc::new(Folder::new(&settings.cache)),
            urls,
            most: settings.cache_bytes,
            index: Mutex::new(Index { kept: LruCache::unbounded(), bytes: 0 }),
        };
        match store.folder.list() {
            Ok(found) => store.fill(found),
            Err(error) => warn!(%error, "the folder of made sounds can't be read"),
        }
        store
    }

    /// Whether another process has the folder: that one keeps it within its bounds, and removes what is left behind.
    pub fn is_of_another(&self) -> bool {
        self.folder.is_of_another()
    }

    /// Whether nothing had to go for a while.
    pub fn has_room(&self) -> bool {
        self.index().bytes < self.most / 8 * 7
    }

    /// The sound under a key, which is now the last to go.
    pub fn get(&self, key: Key) -> Option<Arc<Kept>> {
        self.index().kept.get(&key).cloned()
    }

    /// Writes a sound, in place of the one that was under its key. Without a key it is removed when the last who has it
    /// lets it go.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub async fn put(
        self: &Arc<Self>,
        key: Option<Key>,
        sounds: Vec<Encoded>,
        origin: Option<Origin>,
    ) -> Result<Arc<Kept>, Mute> {
        let store = self.clone();
        let written = tokio::task::spawn_blocking(move || store.written(key, sounds, origin));
        written.await.unwrap_or_else(|_| Err(Mute("the sound could not be written".into())))
    }

    /// Keeps what is known of a fetched sound, for the next start.
    pub async fn note(self: &Arc<Self>, kept: &Arc<Kept>) {
        let (folder, kept) = (self.folder.clone(), kept.clone());
        let noted = tokio::task::spawn_blocking(move || kept.note(&folder));
        if let Ok(Err(error)) = noted.await {
            warn!(%error, "what is known of a fetched sound can't be written");
        }
    }

    /// Forgets a sound: nobody gets it any more.
    pub fn remove(&self, key: Key) {
        let removed = self.index().pop(key);
        self.retire(removed);
    }

    /// Forgets sounds whose files somebody removed; how many they were.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn forget_lost(&self) -> io::Result<usize> {
        let known: Vec<_> = {
            let index = self.index();
            index.kept.iter().map(|(key, kept)| (*key, Arc::downgrade(kept))).collect()
        };
        let there: HashSet<_> = self.folder.list()?.into_iter().map(|found| found.name).collect();
        let known = known.into_iter().filter_map(|(key, kept)| Some((key, kept.upgrade()?)));
        let lost = known.filter(|(_, kept)| !kept.sounds().all(|file| there.contains(&file)));
        Ok(lost.filter(|(key, kept)| self.forget(*key, kept)).count())
    }

    /// Unless another one has taken its place.
    fn forget(&self, key: Key, lost: &Arc<Kept>) -> bool {
        let forgotten = {
            let mut index = self.index();
            let is_there = index.kept.peek(&key).is_some_and(|kept| Arc::ptr_eq(kept, lost));
            is_there.then(|| index.pop(key)).flatten()
        };
        let is_forgotten = forgotten.is_some();
        self.retire(forgotten);
        is_forgotten
    }

    fn written(
        &self,
        key: Option<Key>,
        sounds: Vec<Encoded>,
        origin: Option<Origin>,
    ) -> Result<Arc<Kept>, Mute> {
        let random = key::random().ok_or(Mute("the system gives no random numbers".into()))?;
        let stem = match key {
            Some(key) => folder::kept(key, &random),
            None => folder::passing(&random),
        };
        let files =
            Files { extensions: sounds.iter().map(|sound| sound.extension).collect(), stem };
        let bytes = sounds.iter().map(|sound| sound.bytes.len() as u64).sum();
        let kept = self.kept(files, bytes, origin);
        // Until all of it is there it goes with whoever lets it go: us, when something fails.
        kept.retire();
        let unkept = |error: io::Error| Mute(format!("the sound could not be written: {error}"));
        kept.note(&self.folder).map_err(unkept)?;
        // The name that is looked for at the start comes last.
        for sound in sounds.iter().rev() {
            self.folder.write(&kept.file(sound.extension), &sound.bytes).map_err(unkept)?;
        }
        let kept = Arc::new(kept);
        if let Some(key) = key {
            kept.stay();
            self.insert(key, kept.clone());
        }
        Ok(kept)
    }

    fn kept(&self, files: Files, bytes: u64, origin: Option<Origin>) -> Kept {
        let file = files.name("wav");
        let sound = match &self.urls {
            Some(urls) => Sound::Served(urls.of_cache(&file)),
            None => Sound::File(self.folder.on_switch(&file).into()),
        };
        Kept::new(self.folder.clone(), files, bytes, sound, origin)
    }

    fn insert(&self, key: Key, kept: Arc<Kept>) {
        let is_ours = self.folder.is_ours();
        let retired = {
            let mut index = self.index();
            let mut retired: Vec<_> = index.pop(key).into_iter().collect();
            index.bytes += kept.bytes;
            index.kept.put(key, kept);
            if is_ours {
                retired.extend(index.shrink(self.most));
            }
            retired
        };
        self.retire(retired);
    }

    /// Their files go when nobody has them any more.
    fn retire(&self, kept: impl IntoIterator<Item = Arc<Kept>>) {
        if self.folder.is_ours() {
            kept.into_iter().for_each(|kept| kept.retire());
        }
    }

    fn fill(&self, mut found: Vec<Found>) {
        found.sort_by_key(|found| found.modified);
        let mut sounds: HashMap<String, Vec<(&'static str, u64)>> = HashMap::new();
        let (mut order, mut left) = (Vec::new(), Vec::new());
        for Found { name, named, bytes, .. } in found {
            let Named::Kept(key, stem, extension) = named else {
                left.push(name);
                continue;
            };
            if extension == "wav" && bytes > NO_SOUND {
                order.push((key, stem.clone()));
            }
            sounds.entry(stem).or_default().push((extension, bytes));
        }
        for (key, stem) in order {
            let files = sounds.remove(&stem).unwrap_or_default();
            self.insert(key, Arc::new(self.found(stem, files)));
        }
        left.extend(sounds.iter().flat_map(|(stem, files)| {
            files.iter().map(move |(extension, _)| format!("{stem}.{extension}"))
        }));
        if self.folder.is_ours() {
            left.iter().for_each(|name| self.folder.remove(name));
        }
    }

    fn found(&self, stem: String, files: Vec<(&'static str, u64)>) -> Kept {
        let about = files.iter().any(|(extension, _)| *extension == ABOUT);
        let files = files.into_iter().filter(|(extension, _)| *extension != ABOUT);
        let (extensions, bytes): (Vec<_>, Vec<u64>) = files.unzip();
        let files = Files { stem, extensions };
        let origin = about.then(|| self.folder.read(&files.name(ABOUT))).flatten();
        let origin = origin.and_then(|json| Origin::read(&json));
        self.kept(files, bytes.into_iter().sum(), origin)
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn pop(&mut self, key: Key) -> Option<Arc<Kept>> {
        let kept = self.kept.pop(&key)?;
        self.bytes -= kept.bytes;
        Some(kept)
    }

    /// What goes, so that the rest is within the bound. What somebody has is in use, so it goes last.
    fn shrink(&mut self, most: u64) -> Vec<Arc<Kept>> {
        let mut retired = Vec::new();
        for _ in 0..self.kept.len() {
            if self.bytes <= most {
                break;
            }
            let Some((key, kept)) = self.kept.pop_lru() else { break };
            if Arc::strong_count(&kept) > 1 {
                self.kept.put(key, kept);
            } else {
                self.bytes -= kept.bytes;
                retired.push(kept);
            }
        }
        retired
    }
}
