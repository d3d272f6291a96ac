//! Recordings of what callers say. The switch writes each one to a file with an unguessable name. We read it once and
//! always delete it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing::warn;

use super::random_name::{is_random_name, random_name};
use super::settings::FolderPaths;
use super::untrusted_files::open_untrusted;
use crate::file_access::explain::describe_unreadable;
use crate::script::voice::AsrError;

/// Longer recordings are refused. This is a quarter of an hour at 8 kHz.
const MAX_RECORDING_BYTES: u64 = 16 * 1024 * 1024;
/// Older files were left behind by a daemon that was killed, or by a switch that wrote after the call had ended.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// The folder that the switch records to.
pub struct RecordingFolder {
    paths: FolderPaths,
    cleaned_at: Mutex<Instant>,
}

impl RecordingFolder {
    /// Also deletes stale recordings.
    pub fn new(paths: &FolderPaths) -> Self {
        remove_stale_recordings(&paths.local);
        Self { paths: paths.clone(), cleaned_at: Mutex::new(Instant::now()) }
    }

    /// Chooses a file for the switch to record to. Nothing is created.
    ///
    /// # Errors
    ///
    /// If the system provides no random numbers.
    pub fn new_recording(&self) -> Result<SpeechRecording, AsrError> {
        self.clean_up_periodically();
        let no_name = |_| AsrError("could not choose a name for the recording".into());
        let name = format!("said-{}.wav", random_name().map_err(no_name)?);
        let on_switch = self.paths.on_switch.join(&name);
        Ok(SpeechRecording {
            local: self.paths.local.join(&name),
            on_switch: on_switch.to_string_lossy().into(),
        })
    }

    /// Deletes stale recordings, at most once in [`STALE_AFTER`]. There may be some while the daemon runs: if the
    /// caller hangs up at the wrong moment, the switch writes a file after we have deleted it.
    fn clean_up_periodically(&self) {
        let Some(mut cleaned_at) = self.cleaned_at.try_lock() else { return };
        if cleaned_at.elapsed() > STALE_AFTER {
            *cleaned_at = Instant::now();
            remove_stale_recordings(&self.paths.local);
        }
    }
}

/// A recording of one utterance. Its file is deleted on drop.
pub struct SpeechRecording {
    local: PathBuf,
    on_switch: Arc<str>,
}

impl SpeechRecording {
    /// The path of the file on the switch's host.
    pub(super) fn on_switch(&self) -> &Arc<str> {
        &self.on_switch
    }

    /// Reads the whole file. Blocks the thread.
    ///
    /// # Errors
    ///
    /// If the file is missing, unreadable, not a regular file, empty or too long.
    pub(super) fn read(&self) -> Result<Vec<u8>, AsrError> {
        let read_error =
            |error: io::Error| AsrError(format!("could not read the recording: {error}"));
        let file = open_untrusted(&self.local).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => self.unreadable(),
            _ => read_error(error),
        })?;
        if !file.metadata().map_err(read_error)?.is_file() {
            return Err(AsrError("the recording is not a regular file".into()));
        }
        let mut bytes = Vec::new();
        file.take(MAX_RECORDING_BYTES + 1).read_to_end(&mut bytes).map_err(read_error)?;
        match bytes.len() {
            0 => Err(AsrError("the recording is empty".into())),
            length if length as u64 > MAX_RECORDING_BYTES => {
                Err(AsrError("the recording is too long".into()))
            }
            _ => Ok(bytes),
        }
    }
}

impl SpeechRecording {
    /// The file name is not part of the error.
    fn unreadable(&self) -> AsrError {
        let name = self.local.file_name().unwrap_or_default().to_string_lossy();
        let Some(why) = describe_unreadable(&self.local) else {
            return AsrError(
                "could not read the recording: permission denied, but not by its mode".into(),
            );
        };
        let why = why.replace(&*name, "said-….wav");
        AsrError(format!(
            "could not read the recording: {why}; the switch must write recordings that the group of the folder can \
             read: set its umask to 0007 or 0027, and the mode of the folder to 2770"
        ))
    }
}

/// The file name is a secret: whoever knows it could read the recording before we delete it.
impl std::fmt::Debug for SpeechRecording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpeechRecording")
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

/// Deletes files that are named like our recordings and are old.
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

/// Whether a file or folder of ours is so old that no running call uses it.
pub(super) fn is_stale(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > STALE_AFTER)
}
