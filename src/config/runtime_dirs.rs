//! The folders in which the daemon writes files: the sound cache and the recordings.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::script::definition::{PromptPart, Script, ScriptLibrary};
use crate::voice::settings::VoiceSettings;

/// Creates the missing folders that the scripts need. Returns a message for each folder that could not be created.
pub(crate) fn create(settings: &VoiceSettings, library: &ScriptLibrary) -> Vec<String> {
    let scripts = || library.scripts.values();
    let uses_cache = scripts().any(|script| uses_sound_cache(script));
    let records = scripts().any(|script| script.speech.is_some());
    let cache = (
        &settings.cache_folder.local,
        CACHE_MODE,
        "`cache` in [folders]; until then, texts and sounds from URLs cannot be played",
    );
    let recordings = (
        &settings.recordings_folder.local,
        RECORDINGS_MODE,
        "`recordings` in [folders]; until then, speech cannot be recorded",
    );
    let needed = [uses_cache.then_some(cache), records.then_some(recordings)].into_iter().flatten();
    needed.filter_map(|(folder, mode, key)| create_folder(folder, mode, key).err()).collect()
}

/// The switch may run as any user.
const CACHE_MODE: u32 = 0o755;
/// Other users must not hear what callers say. The switch needs to write here, so it is this user or in the group.
const RECORDINGS_MODE: u32 = 0o770;
/// A new folder inherits this bit, and the group, from the folder above it.
const SETGID: u32 = 0o2000;

/// Whether a script plays texts or sounds from URLs.
fn uses_sound_cache(script: &Script) -> bool {
    let mut parts = script.playlists().flat_map(|playlist| &playlist.parts);
    parts.any(|part| !matches!(part, PromptPart::Recorded(_)))
}

fn create_folder(folder: &Path, mode: u32, key: &str) -> Result<(), String> {
    let created = folder.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        match DirBuilder::new().mode(mode).create(folder) {
            Err(_) if folder.is_dir() => Ok(()),
            created => created.map(|()| set_mode(folder, mode)),
        }
    });
    created.map_err(|e| {
        let folder = folder.display();
        format!("cannot create the folder `{folder}` ({e}): name another as {key}")
    })
}

/// Sets the mode of a new folder, whatever the umask of this process is: the switch must reach its files. A file system
/// without modes refuses that, and the folder is used as it is.
fn set_mode(folder: &Path, mode: u32) {
    let Ok(found) = fs::metadata(folder) else { return };
    let found = found.permissions().mode() & 0o7777;
    let wanted = mode | found & SETGID;
    if found != wanted {
        drop(fs::set_permissions(folder, Permissions::from_mode(wanted)));
    }
}
