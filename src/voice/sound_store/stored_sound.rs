//! A sound in the store's folder.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache_metadata::SoundCacheMetadata;
use super::store_folder::{METADATA_EXTENSION, StoreFolder};
use crate::channel::Sound;
use crate::script::voice::RenderedSound;

/// A sound and its files. We do not delete the files while anything holds a reference to it.
pub(crate) struct StoredSound {
    pub(super) folder: Arc<StoreFolder>,
    /// The path of the files in the folder, without an extension.
    pub(super) stem: String,
    /// The extensions of the sound files. The metadata file is not among them.
    pub(super) extensions: Vec<&'static str>,
    /// The size of the sound files.
    pub(super) bytes: u64,
    pub(super) sound: Sound,
    /// `None` for a synthesized sound.
    pub(super) metadata: Option<SoundCacheMetadata>,
    /// Whether the files are deleted on drop.
    pub(super) is_deleted_on_drop: AtomicBool,
    /// Handles of the files of a sound that only one call uses: they tell other processes that the files are in use.
    pub(super) files_in_use: Vec<File>,
}

impl StoredSound {
    /// Returns a handle for the call. It holds a reference to this sound, so the files are not deleted while a call
    /// uses it.
    pub(crate) fn rendered(self: &Arc<Self>) -> RenderedSound {
        RenderedSound { sound: self.sound.clone(), guard: self.clone() }
    }

    pub(crate) fn metadata(&self) -> Option<&SoundCacheMetadata> {
        self.metadata.as_ref()
    }

    pub(super) fn file_name(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }

    pub(super) fn sound_files(&self) -> impl Iterator<Item = String> {
        self.extensions.iter().map(|extension| self.file_name(extension))
    }

    /// Whether the switch can still find the sound. Another process may own the folder, and delete files in it.
    pub(super) fn exists(&self) -> bool {
        self.sound_files().all(|file| self.folder.contains(&file))
    }

    pub(super) fn write_metadata(&self) -> io::Result<()> {
        let Some(metadata) = &self.metadata else { return Ok(()) };
        self.folder.write(&self.file_name(METADATA_EXTENSION), &metadata.to_json())
    }

    /// Marks the files for deletion: they are deleted when nothing holds a reference to the sound any more.
    pub(super) fn delete_on_drop(&self) {
        self.is_deleted_on_drop.store(true, Ordering::Relaxed);
    }

    /// Undoes [`Self::delete_on_drop`].
    pub(super) fn keep_files(&self) {
        self.is_deleted_on_drop.store(false, Ordering::Relaxed);
    }
}

impl Drop for StoredSound {
    fn drop(&mut self) {
        if !*self.is_deleted_on_drop.get_mut() {
            return;
        }
        self.sound_files().for_each(|file| self.folder.remove(&file));
        if self.metadata.is_some() {
            self.folder.remove(&self.file_name(METADATA_EXTENSION));
        }
    }
}
