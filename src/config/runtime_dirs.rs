//! The folders in which the daemon writes files: the sound cache and the recordings.

use std::path::Path;

use crate::script::definition::{PromptPart, Script, ScriptLibrary};
use crate::voice::settings::VoiceSettings;

/// Creates the missing folders that the scripts need. Returns a message for each folder that could not be created.
pub(crate) fn create(settings: &VoiceSettings, library: &ScriptLibrary) -> Vec<String> {
    let scripts = || library.scripts.values();
    let renders = scripts().any(|script| renders_sounds(script));
    let records = scripts().any(|script| script.speech.is_some());
    let needed = [
        (
            renders,
            &settings.cache_folder.local,
            "`cache` in [folders]; until then, texts and sounds from URLs cannot be played",
        ),
        (
            records,
            &settings.recordings_folder.local,
            "`recordings` in [folders]; until then, speech cannot be recorded",
        ),
    ];
    let needed = needed.into_iter().filter(|(is_needed, ..)| *is_needed);
    needed.filter_map(|(_, folder, key)| create_folder(folder, key).err()).collect()
}

fn renders_sounds(script: &Script) -> bool {
    let mut parts = script.playlists().flat_map(|playlist| &playlist.parts);
    parts.any(|part| !matches!(part, PromptPart::Recorded(_)))
}

fn create_folder(folder: &Path, key: &str) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| {
        let folder = folder.display();
        format!("cannot create the folder `{folder}` ({e}): name another as {key}")
    })
}
