//! The folder of sounds: its names, and what is done to its files. Files with other names are never touched.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::sound_key::{SoundKey, is_hex};
use crate::voice::{settings, untrusted_files};

/// A file's extensions: sounds, and what is known of those that were fetched.
const EXTENSIONS: [&str; 3] = ["wav", "wav16", METADATA_EXTENSION];
/// What is known of a sound that was fetched.
pub const METADATA_EXTENSION: &str = "json";
/// Names of files that are being written.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// Names of sounds that are heard in one call alone.
const TEMPORARY_PREFIX: &str = "passing-";
/// Most bytes of what is known of a sound.
const MAX_METADATA_BYTES: u64 = 16 * 1024;
/// Held by the one process that keeps the folder within its bounds.
const LOCK_FILE: &str = ".lock";

/// What a file's name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredFileName {
    /// A sound's: its key, the name without the extension, and the extension.
    Cached(SoundKey, String, &'static str),
    /// Left behind by a process that ended amid its work.
    Leftover,
}

/// A file that is there.
#[derive(Debug)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// What that tells.
    pub parsed_name: StoredFileName,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub modified: SystemTime,
}

/// The folder.
#[derive(Debug)]
pub struct StoreFolder {
    local: PathBuf,
    on_switch: PathBuf,
    lock: OnceLock<File>,
}

impl StoreFolder {
    /// The folder of the settings. Nothing is created.
    pub fn new(folder: &settings::FolderPaths) -> Self {
        let settings::FolderPaths { local, on_switch } = folder.clone();
        Self { local, on_switch, lock: OnceLock::new() }
    }

    /// Whether this process keeps the folder within its bounds: the first that asks, until it ends. A call without a
    /// telephone may be tried beside a daemon, in the same folder.
    pub fn try_own(&self) -> bool {
        self.lock.get().is_some() || self.take_lock().is_some()
    }

    /// Whether another process does.
    pub fn is_owned_elsewhere(&self) -> bool {
        let is_taken = |lock: File| matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
        self.lock.get().is_none()
            && untrusted_files::open_untrusted(&self.local.join(LOCK_FILE)).is_ok_and(is_taken)
    }

    fn take_lock(&self) -> Option<()> {
        let mut options = File::options();
        options.create(true).append(true).custom_flags(untrusted_files::open_flags());
        let file = options.open(self.local.join(LOCK_FILE)).ok()?;
        file.try_lock().ok()?;
        self.lock.set(file).ok()
    }

    /// A file as the switch sees it.
    pub fn on_switch(&self, file: &str) -> String {
        self.on_switch.join(file).to_string_lossy().into_owned()
    }

    /// Writes a file under another name and renames it: whoever sees it sees it whole.
    ///
    /// # Errors
    ///
    /// The system's; nothing is left behind then.
    pub fn write(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.local)?;
        let unfinished = self.local.join(format!("{UNFINISHED_PREFIX}{file}"));
        let written = fs::write(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, self.local.join(file)));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// Removes a file; one that is not there is no fault.
    pub fn remove(&self, file: &str) {
        drop(fs::remove_file(self.local.join(file)));
    }

    /// Reads a file of this folder, such as what is known of a sound.
    pub fn read_metadata(&self, file: &str) -> Option<Vec<u8>> {
        untrusted_files::read_untrusted(&self.local.join(file), MAX_METADATA_BYTES).ok()
    }

    /// Every file of ours; none where there is no folder yet.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn list(&self) -> io::Result<Vec<StoredFile>> {
        let entries = match fs::read_dir(&self.local) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            all.extend(stored_file(&entry?));
        }
        Ok(all)
    }
}

/// `None` where the file is none of ours, or has just gone.
fn stored_file(entry: &fs::DirEntry) -> Option<StoredFile> {
    let name = entry.file_name().into_string().ok()?;
    let named = parse_name(&name)?;
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(StoredFile {
        name,
        parsed_name: named,
        bytes: metadata.len(),
        modified: metadata.modified().ok()?,
    })
}

/// The name, without an extension, of a sound that is kept. It is another one each time that the sound is made: the
/// removal of the old one, and a copy that the switch has of it, can't be taken for the new one.
pub fn cached_name(key: SoundKey, random: &str) -> String {
    format!("{key}-{}", &random[..16])
}

/// The name, without an extension, of a sound that is heard in one call alone.
pub fn temporary_name(random: &str) -> String {
    format!("{TEMPORARY_PREFIX}{random}")
}

/// Whether a name is that of a sound that is heard in one call alone.
pub fn is_temporary_name(file: &str) -> bool {
    file.starts_with(TEMPORARY_PREFIX)
}

/// What a name tells; `None` where it is none of ours.
pub fn parse_name(file: &str) -> Option<StoredFileName> {
    if let Some(unfinished) = file.strip_prefix(UNFINISHED_PREFIX) {
        return parse_name(unfinished).map(|_| StoredFileName::Leftover);
    }
    let (stem, extension) = file.split_once('.')?;
    let extension = EXTENSIONS.into_iter().find(|known| *known == extension)?;
    if let Some(random) = stem.strip_prefix(TEMPORARY_PREFIX) {
        return (random.len() == 32 && is_hex(random)).then_some(StoredFileName::Leftover);
    }
    let (key, random) = stem.split_once('-')?;
    let is_kept = random.len() == 16 && is_hex(random);
    is_kept.then_some(StoredFileName::Cached(SoundKey::parse(key)?, stem.to_owned(), extension))
}
