//! A folder with a daemon's file, scripts and sounds, gone after the test.

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
    /// An empty daemon's file and no scripts; no other user looks into it.
    pub(crate) fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.mode("", 0o700);
        folder.daemon_file("");
        fs::create_dir(folder.at("scripts")).unwrap();
        folder
    }

    /// With scripts by their names.
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

    /// Where something in it lies.
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

    /// Lets others read something in it, or not.
    pub(crate) fn mode(&self, name: &str, mode: u32) -> &Self {
        fs::set_permissions(self.at(name), Permissions::from_mode(mode)).unwrap();
        self
    }

    /// A second of silence as the switch plays it.
    pub(crate) fn sound(&self, name: &str) -> &Self {
        self.wav(name, 1, 8000)
    }

    /// A second of silence.
    pub(crate) fn wav(&self, name: &str, channels: u16, rate: u32) -> &Self {
        let samples = rate as usize * usize::from(channels);
        let silence = wav(rate, channels, std::iter::repeat_n(0, samples));
        self.file(&format!("sounds/{name}"), silence)
    }

    pub(crate) fn load(&self) -> Result<Config, ConfigErrors> {
        load(&self.config_file())
    }

    /// What the files mean, where nothing is wrong.
    pub(crate) fn config(&self) -> Config {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// The one script `name`, where nothing is wrong.
    pub(crate) fn loaded(&self, name: &str) -> Arc<Script> {
        self.config().library.scripts[name].clone()
    }

    /// What is wrong, one line an error: what, and the help.
    pub(crate) fn errors(&self) -> Vec<String> {
        let Err(errors) = self.load() else { return Vec::new() };
        let line = |error: &dialscript::config::Diagnostic| {
            format!("{} | {}", error.message, error.help.as_deref().unwrap_or_default())
        };
        errors.iter().map(line).collect()
    }

    /// A command of the program with this daemon's file.
    pub(crate) fn program(&self, command: &str) -> Command {
        let mut program = dialscript();
        program.arg(command).arg("--config").arg(self.config_file());
        program
    }
}
