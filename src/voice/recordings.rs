//! What callers say, as files that the switch writes: named so that nobody guesses them, read once, deleted always.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};
use tracing::warn;

use super::settings::Folder;
use super::shared::open;
use crate::script::voice::Deaf;

/// Most bytes of a recording: a quarter of an hour at 8 kHz.
const MOST: u64 = 16 * 1024 * 1024;
/// What is older was left behind by a daemon that was killed, or by a switch that recorded for nobody.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// The folder of recordings.
pub struct Recordings {
    folder: Folder,
    swept: Mutex<Instant>,
}

impl Recordings {
    /// Takes a folder, and deletes what was left in it.
    pub fn new(folder: &Folder) -> Self {
        sweep(&folder.ours);
        Self { folder: folder.clone(), swept: Mutex::new(Instant::now()) }
    }

    /// A recording to be made.
    ///
    /// # Errors
    ///
    /// When it can't be named.
    pub fn begin(&self) -> Result<Recording, Deaf> {
        self.sweep_at_times();
        let unnamed = |_| Deaf("a recording can't be named".into());
        let name = format!("said-{}.wav", unguessable().map_err(unnamed)?);
        let on_switch = self.folder.on_switch.join(&name);
        Ok(Recording {
            ours: self.folder.ours.join(&name),
            on_switch: on_switch.to_string_lossy().into(),
        })
    }

    /// A switch may write a file that was deleted already, when its caller leaves at the wrong moment.
    fn sweep_at_times(&self) {
        let Ok(mut swept) = self.swept.try_lock() else { return };
        if swept.elapsed() > LEFT_BEHIND {
            *swept = Instant::now();
            sweep(&self.folder.ours);
        }
    }
}

/// One recording. Its file is deleted when this is dropped.
pub struct Recording {
    ours: PathBuf,
    on_switch: Arc<str>,
}

impl Recording {
    /// The file as the switch sees it.
    pub fn on_switch(&self) -> &Arc<str> {
        &self.on_switch
    }

    /// Reads the whole file. Blocks as long as the disk takes.
    ///
    /// # Errors
    ///
    /// When it is not there, is none of ours to read, or is longer than any utterance.
    pub fn read(&self) -> Result<Vec<u8>, Deaf> {
        let unread = |error: io::Error| Deaf(format!("the recording can't be read: {error}"));
        let file = open(&self.ours).map_err(unread)?;
        if !file.metadata().map_err(unread)?.is_file() {
            return Err(Deaf("the recording is no file".into()));
        }
        let mut bytes = Vec::new();
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(unread)?;
        match bytes.len() {
            0 => Err(Deaf("the recording is empty".into())),
            long if long as u64 > MOST => Err(Deaf("the recording is too long".into())),
            _ => Ok(bytes),
        }
    }
}

/// Its name is not shown: whoever knows it may read it before we do.
impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        match fs::remove_file(&self.ours) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                warn!(%error, "a recording can't be deleted");
            }
            _ => {}
        }
    }
}

/// Deletes what carries a name of ours and is old.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_recording);
        if is_ours && is_old(&entry) && fs::remove_file(entry.path()).is_err() {
            warn!("an old recording can't be deleted");
        }
    }
}

fn is_recording(name: &str) -> bool {
    let random = name.strip_prefix("said-").and_then(|name| name.strip_suffix(".wav"));
    random.is_some_and(is_unguessable)
}

fn is_old(entry: &fs::DirEntry) -> bool {
    entry.metadata().is_ok_and(|metadata| metadata.is_file() && is_left_behind(&metadata))
}

/// Whether nobody can need it any more.
pub(super) fn is_left_behind(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > LEFT_BEHIND)
}

/// Whether a name is one of [`unguessable`].
pub(super) fn is_unguessable(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 128 random bits as 32 hexadecimal digits.
///
/// # Errors
///
/// When the system has none.
pub fn unguessable() -> io::Result<String> {
    let mut random = [0; 16];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
