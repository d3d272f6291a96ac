//! Synthesized and fetched sounds: files in one folder, with an index in memory.
//!
//! A lookup only reads the index. If another program deletes a file, the caller hears nothing when the sound is played.
//! [`SoundStore::update_index`] removes such sounds from the index, and must be called regularly.
//!
//! One process owns the folder and keeps it within its size. Others, such as a second daemon or `dialscript call`, read
//! its sounds, and delete their own ones after use.

pub(super) mod cache_metadata;
mod folder_contents;
mod ownership;
mod shared_mode;
mod sound_index;
pub(super) mod sound_key;
mod store_folder;
mod stored_sound;
mod temporary_sounds;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tracing::warn;

use super::audio::EncodedSound;
use super::random_name::random_name;
use super::settings::VoiceSettings;
use super::sound_urls::SoundUrls;
use crate::channel::Sound;
use crate::script::voice::SoundError;

use cache_metadata::SoundCacheMetadata;
use sound_index::SoundIndex;
use sound_key::SoundKey;
use store_folder::StoreFolder;

pub(super) use store_folder::is_temporary_name;
pub(super) use stored_sound::StoredSound;

/// The stored sounds. If they take more than `max_bytes`, the least recently used ones are removed first.
pub(super) struct SoundStore {
    folder: Arc<StoreFolder>,
    urls: Option<Arc<SoundUrls>>,
    max_bytes: AtomicU64,
    index: Mutex<SoundIndex>,
    /// Whether this process owns the folder, and has all of its sounds in the index.
    is_owner: AtomicBool,
    /// Whether this process leaves the folder to another one. Held while it becomes the owner.
    given_up: Mutex<bool>,
}

impl SoundStore {
    /// Loads the sounds that are in the folder. The oldest files count as least recently used. With `urls`, the switch
    /// fetches the sounds from the sound server.
    ///
    /// If the folder can't be read, this only logs a warning: the cause may disappear while the daemon runs.
    pub(super) fn open(settings: &VoiceSettings, urls: Option<Arc<SoundUrls>>) -> Self {
        let store = Self {
            folder: Arc::new(StoreFolder::new(&settings.cache_folder)),
            urls,
            max_bytes: settings.max_cache_bytes.into(),
            index: Mutex::default(),
            is_owner: AtomicBool::new(false),
            given_up: Mutex::new(false),
        };
        let loaded = if store.try_own() { Ok(()) } else { store.load_files(false) };
        if let Err(error) = loaded {
            warn!(%error, "can't read the sound cache");
        }
        store
    }

    /// Changes the limit on the size of all sounds. A lower limit takes effect when the next sound is stored.
    pub(super) fn set_max_bytes(&self, max_bytes: u64) {
        self.max_bytes.store(max_bytes, Ordering::Relaxed);
    }

    /// Whether less than 7/8 of the allowed size is used.
    pub(super) fn has_room(&self) -> bool {
        self.index.lock().bytes() < self.max_bytes.load(Ordering::Relaxed) / 8 * 7
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes.load(Ordering::Relaxed)
    }

    /// The number of sounds, and their size in bytes.
    pub(super) fn size(&self) -> (usize, u64) {
        let index = self.index.lock();
        (index.len(), index.bytes())
    }

    pub(super) fn get(&self, key: SoundKey) -> Option<Arc<StoredSound>> {
        let sound = self.index.lock().get(key)?;
        let is_owner = self.is_owner.load(Ordering::Acquire);
        (is_owner || sound.exists()).then_some(sound)
    }

    /// Writes a sound, and replaces the one with the same key. Without a key, or if another process owns the folder,
    /// the files are deleted when nobody holds the sound any more.
    ///
    /// # Errors
    ///
    /// If a file can't be written, or the system provides no random numbers.
    pub(super) async fn put(
        self: &Arc<Self>,
        key: Option<SoundKey>,
        encoded: Vec<EncodedSound>,
        metadata: Option<SoundCacheMetadata>,
    ) -> Result<Arc<StoredSound>, SoundError> {
        let store = self.clone();
        let put = tokio::task::spawn_blocking(move || store.write_sound(key, encoded, metadata));
        put.await.unwrap_or_else(|_| Err(SoundError("could not write the sound".into())))
    }

