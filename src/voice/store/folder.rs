//! The folder of sounds: its names, and what is done to its files. Files with other names are never touched.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::key::{Key, is_hex};
use crate::voice::{settings, shared};

/// A file's extensions: sounds, and what is known of those that were fetched.
const EXTENSIONS: [&str; 3] = ["wav", "wav16", ABOUT];
/// What is known of a sound that was fetched.
pub const ABOUT: &str = "json";
/// Names of files that are being written.
const UNFINISHED: &str = ".unfinished-";
/// Names of sounds that are heard in one call alone.
const PASSING: &str = "passing-";
/// Most bytes of what is known of a sound.
const MOST_ABOUT: u64 = 16 * 1024;
/// Held by the one process that keeps the folder within its bounds.
const LOCK: &str = ".lock";

/// What a file's name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A sound's: its key, the name without the extension, and the extension.
    Kept(Key, String, &'static str),
    /// Left behind by a process that ended amid its work.
    Left,
}

/// A file that is there.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What that tells.
    pub named: Named,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub modified: SystemTime,
}

/// The folder.
#[derive(Debug)]
pub struct Folder {
    ours: PathBuf,
    on_switch: PathBuf,
    lock: OnceLock<File>,
}

impl Folder {
    /// The folder of the settings. Nothing is created.
    pub fn new(folder: &settings::Folder) -> Self {
        let settings::Folder { ours, on_switch } = folder.clone();
        Self { ours, on_switch, lock: OnceLock::new() }
    }

    /// Whether this process keeps the folder within its bounds: the first that asks, until it ends. A call without a
    /// telephone may be tried beside a daemon, in the same folder.
    pub fn is_ours(&self) -> bool {
        self.lock.get().is_some() || self.take().is_some()
    }

    /// Whether another process does.
    pub fn is_of_another(&self) -> bool {
        let is_taken = |lock: File| matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
        self.lock.get().is_none() && shared::open(&self.ours.join(LOCK)).is_ok_and(is_taken)
    }

    fn take(&self) -> Option<()> {
        let mut options = File::options();
        options.create(true).append(true).custom_flags(shared::flags());
        let file = options.open(self.ours.join(LOCK)).ok()?;
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
        fs::create_dir_all(&self.ours)?;
        let unfinished = self.ours.join(format!("{UNFINISHED}{file}"));
        let written = fs::write(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, self.ours.join(file)));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written
    }

    /// Removes a file; one that is not there is no fault.
    pub fn remove(&self, file: &str) {
        drop(fs::remove_file(self.ours.join(file)));
    }

    /// Reads a file of this folder, such as what is known of a sound.
    pub fn read(&self, file: &str) -> Option<Vec<u8>> {
        shared::read(&self.ours.join(file), MOST_ABOUT).ok()
    }

    /// Every file of ours; none where there is no folder yet.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn list(&self) -> io::Result<Vec<Found>> {
        let entries = match fs::read_dir(&self.ours) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            all.extend(found(&entry?));
        }
        Ok(all)
    }
}

/// `None` where the file is none of ours, or has just gone.
fn found(entry: &fs::DirEntry) -> Option<Found> {
    let name = entry.file_name().into_string().ok()?;
    let named = named(&name)?;
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(Found { name, named, bytes: metadata.len(), modified: metadata.modified().ok()? })
}

/// The name, without an extension, of a sound that is kept. It is another one each time that the sound is made: the
/// removal of the old one, and a copy that the switch has of it, can't be taken for the new one.
pub fn kept(key: Key, random: &str) -> String {
    format!("{key}-{}", &random[..16])
}

/// The name, without an extension, of a sound that is heard in one call alone.
pub fn passing(random: &str) -> String {
    format!("{PASSING}{random}")
}

/// Whether a name is that of a sound that is heard in one call alone.
pub fn is_passing(file: &str) -> bool {
    file.starts_with(PASSING)
}

/// What a name tells; `None` where it is none of ours.
pub fn named(file: &str) -> Option<Named> {
    if let Some(unfinished) = file.strip_prefix(UNFINISHED) {
        return named(unfinished).map(|_| Named::Left);
    }
    let (stem, extension) = file.split_once('.')?;
    let extension = EXTENSIONS.into_iter().find(|known| *known == extension)?;
    if let Some(random) = stem.strip_prefix(PASSING) {
        return (random.len() == 32 && is_hex(random)).then_some(Named::Left);
    }
    let (key, random) = stem.split_once('-')?;
    let is_kept = random.len() == 16 && is_hex(random);
    is_kept.then_some(Named::Kept(Key::parse(key)?, stem.to_owned(), extension))
}
