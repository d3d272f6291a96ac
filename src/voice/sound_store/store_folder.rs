//! The store's folder: the names of its files, and the operations on them. Files with other names are never touched.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::time::SystemTime;

use parking_lot::Mutex;

use super::shared_mode;
use super::sound_key::SoundKey;
use super::temporary_sounds;
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
    /// An unfinished file or a temporary sound. Unless a process uses it, an earlier one left it behind, and it is
    /// useless.
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
    /// The lock file, while this process owns the folder.
    lock: Mutex<Option<File>>,
}

impl StoreFolder {
    /// Creates nothing on disk.
    pub(super) fn new(paths: &FolderPaths) -> Self {
        Self { paths: paths.clone(), lock: Mutex::default() }
    }

    /// Whether this process owns the folder.
    pub(super) fn is_owner(&self) -> bool {
        self.lock.lock().is_some()
    }

    /// Takes the folder's lock, if it is free. It is held until [`Self::unlock`] or the end of this process. Fails if
    /// there is no folder.
    pub(super) fn try_lock(&self) -> Option<()> {
        let file = self.open_lock_file().ok()?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return None,
            // The file system has no locks, so other processes can't be noticed.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        *self.lock.lock() = Some(file);
        Some(())
    }

    /// Frees the folder's lock for another process.
    pub(super) fn unlock(&self) {
        // The lock ends with the file.
        drop(self.lock.lock().take());
    }

    /// Whether another process owns the folder, or another user has reserved it with a lock file that is not for us.
    pub(super) fn is_owned_elsewhere(&self) -> bool {
        let lock = self.paths.local.join(LOCK_FILE);
        let is_reserved = || {
            let opened = untrusted_files::open_untrusted(&lock);
            let is_forbidden = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
            lock.exists() && opened.is_err_and(is_forbidden)
        };
        !self.is_owner() && (temporary_sounds::is_in_use(&lock) || is_reserved())
    }

    /// Opens or creates the lock file. Whoever can open it can lock it, so users outside of the folder's group must not.
    fn open_lock_file(&self) -> io::Result<File> {
        let path = self.paths.local.join(LOCK_FILE);
        let mut options = File::options();
        options.append(true).mode(0o640).custom_flags(untrusted_files::open_flags());
        match options.clone().create_new(true).open(&path) {
            Ok(created) => {
                // A command that root runs must leave a file that the daemon can lock.
                let folder = fs::metadata(&self.paths.local)?;
                drop(fchown(&created, Some(folder.uid()), Some(folder.gid())));
                return Ok(created);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        match options.open(&path) {
            // Another user of the group has created it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                untrusted_files::open_untrusted(&path)
            }
            opened => opened,
        }
    }

    pub(super) fn create(&self) -> io::Result<()> {
        fs::create_dir_all(&self.paths.local)
    }

    pub(super) fn contains(&self, file: &str) -> bool {
        self.paths.local.join(file).exists()
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
        self.create()?;
        let unfinished = self.paths.local.join(format!("{UNFINISHED_PREFIX}{file}"));
        let written = self
            .write_shared(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, self.paths.local.join(file)));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// Writes a file that the switch can read, whatever the umask of this process is.
    fn write_shared(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = fs::metadata(&self.paths.local)?;
        let mut options = File::options();
        options.write(true).create(true).truncate(true).custom_flags(untrusted_files::open_flags());
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        // A file system without modes refuses this. If the switch can't read the file, the log of a call says so.
        drop(shared_mode::apply(&file, &folder));
        Ok(())
    }

    /// Writes the file of a sound that only one call uses. It is in use until the returned handle is dropped.
    ///
    /// # Errors
    ///
    /// The operating system's error. There may then be an incomplete file.
    pub(super) fn write_temporary(&self, file: &str, bytes: &[u8]) -> io::Result<File> {
        self.create()?;
        temporary_sounds::write(&self.paths.local, file, bytes)
    }

    /// Removes a file that an earlier process left behind.
    pub(super) fn remove_leftover(&self, file: &str) {
        if !temporary_sounds::is_in_use(&self.paths.local.join(file)) {
            self.remove(file);
        }
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
        let mut files = list_folder(&self.paths.local, stored_file)?;
        let temporary = self.paths.local.join(temporary_sounds::FOLDER);
        files.extend(list_folder(&temporary, |entry| {
            let file = stored_file(entry)?;
            let name = format!("{}/{}", temporary_sounds::FOLDER, file.name);
            Some(StoredFile { name, parsed_name: StoredFileName::Leftover, ..file })
        })?);
        Ok(files)
    }
}

fn list_folder(
    folder: &Path,
    read_entry: impl Fn(&fs::DirEntry) -> Option<StoredFile>,
) -> io::Result<Vec<StoredFile>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        files.extend(read_entry(&entry?));
    }
    Ok(files)
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

/// The path in the folder of a sound that only one call uses, without an extension.
pub(super) fn temporary_stem(random_name: &str) -> String {
    format!("{}/{TEMPORARY_PREFIX}{random_name}", temporary_sounds::FOLDER)
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
