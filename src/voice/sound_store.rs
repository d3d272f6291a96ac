//! Sounds that were made or fetched: files of one folder, and in memory which of them are there.
//!
//! A hit reads memory alone. Files that somebody else removes are noticed by [`SoundStore::forget_removed`], which whoever has
//! the store calls now and then; until it has, a call that wants one of them does not hear it.

pub mod sound_key;
pub mod store_folder;
mod stored_sound;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tracing::warn;

use super::audio::EncodedSound;
use super::settings::VoiceSettings;
use super::sound_fetcher::cache_metadata::SoundCacheMetadata;
use super::sound_server::SoundUrls;
use crate::channel::Sound;
use crate::script::voice::SoundError;

use sound_key::SoundKey;
use store_folder::{METADATA_EXTENSION, StoreFolder, StoredFile, StoredFileName};
use stored_sound::SoundFiles;

pub use stored_sound::StoredSound;

/// A WAV file's header without samples: what a crash may have left is no longer.
const EMPTY_WAV_BYTES: u64 = 44;

/// The sounds; those not heard for longest go first.
pub struct SoundStore {
    folder: Arc<StoreFolder>,
    urls: Option<Arc<SoundUrls>>,
    max_bytes: u64,
    index: Mutex<SoundIndex>,
}

struct SoundIndex {
    sounds: LruCache<SoundKey, Arc<StoredSound>>,
    bytes: u64,
}

impl SoundStore {
    /// The sounds that are there already, the oldest being the first to go. With `urls` the switch fetches them from us.
    ///
    /// A folder that can't be read is a warning: it may be mended while we run.
    pub fn open(settings: &VoiceSettings, urls: Option<Arc<SoundUrls>>) -> Self {
        let store = Self {
            folder: Arc::new(StoreFolder::new(&settings.cache_folder)),
            urls,
            max_bytes: settings.max_cache_bytes,
            index: Mutex::new(SoundIndex { sounds: LruCache::unbounded(), bytes: 0 }),
        };
        match store.folder.list() {
            Ok(found) => store.load_files(found),
            Err(error) => warn!(%error, "the folder of made sounds can't be read"),
        }
        store
    }

    /// Whether another process has the folder: that one keeps it within its bounds, and removes what is left behind.
    pub fn is_owned_elsewhere(&self) -> bool {
        self.folder.is_owned_elsewhere()
    }

    /// Whether nothing had to go for a while.
    pub fn has_room(&self) -> bool {
        self.index().bytes < self.max_bytes / 8 * 7
    }

    /// The sound under a key, which is now the last to go.
    pub fn get(&self, key: SoundKey) -> Option<Arc<StoredSound>> {
        self.index().sounds.get(&key).cloned()
    }

