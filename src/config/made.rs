//! Folders of what is made while the daemon serves.

use std::io;
use std::path::Path;

use super::settings::Config;
use crate::script::definition::{PromptPart, Script};

impl Config {
    /// Creates the folders that the scripts need, where they are not there; tells what could not be created. Scripts
    /// that neither speak nor listen need none.
    pub fn create_folders(&self) -> Vec<String> {
        let scripts = || self.library.scripts.values();
        let makes = scripts().any(|script| makes_sounds(script));
        let records = scripts().any(|script| script.speech.is_some());
        let needed = [
            (
                makes,
                &self.voice.cache_folder.local,
                "`cache`: texts and sounds from URLs can't be heard",
            ),
            (
                records,
                &self.voice.recordings_folder.local,
                "`recordings`: speech can't be recorded",
            ),
        ];
        let needed = needed.into_iter().filter(|(is_needed, ..)| *is_needed);
        needed.filter_map(|(_, folder, key)| create(folder, key).err()).collect()
    }
}

fn makes_sounds(script: &Script) -> bool {
    let mut parts = script.playlists().flat_map(|playlist| &playlist.parts);
    parts.any(|part| !matches!(part, PromptPart::Recorded(_)))
}

fn create(folder: &Path, key: &str) -> Result<(), String> {
    let created: io::Result<()> = std::fs::create_dir_all(folder);
    created.map_err(|e| {
        let folder = folder.display();
        format!("the folder `{folder}` can't be created ({e}): name another in [folders] {key}")
    })
}
