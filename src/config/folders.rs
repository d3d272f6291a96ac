//! Where scripts, sounds and secrets lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use super::fault::Fault;
use super::file::File;
use super::raw::daemon as raw;

/// The folders, relative ones from the daemon's file on.
pub(super) struct Folders {
    pub(super) scripts: PathBuf,
    pub(super) sounds: PathBuf,
    pub(super) sounds_on_switch: Option<PathBuf>,
    pub(super) secrets: PathBuf,
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
        let folders = Self {
            scripts: folder(&raw.scripts, "scripts"),
            sounds: folder(&raw.sounds, "sounds"),
            sounds_on_switch: raw.sounds_on_switch.as_ref().map(|given| given.get_ref().into()),
            secrets: folder(&raw.secrets, "secrets"),
        };
        folders.check(file, raw);
        folders
    }

    fn check(&self, file: &File, raw: &raw::Folders) {
        let given = [(&raw.sounds, &self.sounds), (&raw.secrets, &self.secrets)];
        for (given, folder) in given {
            let Some(given) = given.as_ref().filter(|_| !folder.is_dir()) else { continue };
            let what = format!("there is no folder `{}`", folder.display());
            let help = "create it; a relative name begins at the folder of this file";
            file.fault_help(given.span(), what, help);
        }
        let on_switch = raw.sounds_on_switch.as_ref();
        if let Some(given) = on_switch.filter(|given| !given.get_ref().starts_with('/')) {
            let help = "write the whole path as the switch's host has it";
            file.fault_help(given.span(), "this path does not begin with `/`", help);
        }
    }
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