    /// Writes the changed metadata of a sound to disk, if this process owns the folder.
    pub(super) async fn write_metadata(&self, sound: &Arc<StoredSound>) {
        if !self.is_owner.load(Ordering::Acquire) {
            return;
        }
        let sound = sound.clone();
        let written = tokio::task::spawn_blocking(move || sound.write_metadata()).await;
        if let Ok(Err(error)) = written {
            warn!(%error, "can't write the metadata of a fetched sound");
        }
    }

    pub(super) fn remove(&self, key: SoundKey) {
        let removed = self.index.lock().remove(key);
        delete_files(removed, self.try_own());
    }

    fn write_sound(
        &self,
        key: Option<SoundKey>,
        encoded: Vec<EncodedSound>,
        metadata: Option<SoundCacheMetadata>,
    ) -> Result<Arc<StoredSound>, SoundError> {
        let write_error =
            |error: io::Error| SoundError(format!("could not write the sound: {error}"));
        let random = random_name().map_err(|error| SoundError(error.to_string()))?;
        self.folder.create().map_err(write_error)?;
        let key = key.filter(|_| self.try_own());
        let stem = match key {
            Some(key) => store_folder::cached_stem(key, &random),
            None => store_folder::temporary_stem(&random),
        };
        let extensions = encoded.iter().map(|file| file.extension).collect();
        let bytes = encoded.iter().map(|file| file.bytes.len() as u64).sum();
        let mut sound = self.new_sound(stem, extensions, bytes, metadata);
        // Then, if a write fails, the drop of `sound` deletes the files that were already written.
        sound.delete_on_drop();
        match key {
            Some(_) => self.write_cached(&sound, &encoded),
            None => self.write_temporary(&mut sound, &encoded),
        }
        .map_err(write_error)?;
        let sound = Arc::new(sound);
        if let Some(key) = key {
            sound.keep_files();
            self.insert(key, sound.clone(), true);
        }
        Ok(sound)
    }

    fn write_cached(&self, sound: &StoredSound, encoded: &[EncodedSound]) -> io::Result<()> {
        sound.write_metadata()?;
        // The first file, `.wav`, is written last: a sound counts as complete if this file exists.
        for file in encoded.iter().rev() {
            self.folder.write(&sound.file_name(file.extension), &file.bytes)?;
        }
        Ok(())
    }

    fn write_temporary(&self, sound: &mut StoredSound, encoded: &[EncodedSound]) -> io::Result<()> {
        for file in encoded {
            let name = sound.file_name(file.extension);
            sound.files_in_use.push(self.folder.write_temporary(&name, &file.bytes)?);
        }
        Ok(())
    }

    fn new_sound(
        &self,
        stem: String,
        extensions: Vec<&'static str>,
        bytes: u64,
        metadata: Option<SoundCacheMetadata>,
    ) -> StoredSound {
        let file = format!("{stem}.wav");
        let sound = match &self.urls {
            Some(urls) => Sound::Url(urls.cached_sound_url(&file)),
            None => Sound::File(self.folder.on_switch(&file).into()),
        };
        let (folder, is_deleted_on_drop) = (self.folder.clone(), AtomicBool::new(false));
        let files_in_use = Vec::new();
        StoredSound {
            folder,
            stem,
            extensions,
            bytes,
            sound,
            metadata,
            is_deleted_on_drop,
            files_in_use,
        }
    }

    fn insert(&self, key: SoundKey, sound: Arc<StoredSound>, is_owner: bool) {
        let removed = {
            let mut index = self.index.lock();
            let mut removed: Vec<_> = index.insert(key, sound).into_iter().collect();
            if is_owner {
                removed.extend(index.evict(self.max_bytes.load(Ordering::Relaxed)));
            }
            removed
        };
        delete_files(removed, is_owner);
    }
}

/// If this process owns the folder, marks the files of removed sounds for deletion.
fn delete_files(removed: impl IntoIterator<Item = Arc<StoredSound>>, is_owner: bool) {
    if is_owner {
        removed.into_iter().for_each(|sound| sound.delete_on_drop());
    }
}
