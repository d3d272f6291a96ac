//! Engines, folders and formats of speech.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::folders::Folders;
use crate::voice::settings::{Folder, Format, Settings};

pub(crate) fn settings(folders: &Folders) -> Settings {
    let beside = |name: &str| folder(folders.sounds.parent().unwrap_or(Path::new("")).join(name));
    Settings {
        say: None,
        fallback: None,
        engines: BTreeMap::new(),
        listen: None,
        timeout: Duration::from_secs(5),
        at_once: 4,
        format: Format::Narrow,
        cache: beside("cache"),
        cache_bytes: 256 << 20,
        recordings: beside("recordings"),
        sounds: folders.sounds.clone(),
        server: None,
    }
}

fn folder(path: PathBuf) -> Folder {
    let ours = std::path::absolute(&path).unwrap_or(path);
    Folder { on_switch: ours.clone(), ours }
}
