//! The store's index of sounds, in the order of their last use.

use std::sync::Arc;

use lru::LruCache;

use super::sound_key::SoundKey;
use super::stored_sound::StoredSound;

pub(super) struct SoundIndex {
    sounds: LruCache<SoundKey, Arc<StoredSound>>,
    /// The size of all sounds, in bytes.
    bytes: u64,
}

impl Default for SoundIndex {
    fn default() -> Self {
        Self { sounds: LruCache::unbounded(), bytes: 0 }
    }
}

impl SoundIndex {
    pub(super) fn len(&self) -> usize {
        self.sounds.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the sound with this key, and makes it the most recently used.
    pub(super) fn get(&mut self, key: SoundKey) -> Option<Arc<StoredSound>> {
        self.sounds.get(&key).cloned()
    }

    pub(super) fn is_current(&self, key: SoundKey, sound: &Arc<StoredSound>) -> bool {
        self.sounds.peek(&key).is_some_and(|current| Arc::ptr_eq(current, sound))
    }

    /// Whether the sound with this key has the files with this name.
    pub(super) fn has_files(&self, key: SoundKey, stem: &str) -> bool {
        self.sounds.peek(&key).is_some_and(|current| current.stem == stem)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SoundKey, &Arc<StoredSound>)> {
        self.sounds.iter().map(|(key, sound)| (*key, sound))
    }

    /// Returns the sound that had this key.
    pub(super) fn insert(
        &mut self,
        key: SoundKey,
        sound: Arc<StoredSound>,
    ) -> Option<Arc<StoredSound>> {
        let replaced = self.remove(key);
        self.bytes += sound.bytes;
        self.sounds.put(key, sound);
        replaced
    }

    pub(super) fn remove(&mut self, key: SoundKey) -> Option<Arc<StoredSound>> {
        let sound = self.sounds.pop(&key)?;
        self.bytes -= sound.bytes;
        Some(sound)
    }

    /// Removes sounds until the rest is within the limit. Keeps the sounds that a call holds, and makes them the most
    /// recently used.
    pub(super) fn evict(&mut self, max_bytes: u64) -> Vec<Arc<StoredSound>> {
        let mut evicted = Vec::new();
        for _ in 0..self.sounds.len() {
            if self.bytes <= max_bytes {
                break;
            }
            let Some((key, sound)) = self.sounds.pop_lru() else { break };
            if Arc::strong_count(&sound) > 1 {
                self.sounds.put(key, sound);
            } else {
                self.bytes -= sound.bytes;
                evicted.push(sound);
            }
        }
        evicted
    }
}
