//! A sound of the folder.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::store_folder::{METADATA_EXTENSION, StoreFolder};
use crate::channel::Sound;
use crate::script::voice::RenderedSound;
use crate::voice::sound_fetcher::cache_metadata::SoundCacheMetadata;

/// The names of a sound's files.
pub(super) struct SoundFiles {
    /// Without the extension.
    pub(super) stem: String,
    /// Of its sounds.
    pub(super) extensions: Vec<&'static str>,
}

impl SoundFiles {
    pub(super) fn name(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }
}

/// A sound of the folder. Whoever has it keeps its files where they are.
pub struct StoredSound {
    folder: Arc<StoreFolder>,
    files: SoundFiles,
    /// Of its sounds.
    pub(super) bytes: u64,
    sound: Sound,
    metadata: Option<SoundCacheMetadata>,
    /// Its files go with it.
    retired: AtomicBool,
}

impl StoredSound {
    pub(super) fn new(
        folder: Arc<StoreFolder>,
        files: SoundFiles,
        bytes: u64,
        sound: Sound,
        metadata: Option<SoundCacheMetadata>,
    ) -> Self {
        Self { folder, files, bytes, sound, metadata, retired: AtomicBool::new(false) }
    }

    /// As a script gets it.
    pub fn rendered(self: &Arc<Self>) -> RenderedSound {
        RenderedSound { sound: self.sound.clone(), guard: self.clone() }
    }

    /// Where it is from, where it was fetched.
    pub fn metadata(&self) -> Option<&SoundCacheMetadata> {
        self.metadata.as_ref()
    }

    pub(super) fn file_name(&self, extension: &str) -> String {
        self.files.name(extension)
    }

    /// The names of its sounds.
    pub(super) fn sound_files(&self) -> impl Iterator<Item = String> {
        self.files.extensions.iter().map(|extension| self.file_name(extension))
    }

    /// Writes down where it is from.
    pub(super) fn write_metadata(&self, folder: &StoreFolder) -> io::Result<()> {
        match &self.metadata {
            Some(origin) => folder.write(&self.file_name(METADATA_EXTENSION), &origin.to_json()),
            None => Ok(()),
        }
    }

    /// Its files go when nobody has it any more.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    pub(super) fn cancel_retire(&self) {
        self.retired.store(false, Ordering::Relaxed);
    }
}

impl Drop for StoredSound {
    fn drop(&mut self) {
        if !*self.retired.get_mut() {
            return;
        }
        self.sound_files().for_each(|file| self.folder.remove(&file));
        if self.metadata.is_some() {
            self.folder.remove(&self.file_name(METADATA_EXTENSION));
        }
    }
}
