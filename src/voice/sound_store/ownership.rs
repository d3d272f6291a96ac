//! Which process owns the store's folder, and how its index follows what other processes do there.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cache_metadata::SoundCacheMetadata;
use super::folder_contents::{FolderContents, FoundSound};
use super::sound_key::SoundKey;
use super::store_folder::METADATA_EXTENSION;
use super::stored_sound::StoredSound;
use super::{SoundStore, delete_files};

impl SoundStore {
    /// Whether another process owns the folder. This process then stores no sounds for later calls.
    pub(in crate::voice) fn is_owned_elsewhere(&self) -> bool {
        self.folder.is_owned_elsewhere()
    }

    /// Whether this process owns the folder, or becomes its owner because no other process is. Fails if there is no
    /// folder yet.
    pub(super) fn try_own(&self) -> bool {
        if self.is_owner.load(Ordering::Acquire) {
            return true;
        }
        let given_up = self.given_up.lock();
        if *given_up || (!self.folder.is_owner() && self.folder.try_lock().is_none()) {
            return false;
        }
        let loaded = self.is_owner.load(Ordering::Acquire) || self.load_files(true).is_ok();
        self.is_owner.store(loaded, Ordering::Release);
        loaded
    }

    /// Lets another process own the folder. This process does not become its owner again.
    pub(in crate::voice) fn give_up(&self) {
        let mut given_up = self.given_up.lock();
        *given_up = true;
        self.is_owner.store(false, Ordering::Release);
        self.folder.unlock();
    }

    /// Removes sounds from the index whose files somebody else has deleted. Returns their number. If another process
    /// owns the folder, this also adds its new sounds and returns 0: the owner may delete what it likes.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub(in crate::voice) fn update_index(&self) -> io::Result<usize> {
        let deleted = self.forget_deleted()?;
        if self.try_own() {
            return Ok(deleted);
        }
        self.load_files(false).map(|()| 0)
    }

    fn forget_deleted(&self) -> io::Result<usize> {
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
        delete_files(forgotten, self.try_own());
        is_forgotten
    }

    /// Adds the sounds of the folder that are not in the index. The owner also deletes the files that belong to no
    /// complete sound.
    pub(super) fn load_files(&self, is_owner: bool) -> io::Result<()> {
        let FolderContents { sounds, leftovers } = FolderContents::new(self.folder.list()?);
        for found in sounds {
            let is_known = self.index.lock().has_files(found.key, &found.stem);
            if !is_known {
                self.insert(found.key, Arc::new(self.load_sound(found)), is_owner);
            }
        }
        if is_owner {
            leftovers.iter().for_each(|name| self.folder.remove_leftover(name));
            // A sound that was already in the index counts as well.
            let evicted = self.index.lock().evict(self.max_bytes.load(Ordering::Relaxed));
            delete_files(evicted, is_owner);
        }
        Ok(())
    }

    fn load_sound(&self, found: FoundSound) -> StoredSound {
        let FoundSound { stem, extensions, bytes, has_metadata, .. } = found;
        let metadata = has_metadata
            .then(|| self.folder.read_metadata(&format!("{stem}.{METADATA_EXTENSION}")))
            .flatten()
            .and_then(|json| SoundCacheMetadata::from_json(&json));
        self.new_sound(stem, extensions, bytes, metadata)
    }
}
