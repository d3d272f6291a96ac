//! `[folders]`: the folders of scripts, sounds, secrets, recordings, cached sounds and the daemon's state.

use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::voice::settings::FolderPaths;

#[derive(Debug, Default)]
pub(crate) struct FoldersTable {
    scripts: Option<Spanned<String>>,
    sounds: Option<Spanned<String>>,
    sounds_on_switch: Option<Spanned<String>>,
    secrets: Option<Spanned<String>>,
    cache: Option<Spanned<String>>,
    cache_on_switch: Option<Spanned<String>>,
    recordings: Option<Spanned<String>>,
    recordings_on_switch: Option<Spanned<String>>,
    state: Option<Spanned<String>>,
}

/// The folders, with defaults. Relative paths start in the folder of the daemon's file.
pub(crate) struct DaemonFolders {
    pub(crate) scripts: PathBuf,
    pub(crate) sounds: PathBuf,
    pub(crate) sounds_on_switch: Option<PathBuf>,
    pub(crate) secrets: PathBuf,
    pub(crate) cache: FolderPaths,
    pub(crate) recordings: FolderPaths,
    /// What the daemon keeps from one start to the next.
    pub(crate) state: PathBuf,
}

impl FoldersTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            scripts: table.take("scripts"),
            sounds: table.take("sounds"),
            sounds_on_switch: table.take("sounds_on_switch"),
            secrets: table.take("secrets"),
            cache: table.take("cache"),
            cache_on_switch: table.take("cache_on_switch"),
            recordings: table.take("recordings"),
            recordings_on_switch: table.take("recordings_on_switch"),
            state: table.take("state"),
        }
    }

    /// `base` is the folder of the daemon's file.
    pub(crate) fn folders(&self, file: &TomlFile, base: &Path) -> DaemonFolders {
        let folder = |given: &Option<Spanned<String>>, default: &str| {
            base.join(given.as_ref().map_or(default, |given| given.get_ref()))
        };
        let systemd_cache = systemd_folder("CACHE_DIRECTORY");
        let generated = |given: &Option<Spanned<String>>, default: &str| match &systemd_cache {
            Some(cache) if given.is_none() => cache.join(default),
            _ => folder(given, default),
        };
        let (cache, recordings) =
            (generated(&self.cache, "cache"), generated(&self.recordings, "recordings"));
        let folders = DaemonFolders {
            scripts: folder(&self.scripts, "scripts"),
            sounds: folder(&self.sounds, "sounds"),
            sounds_on_switch: self.sounds_on_switch.as_ref().map(|given| given.get_ref().into()),
            secrets: folder(&self.secrets, "secrets"),
            cache: with_switch_path(&cache, &self.cache_on_switch),
            recordings: with_switch_path(&recordings, &self.recordings_on_switch),
            state: match systemd_folder("STATE_DIRECTORY") {
                Some(state) if self.state.is_none() => state,
                _ => folder(&self.state, "state"),
            },
        };
        self.check_present(file, &folders);
        self.check_switch_paths(file);
        self.check_overlap(file, &folders);
        folders
    }

    fn check_present(&self, file: &TomlFile, folders: &DaemonFolders) {
        let named = [(&self.sounds, &folders.sounds), (&self.secrets, &folders.secrets)];
        for (given, folder) in named {
            let Some(given) = given.as_ref().filter(|_| !folder.is_dir()) else { continue };
            let message = format!("the folder `{}` does not exist", folder.display());
            let help = "create it; a relative path starts in the folder of this file";
            file.error_with_help(given.span(), message, help);
        }
    }

    fn check_switch_paths(&self, file: &TomlFile) {
        let paths = [&self.sounds_on_switch, &self.cache_on_switch, &self.recordings_on_switch];
        let is_relative = |given: &&Spanned<String>| !given.get_ref().starts_with('/');
        for given in paths.into_iter().flatten().filter(is_relative) {
            let help = "write the absolute path on the host of the switch";
            file.error_with_help(given.span(), "not an absolute path", help);
        }
    }

    /// The daemon deletes old files in the folders of the cache and the recordings, so these must not contain another
    /// configured folder.
    fn check_overlap(&self, file: &TomlFile, folders: &DaemonFolders) {
        let (cache, recordings) = (&folders.cache.local, &folders.recordings.local);
        let state = self.state.is_some().then_some(&folders.state);
        let others = [&folders.scripts, &folders.sounds, &folders.secrets].into_iter().chain(state);
        let others: Vec<_> = others.map(|folder| absolute(folder)).collect();
        for (given, folder, other) in
            [(&self.cache, cache, recordings), (&self.recordings, recordings, cache)]
        {
            let overlaps = others.iter().chain([other]).any(|other| other.starts_with(folder));
            if let Some(given) = given.as_ref().filter(|_| overlaps) {
                let help = "name a separate folder: the daemon deletes old files in it";
                file.error_with_help(
                    given.span(),
                    "another configured folder is the same or is inside it",
                    help,
                );
            }
        }
    }
}

impl DaemonFolders {
    /// The folder of the sound library: its path here and on the switch.
    pub(crate) fn library(&self) -> FolderPaths {
        let local = absolute(&self.sounds);
        let on_switch = self.sounds_on_switch.clone().unwrap_or_else(|| local.clone());
        FolderPaths { local, on_switch }
    }
}

/// The folder that systemd created for the daemon. `variable` is the environment variable that contains its path.
pub(crate) fn systemd_folder(variable: &str) -> Option<PathBuf> {
    let folders = std::env::var_os(variable)?;
    // Several paths are separated by colons.
    let first = folders.to_str()?.split(':').next()?;
    first.starts_with('/').then(|| first.into())
}

fn with_switch_path(path: &Path, on_switch: &Option<Spanned<String>>) -> FolderPaths {
    let local = absolute(path);
    let on_switch =
        on_switch.as_ref().map_or_else(|| local.clone(), |given| given.get_ref().into());
    FolderPaths { local, on_switch }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
