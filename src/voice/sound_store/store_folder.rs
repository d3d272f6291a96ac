//! The store's folder: the names of its files, and the operations on them. Files with other names are never touched.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::sound_key::SoundKey;
use crate::voice::random_name::{is_lower_hex, is_random_name};
use crate::voice::settings::FolderPaths;
use crate::voice::untrusted_files;

const EXTENSIONS: [&str; 3] = ["wav", "wav16", METADATA_EXTENSION];
/// The extension of the file with the metadata of a fetched sound.
pub(super) const METADATA_EXTENSION: &str = "json";
/// The prefix of files that are being written.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// The prefix of sounds that only one call uses.
const TEMPORARY_PREFIX: &str = "passing-";
/// A longer metadata file is cut when it is read. It is then no valid JSON, and ignored.
const MAX_METADATA_BYTES: u64 = 16 * 1024;
/// Locked by the process that owns the folder.
const LOCK_FILE: &str = ".lock";
/// Length of the random part of a cached sound's name, in hexadecimal digits.
const CACHED_RANDOM_LEN: usize = 16;

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoredFileName {
    Cached {
        key: SoundKey,
        /// The name without the extension.
        stem: String,
        extension: &'static str,
    },
    /// An unfinished file or a temporary sound. If it exists when the daemon starts, an earlier process left it behind,
    /// and it is useless.
    Leftover,
}

#[derive(Debug)]
pub(super) struct StoredFile {
    pub(super) name: String,
    pub(super) parsed_name: StoredFileName,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

#[derive(Debug)]
pub(super) struct StoreFolder {
    paths: FolderPaths,
    /// Set once this process owns the folder.
    lock: OnceLock<File>,
}

impl StoreFolder {
    /// Creates nothing on disk.
    pub(super) fn new(paths: &FolderPaths) -> Self {
        Self { paths: paths.clone(), lock: OnceLock::new() }
    }

    /// Whether this process owns the folder: only the owner enforces the size limit and deletes cached sounds. The
    /// first process that calls this is the owner until it ends. A second process may be `dialscript call`, which runs
    /// beside the daemon.
    pub(super) fn try_own(&self) -> bool {
        self.lock.get().is_some() || self.take_lock().is_some()
    }

    /// Whether another process owns the folder.
    pub(super) fn is_owned_elsewhere(&self) -> bool {
        let is_locked = |file: File| matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        self.lock.get().is_none()
            && untrusted_files::open_untrusted(&self.paths.local.join(LOCK_FILE))
                .is_ok_and(is_locked)
    }

    fn take_lock(&self) -> Option<()> {
        let mut options = File::options();
        options.create(true).append(true).custom_flags(untrusted_files::open_flags());
        let file = options.open(self.paths.local.join(LOCK_FILE)).ok()?;
        file.try_lock().ok()?;
        self.lock.set(file).ok()
    }

    /// The path of a file on the switch's host.
    pub(super) fn on_switch(&self, file: &str) -> String {
        self.paths.on_switch.join(file).to_string_lossy().into_owned()
    }

    /// Writes a file under a temporary name and renames it, so that nobody reads an incomplete file.
    ///
    /// # Errors
    ///
    /// The operating system's error. The temporary file is then removed.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.paths.local)?;
        let unfinished = self.paths.local.join(format!("{UNFINISHED_PREFIX}{file}"));
        let written = fs::write(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, self.paths.local.join(file)));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// Removes a file, if it exists.
    pub(super) fn remove(&self, file: &str) {
        drop(fs::remove_file(self.paths.local.join(file)));
    }

    pub(super) fn read_metadata(&self, file: &str) -> Option<Vec<u8>> {
        untrusted_files::read_untrusted(&self.paths.local.join(file), MAX_METADATA_BYTES).ok()
    }

    /// Lists the files of the store. If there is no folder yet, there are none.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub(super) fn list(&self) -> io::Result<Vec<StoredFile>> {
        let entries = match fs::read_dir(&self.paths.local) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            files.extend(stored_file(&entry?));
        }
        Ok(files)
    }
}

/// `None` if the file does not belong to the store, or has just been deleted.
fn stored_file(entry: &fs::DirEntry) -> Option<StoredFile> {
    let name = entry.file_name().into_string().ok()?;
    let parsed_name = parse_name(&name)?;
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let modified = metadata.modified().ok()?;
    Some(StoredFile { name, parsed_name, bytes: metadata.len(), modified })
}

/// The name of a cached sound, without an extension. The random part is new each time the sound is rendered. So the
/// files of an old sound can be deleted without those of the new one, and the switch does not take its cached copy of
/// the old sound for the new one.
pub(super) fn cached_stem(key: SoundKey, random_name: &str) -> String {
    format!("{key}-{}", &random_name[..CACHED_RANDOM_LEN])
}

/// The name of a sound that only one call uses, without an extension.
pub(super) fn temporary_stem(random_name: &str) -> String {
    format!("{TEMPORARY_PREFIX}{random_name}")
}

/// Whether this is the name of a sound that only one call uses.
pub(crate) fn is_temporary_name(file: &str) -> bool {
    file.starts_with(TEMPORARY_PREFIX)
}

/// `None` if the file does not belong to the store.
fn parse_name(file: &str) -> Option<StoredFileName> {
    if let Some(unfinished) = file.strip_prefix(UNFINISHED_PREFIX) {
        return parse_name(unfinished).map(|_| StoredFileName::Leftover);
    }
    let (stem, extension) = file.split_once('.')?;
    let extension = EXTENSIONS.into_iter().find(|known| *known == extension)?;
    if let Some(random) = stem.strip_prefix(TEMPORARY_PREFIX) {
        return is_random_name(random).then_some(StoredFileName::Leftover);
    }
    let (key, random) = stem.split_once('-')?;
    let key = SoundKey::parse(key)?;
    let is_cached = random.len() == CACHED_RANDOM_LEN && is_lower_hex(random);
    is_cached.then(|| StoredFileName::Cached { key, stem: stem.to_owned(), extension })
}
