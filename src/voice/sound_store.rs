//! Synthesized and fetched sounds: files in one folder, with an index in memory.
//!
//! A lookup only reads the index. If another program deletes a file, the caller hears nothing when the sound is played.
//! [`SoundStore::forget_deleted`] removes such sounds from the index, and must be called regularly.

pub(super) mod cache_metadata;
mod sound_index;
pub(super) mod sound_key;
mod store_folder;
mod stored_sound;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
use store_folder::{METADATA_EXTENSION, StoreFolder, StoredFile, StoredFileName};

pub(super) use store_folder::is_temporary_name;
pub(super) use stored_sound::StoredSound;

/// The size of a WAV header. After a crash there may be a file that has no samples.
const EMPTY_WAV_BYTES: u64 = 44;

/// The stored sounds. If they take more than `max_bytes`, the least recently used ones are removed first.
pub(super) struct SoundStore {
    folder: Arc<StoreFolder>,
    urls: Option<Arc<SoundUrls>>,
    max_bytes: u64,
    index: Mutex<SoundIndex>,
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
            max_bytes: settings.max_cache_bytes,
            index: Mutex::default(),
        };
        match store.folder.list() {
            Ok(files) => store.load_files(files),
            Err(error) => warn!(%error, "can't read the sound cache"),
        }
        store
    }

    /// Whether another process owns the folder. Only the owner enforces the size limit and deletes leftovers.
    pub(super) fn is_owned_elsewhere(&self) -> bool {
        self.folder.is_owned_elsewhere()
    }

    /// Whether less than 7/8 of the allowed size is used.
    pub(super) fn has_room(&self) -> bool {
        self.index.lock().bytes() < self.max_bytes / 8 * 7
    }

    pub(super) fn get(&self, key: SoundKey) -> Option<Arc<StoredSound>> {
        self.index.lock().get(key)
    }

    /// Writes a sound, and replaces the one with the same key. Without a key, the files are deleted when nobody holds
    /// the sound any more.
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

    /// Writes the changed metadata of a sound to disk.
    pub(super) async fn write_metadata(&self, sound: &Arc<StoredSound>) {
        let sound = sound.clone();
        let written = tokio::task::spawn_blocking(move || sound.write_metadata()).await;
        if let Ok(Err(error)) = written {
            warn!(%error, "can't write the metadata of a fetched sound");
        }
    }

    pub(super) fn remove(&self, key: SoundKey) {
        let removed = self.index.lock().remove(key);
        self.delete_files(removed);
    }

    /// Removes sounds from the index whose files somebody else has deleted. Returns their number.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub(super) fn forget_deleted(&self) -> io::Result<usize> {
        // The index is copied before the folder is read. Otherwise a sound that is stored in between would seem
        // deleted. The copy has weak references, because `evict` does not remove sounds to which there are other
        // references.
        let indexed: Vec<_> = {
            let index = self.index.lock();
            index.iter().map(|(key, sound)| (key, Arc::downgrade(sound))).collect()
        };
        let files: HashSet<_> = self.folder.list()?.into_iter().map(|file| file.name).collect();
        let indexed = indexed.into_iter().filter_map(|(key, sound)| Some((key, sound.upgrade()?)));
        let deleted =
            indexed.filter(|(_, sound)| !sound.sound_files().all(|file| files.contains(&file)));
        Ok(deleted.filter(|(key, sound)| self.forget_if_current(*key, sound)).count())
    }

    /// Returns `false` if the key has another sound by now.
    fn forget_if_current(&self, key: SoundKey, sound: &Arc<StoredSound>) -> bool {
        let forgotten = {
            let mut index = self.index.lock();
            if index.is_current(key, sound) { index.remove(key) } else { None }
        };
        let is_forgotten = forgotten.is_some();
        self.delete_files(forgotten);
        is_forgotten
    }

    fn write_sound(
        &self,
        key: Option<SoundKey>,
        encoded: Vec<EncodedSound>,
        metadata: Option<SoundCacheMetadata>,
    ) -> Result<Arc<StoredSound>, SoundError> {
        let random = random_name().map_err(|error| SoundError(error.to_string()))?;
        let stem = match key {
            Some(key) => store_folder::cached_stem(key, &random),
            None => store_folder::temporary_stem(&random),
        };
        let extensions = encoded.iter().map(|file| file.extension).collect();
        let bytes = encoded.iter().map(|file| file.bytes.len() as u64).sum();
        let sound = self.new_sound(stem, extensions, bytes, metadata);
        // Then, if a write fails, the drop of `sound` deletes the files that were already written.
        sound.delete_on_drop();
        let write_error =
            |error: io::Error| SoundError(format!("could not write the sound: {error}"));
        sound.write_metadata().map_err(write_error)?;
        // The first file, `.wav`, is written last: `load_files` takes a sound as complete if this file exists.
        for file in encoded.iter().rev() {
            let written = self.folder.write(&sound.file_name(file.extension), &file.bytes);
            written.map_err(write_error)?;
        }
        let sound = Arc::new(sound);
        if let Some(key) = key {
            sound.keep_files();
            self.insert(key, sound.clone());
        }
        Ok(sound)
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
        StoredSound { folder, stem, extensions, bytes, sound, metadata, is_deleted_on_drop }
    }

    fn insert(&self, key: SoundKey, sound: Arc<StoredSound>) {
        let is_owner = self.folder.try_own();
        let removed = {
            let mut index = self.index.lock();
            let mut removed: Vec<_> = index.insert(key, sound).into_iter().collect();
            if is_owner {
                removed.extend(index.evict(self.max_bytes));
            }
            removed
        };
        self.delete_files(removed);
    }

    /// If this process owns the folder, marks the files of removed sounds for deletion.
    fn delete_files(&self, removed: impl IntoIterator<Item = Arc<StoredSound>>) {
        if self.folder.try_own() {
            removed.into_iter().for_each(|sound| sound.delete_on_drop());
        }
    }

    /// Fills the index. Files that belong to no complete sound are deleted.
    fn load_files(&self, mut files: Vec<StoredFile>) {
        files.sort_by_key(|file| file.modified);
        let mut files_by_stem: HashMap<String, Vec<(&'static str, u64)>> = HashMap::new();
        let (mut complete, mut leftovers) = (Vec::new(), Vec::new());
        for StoredFile { name, parsed_name, bytes, .. } in files {
            let StoredFileName::Cached { key, stem, extension } = parsed_name else {
                leftovers.push(name);
                continue;
            };
            if extension == "wav" && bytes > EMPTY_WAV_BYTES {
                complete.push((key, stem.clone()));
            }
            files_by_stem.entry(stem).or_default().push((extension, bytes));
        }
        for (key, stem) in complete {
            let files = files_by_stem.remove(&stem).unwrap_or_default();
            self.insert(key, Arc::new(self.load_sound(stem, files)));
        }
        leftovers.extend(files_by_stem.iter().flat_map(|(stem, files)| {
            files.iter().map(move |(extension, _)| format!("{stem}.{extension}"))
        }));
        if self.folder.try_own() {
            leftovers.iter().for_each(|name| self.folder.remove(name));
        }
    }

    fn load_sound(&self, stem: String, files: Vec<(&'static str, u64)>) -> StoredSound {
        let has_metadata = files.iter().any(|(extension, _)| *extension == METADATA_EXTENSION);
        let metadata = has_metadata
            .then(|| self.folder.read_metadata(&format!("{stem}.{METADATA_EXTENSION}")))
            .flatten()
            .and_then(|json| SoundCacheMetadata::from_json(&json));
        let sounds = files.into_iter().filter(|(extension, _)| *extension != METADATA_EXTENSION);
        let (extensions, bytes): (Vec<_>, Vec<u64>) = sounds.unzip();
        self.new_sound(stem, extensions, bytes.into_iter().sum(), metadata)
    }
}
