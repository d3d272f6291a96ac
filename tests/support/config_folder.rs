//! A temporary folder with a daemon's file, scripts and sounds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use dialscript::config::{Config, ConfigErrors, load};
use dialscript::script::definition::Script;
use tempfile::TempDir;

use super::program::dialscript;
use super::wav::wav;

pub(crate) struct ConfigFolder(TempDir);

impl ConfigFolder {
    /// A folder with an empty daemon's file and no scripts. Other users cannot read it.
    pub(crate) fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.mode("", 0o700);
        folder.daemon_file("");
        fs::create_dir(folder.at("scripts")).unwrap();
        folder
    }

    /// A folder with these scripts: (name, content).
    pub(crate) fn with_scripts(scripts: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, content) in scripts {
            folder.script(name, content);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a file or folder inside the folder.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.at("dialscript.toml")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn daemon_file(&self, content: impl AsRef<[u8]>) -> &Self {
        self.file("dialscript.toml", content)
    }

    pub(crate) fn script(&self, name: &str, content: &str) -> &Self {
        self.file(&format!("scripts/{name}.toml"), content)
    }

    /// Sets the mode of a file or folder.
    pub(crate) fn mode(&self, name: &str, mode: u32) -> &Self {
        fs::set_permissions(self.at(name), Permissions::from_mode(mode)).unwrap();
        self
    }

    /// Writes one second of silence in the format that a switch plays.
    pub(crate) fn sound(&self, name: &str) -> &Self {
        self.wav(name, 1, 8000)
    }

    /// Writes one second of silence.
    pub(crate) fn wav(&self, name: &str, channels: u16, rate: u32) -> &Self {
        let samples = rate as usize * usize::from(channels);
        let silence = wav(rate, channels, std::iter::repeat_n(0, samples));
        self.file(&format!("sounds/{name}"), silence)
    }

    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        load(&self.config_file())
    }

    /// Loads the files, which must have no errors.
    pub(crate) fn config(&self) -> Config {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// Loads the files, which must have no errors, and returns one script.
    pub(crate) fn loaded(&self, name: &str) -> Arc<Script> {
        self.config().library.scripts[name].clone()
    }

    /// The errors in the files, each as `MESSAGE | HELP`.
    pub(crate) fn errors(&self) -> Vec<String> {
        let Err(errors) = self.load() else { return Vec::new() };
        let line = |error: &dialscript::config::Diagnostic| {
            format!("{} | {}", error.message, error.help.as_deref().unwrap_or_default())
        };
        errors.iter().map(line).collect()
    }

    /// Prepares to run a command of the program with this daemon's file.
    pub(crate) fn program(&self, command: &str) -> Command {
        let mut program = dialscript();
        program.arg(command).arg("--config").arg(self.config_file());
        program
    }
}
