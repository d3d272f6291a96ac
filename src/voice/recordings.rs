//! What callers say, as files that the switch writes: named so that nobody guesses them, read once, deleted always.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};
use tracing::warn;

use super::settings::FolderPaths;
use super::untrusted_files::open_untrusted;
use crate::script::voice::AsrError;

/// Most bytes of a recording: a quarter of an hour at 8 kHz.
const MAX_RECORDING_BYTES: u64 = 16 * 1024 * 1024;
/// What is older was left behind by a daemon that was killed, or by a switch that recorded for nobody.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// The folder of recordings.
pub struct RecordingFolder {
    folder: FolderPaths,
    cleaned_at: Mutex<Instant>,
}

impl RecordingFolder {
    /// Takes a folder, and deletes what was left in it.
    pub fn new(folder: &FolderPaths) -> Self {
        remove_stale_recordings(&folder.local);
        Self { folder: folder.clone(), cleaned_at: Mutex::new(Instant::now()) }
    }

    /// A recording to be made.
    ///
    /// # Errors
    ///
    /// When it can't be named.
    pub fn new_recording(&self) -> Result<SpeechRecording, AsrError> {
        self.clean_up_periodically();
        let unnamed = |_| AsrError("a recording can't be named".into());
        let name = format!("said-{}.wav", random_name().map_err(unnamed)?);
        let on_switch = self.folder.on_switch.join(&name);
        Ok(SpeechRecording {
            local: self.folder.local.join(&name),
            on_switch: on_switch.to_string_lossy().into(),
        })
    }

    /// A switch may write a file that was deleted already, when its caller leaves at the wrong moment.
    fn clean_up_periodically(&self) {
        let Ok(mut swept) = self.cleaned_at.try_lock() else { return };
        if swept.elapsed() > STALE_AFTER {
            *swept = Instant::now();
            remove_stale_recordings(&self.folder.local);
        }
    }
}

/// One recording. Its file is deleted when this is dropped.
pub struct SpeechRecording {
    local: PathBuf,
    on_switch: Arc<str>,
}

impl SpeechRecording {
    /// The file as the switch sees it.
    pub fn on_switch(&self) -> &Arc<str> {
        &self.on_switch
    }

    /// Reads the whole file. Blocks as long as the disk takes.
    ///
    /// # Errors
    ///
    /// When it is not there, is none of ours to read, or is longer than any utterance.
    pub fn read(&self) -> Result<Vec<u8>, AsrError> {
        let unread = |error: io::Error| AsrError(format!("the recording can't be read: {error}"));
        let file = open_untrusted(&self.local).map_err(unread)?;
        if !file.metadata().map_err(unread)?.is_file() {
            return Err(AsrError("the recording is no file".into()));
        }
        let mut bytes = Vec::new();
        file.take(MAX_RECORDING_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
        match bytes.len() {
            0 => Err(AsrError("the recording is empty".into())),
            long if long as u64 > MAX_RECORDING_BYTES => {
                Err(AsrError("the recording is too long".into()))
            }
            _ => Ok(bytes),
        }
    }
}

/// Its name is not shown: whoever knows it may read it before we do.
impl std::fmt::Debug for SpeechRecording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl Drop for SpeechRecording {
    fn drop(&mut self) {
        match fs::remove_file(&self.local) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                warn!(%error, "a recording can't be deleted");
            }
            _ => {}
        }
    }
}

/// Deletes what carries a name of ours and is old.
fn remove_stale_recordings(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_recording_name);
        if is_ours && is_stale_entry(&entry) && fs::remove_file(entry.path()).is_err() {
            warn!("an old recording can't be deleted");
        }
    }
}

fn is_recording_name(name: &str) -> bool {
    let random = name.strip_prefix("said-").and_then(|name| name.strip_suffix(".wav"));
    random.is_some_and(is_random_name)
}

fn is_stale_entry(entry: &fs::DirEntry) -> bool {
    entry.metadata().is_ok_and(|metadata| metadata.is_file() && is_stale(&metadata))
}

/// Whether nobody can need it any more.
pub(super) fn is_stale(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > STALE_AFTER)
}

/// Whether a name is one of [`unguessable`].
pub(super) fn is_random_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 128 random bits as 32 hexadecimal digits.
///
/// # Errors
///
/// When the system has none.
pub fn random_name() -> io::Result<String> {
    let mut random = [0; 16];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
