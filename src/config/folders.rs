//! Where scripts, sounds and secrets lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use super::fault::Fault;
use super::file::File;
use super::raw::daemon as raw;
use crate::voice::settings::FolderPaths;

/// The folders, relative ones from the daemon's file on.
pub(super) struct Folders {
    pub(super) scripts: PathBuf,
    pub(super) sounds: PathBuf,
    pub(super) sounds_on_switch: Option<PathBuf>,
    pub(super) secrets: PathBuf,
    pub(super) cache: FolderPaths,
    pub(super) recordings: FolderPaths,
}

/// The script files of a folder by name, and files with names that no script can have.
pub(super) struct Found {
    pub(super) scripts: BTreeMap<String, PathBuf>,
    pub(super) faults: Vec<Fault>,
}

impl Folders {
    pub(super) fn of(config: &Path, file: &File, raw: &raw::Folders) -> Self {
        let home = config.parent().unwrap_or(Path::new(""));
        let folder = |given: &Option<Spanned<String>>, default: &str| {
            home.join(given.as_ref().map_or(default, |given| given.get_ref()))
        };
        let caches = systemds("CACHE_DIRECTORY");
        let made = |given: &Option<Spanned<String>>, default: &str| match (given, &caches) {
            (None, Some(caches)) => caches.join(default),
            _ => folder(given, default),
        };
        let folders = Self {
            scripts: folder(&raw.scripts, "scripts"),
            sounds: folder(&raw.sounds, "sounds"),
            sounds_on_switch: raw.sounds_on_switch.as_ref().map(|given| given.get_ref().into()),
            secrets: folder(&raw.secrets, "secrets"),
            cache: shared(made(&raw.cache, "cache"), &raw.cache_on_switch),
            recordings: shared(made(&raw.recordings, "recordings"), &raw.recordings_on_switch),
        };
        folders.check(file, raw);
        folders
    }

    /// The library's folder, as we and the switch see it.
    pub(super) fn library(&self) -> FolderPaths {
        let ours = absolute(&self.sounds);
        let on_switch = self.sounds_on_switch.clone().unwrap_or_else(|| ours.clone());
        FolderPaths { local: ours, on_switch }
    }

    fn check(&self, file: &File, raw: &raw::Folders) {
        let given = [(&raw.sounds, &self.sounds), (&raw.secrets, &self.secrets)];
        for (given, folder) in given {
            let Some(given) = given.as_ref().filter(|_| !folder.is_dir()) else { continue };
            let what = format!("there is no folder `{}`", folder.display());
            let help = "create it; a relative name begins at the folder of this file";
            file.fault_help(given.span(), what, help);
        }
        let on_switch = [&raw.sounds_on_switch, &raw.cache_on_switch, &raw.recordings_on_switch];
        let relative = |given: &&Spanned<String>| !given.get_ref().starts_with('/');
        for given in on_switch.into_iter().flatten().filter(relative) {
            let help = "write the whole path as the switch's host has it";
            file.fault_help(given.span(), "this path does not begin with `/`", help);
        }
        self.check_own(file, raw);
    }

    /// What lies in these folders is deleted in time.
    fn check_own(&self, file: &File, raw: &raw::Folders) {
        let (cache, recordings) = (&self.cache.local, &self.recordings.local);
        let of_others = [&self.scripts, &self.sounds, &self.secrets].map(|other| absolute(other));
        for (given, folder, other) in
            [(&raw.cache, cache, recordings), (&raw.recordings, recordings, cache)]
        {
            let is_taken = of_others.iter().chain([other]).any(|other| other.starts_with(folder));
            if let Some(given) = given.as_ref().filter(|_| is_taken) {
                let help = "name a folder of its own: what lies in it is deleted in time";
                file.fault_help(given.span(), "this folder holds something else", help);
            }
        }
    }
}

/// A folder that systemd has made for us, by the variable that names it.
pub(super) fn systemds(variable: &str) -> Option<PathBuf> {
    let folders = std::env::var_os(variable)?;
    // systemd separates several by colons.
    let first = folders.to_str()?.split(':').next()?;
    first.starts_with('/').then(|| first.into())
}

fn shared(path: PathBuf, on_switch: &Option<Spanned<String>>) -> FolderPaths {
    let ours = absolute(&path);
    let on_switch = on_switch.as_ref().map_or_else(|| ours.clone(), |given| given.get_ref().into());
    FolderPaths { local: ours, on_switch }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Finds the script files.
pub(super) fn scripts(folder: &Path) -> Found {
    let mut found = Found { scripts: BTreeMap::new(), faults: Vec::new() };
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().for_each(|entry| found.add(&entry.path())),
        Err(e) => found.faults.push(Fault::of_path(
            folder.display().to_string(),
            format!("the folder of the scripts can't be read: {e}"),
            "create it and put a script file into it, or name another by `scripts` in [folders]",
        )),
    }
    found
}

impl Found {
    fn add(&mut self, path: &Path) {
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        let Some(name) = path.file_stem().filter(|_| is_toml) else { return };
        let name = name.to_string_lossy().into_owned();
        // Editors keep copies under names that begin with a dot.
        if name.starts_with('.') {
            return;
        }
        if let Some(help) = misnamed(&name) {
            let what = format!("`{name}` can't be a script's name");
            self.faults.push(Fault::of_path(path.display().to_string(), what, help));
        }
        self.scripts.insert(name, path.to_owned());
    }
}

fn misnamed(name: &str) -> Option<&'static str> {
    if matches!(name, "arg" | "secret") {
        return Some(
            "placeholders such as {arg.NAME} and {secret.NAME} have this name: rename the file",
        );
    }
    let plain = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (!plain).then_some("rename the file: letters, digits, _ and - alone")
}
