//! Sorts the files of the store's folder into complete sounds and leftovers.

use std::collections::HashMap;

use super::sound_key::SoundKey;
use super::store_folder::{METADATA_EXTENSION, StoredFile, StoredFileName};

/// The size of a WAV header. After a crash there may be a file that has no samples.
const EMPTY_WAV_BYTES: u64 = 44;

pub(super) struct FolderContents {
    /// The least recently written one is first.
    pub(super) sounds: Vec<FoundSound>,
    /// The names of files that belong to no complete sound.
    pub(super) leftovers: Vec<String>,
}

/// A complete sound.
pub(super) struct FoundSound {
    pub(super) key: SoundKey,
    pub(super) stem: String,
    /// The extensions of the sound files.
    pub(super) extensions: Vec<&'static str>,
    /// The size of the sound files.
    pub(super) bytes: u64,
    pub(super) has_metadata: bool,
}

impl FolderContents {
    pub(super) fn new(mut files: Vec<StoredFile>) -> Self {
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
        let complete = complete.into_iter().map(|(key, stem)| {
            let files = files_by_stem.remove(&stem).unwrap_or_default();
            FoundSound::new(key, stem, files)
        });
        let sounds = complete.collect();
        leftovers.extend(files_by_stem.iter().flat_map(|(stem, files)| {
            files.iter().map(move |(extension, _)| format!("{stem}.{extension}"))
        }));
        Self { sounds, leftovers }
    }
}

impl FoundSound {
    fn new(key: SoundKey, stem: String, files: Vec<(&'static str, u64)>) -> Self {
        let has_metadata = files.iter().any(|(extension, _)| *extension == METADATA_EXTENSION);
        let sounds = files.into_iter().filter(|(extension, _)| *extension != METADATA_EXTENSION);
        let (extensions, bytes): (Vec<_>, Vec<u64>) = sounds.unzip();
        Self { key, stem, extensions, bytes: bytes.into_iter().sum(), has_metadata }
    }
}