    /// Writes a sound, in place of the one that was under its key. Without a key it is removed when the last who has it
    /// lets it go.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub async fn put(
        self: &Arc<Self>,
        key: Option<SoundKey>,
        sounds: Vec<EncodedSound>,
        origin: Option<SoundCacheMetadata>,
    ) -> Result<Arc<StoredSound>, SoundError> {
        let store = self.clone();
        let written = tokio::task::spawn_blocking(move || store.write_sound(key, sounds, origin));
        written.await.unwrap_or_else(|_| Err(SoundError("the sound could not be written".into())))
    }

    /// Keeps what is known of a fetched sound, for the next start.
    pub async fn write_metadata(self: &Arc<Self>, kept: &Arc<StoredSound>) {
        let (folder, kept) = (self.folder.clone(), kept.clone());
        let noted = tokio::task::spawn_blocking(move || kept.write_metadata(&folder));
        if let Ok(Err(error)) = noted.await {
            warn!(%error, "what is known of a fetched sound can't be written");
        }
    }

    /// Forgets a sound: nobody gets it any more.
    pub fn remove(&self, key: SoundKey) {
        let removed = self.index().pop(key);
        self.retire(removed);
    }

    /// Forgets sounds whose files somebody removed; how many they were.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn forget_removed(&self) -> io::Result<usize> {
        let known: Vec<_> = {
            let index = self.index();
            index.sounds.iter().map(|(key, kept)| (*key, Arc::downgrade(kept))).collect()
        };
        let there: HashSet<_> = self.folder.list()?.into_iter().map(|found| found.name).collect();
        let known = known.into_iter().filter_map(|(key, kept)| Some((key, kept.upgrade()?)));
        let lost = known.filter(|(_, kept)| !kept.sound_files().all(|file| there.contains(&file)));
        Ok(lost.filter(|(key, kept)| self.forget_if_current(*key, kept)).count())
    }

    /// Unless another one has taken its place.
    fn forget_if_current(&self, key: SoundKey, lost: &Arc<StoredSound>) -> bool {
        let forgotten = {
            let mut index = self.index();
            let is_there = index.sounds.peek(&key).is_some_and(|kept| Arc::ptr_eq(kept, lost));
            is_there.then(|| index.pop(key)).flatten()
        };
        let is_forgotten = forgotten.is_some();
        self.retire(forgotten);
        is_forgotten
    }

    fn write_sound(
        &self,
        key: Option<SoundKey>,
        sounds: Vec<EncodedSound>,
        origin: Option<SoundCacheMetadata>,
    ) -> Result<Arc<StoredSound>, SoundError> {
        let random = sound_key::random_name()
            .ok_or(SoundError("the system gives no random numbers".into()))?;
        let stem = match key {
            Some(key) => store_folder::cached_name(key, &random),
            None => store_folder::temporary_name(&random),
        };
        let files =
            SoundFiles { extensions: sounds.iter().map(|sound| sound.extension).collect(), stem };
        let bytes = sounds.iter().map(|sound| sound.bytes.len() as u64).sum();
        let kept = self.new_sound(files, bytes, origin);
        // Until all of it is there it goes with whoever lets it go: us, when something fails.
        kept.retire();
        let unkept =
            |error: io::Error| SoundError(format!("the sound could not be written: {error}"));
        kept.write_metadata(&self.folder).map_err(unkept)?;
        // The name that is looked for at the start comes last.
        for sound in sounds.iter().rev() {
            self.folder.write(&kept.file_name(sound.extension), &sound.bytes).map_err(unkept)?;
        }
        let kept = Arc::new(kept);
        if let Some(key) = key {
            kept.cancel_retire();
            self.insert(key, kept.clone());
        }
        Ok(kept)
    }

    fn new_sound(
        &self,
        files: SoundFiles,
        bytes: u64,
        origin: Option<SoundCacheMetadata>,
    ) -> StoredSound {
        let file = files.name("wav");
        let sound = match &self.urls {
            Some(urls) => Sound::Url(urls.cached_sound_url(&file)),
            None => Sound::File(self.folder.on_switch(&file).into()),
        };
        StoredSound::new(self.folder.clone(), files, bytes, sound, origin)
    }

    fn insert(&self, key: SoundKey, kept: Arc<StoredSound>) {
        let is_ours = self.folder.try_own();
        let retired = {
            let mut index = self.index();
            let mut retired: Vec<_> = index.pop(key).into_iter().collect();
            index.bytes += kept.bytes;
            index.sounds.put(key, kept);
            if is_ours {
                retired.extend(index.evict(self.max_bytes));
            }
            retired
        };
        self.retire(retired);
    }

    /// Their files go when nobody has them any more.
    fn retire(&self, kept: impl IntoIterator<Item = Arc<StoredSound>>) {
        if self.folder.try_own() {
            kept.into_iter().for_each(|kept| kept.retire());
        }
    }

    fn load_files(&self, mut found: Vec<StoredFile>) {
        found.sort_by_key(|found| found.modified);
        let mut sounds: HashMap<String, Vec<(&'static str, u64)>> = HashMap::new();
        let (mut order, mut left) = (Vec::new(), Vec::new());
        for StoredFile { name, parsed_name: named, bytes, .. } in found {
            let StoredFileName::Cached(key, stem, extension) = named else {
                left.push(name);
                continue;
            };
            if extension == "wav" && bytes > EMPTY_WAV_BYTES {
                order.push((key, stem.clone()));
            }
            sounds.entry(stem).or_default().push((extension, bytes));
        }
        for (key, stem) in order {
            let files = sounds.remove(&stem).unwrap_or_default();
            self.insert(key, Arc::new(self.load_sound(stem, files)));
        }
        left.extend(sounds.iter().flat_map(|(stem, files)| {
            files.iter().map(move |(extension, _)| format!("{stem}.{extension}"))
        }));
        if self.folder.try_own() {
            left.iter().for_each(|name| self.folder.remove(name));
        }
    }

    fn load_sound(&self, stem: String, files: Vec<(&'static str, u64)>) -> StoredSound {
        let about = files.iter().any(|(extension, _)| *extension == METADATA_EXTENSION);
        let files = files.into_iter().filter(|(extension, _)| *extension != METADATA_EXTENSION);
        let (extensions, bytes): (Vec<_>, Vec<u64>) = files.unzip();
        let files = SoundFiles { stem, extensions };
        let origin =
            about.then(|| self.folder.read_metadata(&files.name(METADATA_EXTENSION))).flatten();
        let origin = origin.and_then(|json| SoundCacheMetadata::from_json(&json));
        self.new_sound(files, bytes.into_iter().sum(), origin)
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn index(&self) -> MutexGuard<'_, SoundIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SoundIndex {
    fn pop(&mut self, key: SoundKey) -> Option<Arc<StoredSound>> {
        let kept = self.sounds.pop(&key)?;
        self.bytes -= kept.bytes;
        Some(kept)
    }

    /// What goes, so that the rest is within the bound. What somebody has is in use, so it goes last.
    fn evict(&mut self, most: u64) -> Vec<Arc<StoredSound>> {
        let mut retired = Vec::new();
        for _ in 0..self.sounds.len() {
            if self.bytes <= most {
                break;
            }
            let Some((key, kept)) = self.sounds.pop_lru() else { break };
            if Arc::strong_count(&kept) > 1 {
                self.sounds.put(key, kept);
            } else {
                self.bytes -= kept.bytes;
                retired.push(kept);
            }
        }
        retired
    }
}
