//! A folder with a daemon's file, scripts and sounds, gone after the test.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use dialscript::config::{Config, ConfigErrors, load};
use dialscript::script::definition::Script;
use tempfile::TempDir;

pub(super) struct Folder(TempDir);

impl Folder {
    /// An empty daemon's file and no scripts; no other user looks into it.
    pub(super) fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.mode("", 0o700);
        folder.file("dialscript.toml", "");
        std::fs::create_dir(folder.path().join("scripts")).unwrap();
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Lets others read something in it, or not.
    pub(super) fn mode(&self, name: &str, mode: u32) -> &Self {
        let mode = Permissions::from_mode(mode);
        std::fs::set_permissions(self.path().join(name), mode).unwrap();
        self
    }

    pub(super) fn script(&self, name: &str, content: &str) -> &Self {
        self.file(&format!("scripts/{name}.toml"), content)
    }

    /// A second of silence as the switch plays it.
    pub(super) fn sound(&self, name: &str) -> &Self {
        self.wav(name, 1, 8000)
    }

    pub(super) fn wav(&self, name: &str, channels: u16, sample_rate: u32) -> &Self {
        let path = self.path().join("sounds").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let sample_format = hound::SampleFormat::Int;
        let spec = hound::WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format };
        let mut wav = hound::WavWriter::create(path, spec).unwrap();
        (0..sample_rate * u32::from(channels)).for_each(|_| wav.write_sample(0i16).unwrap());
        wav.finalize().unwrap();
        self
    }

    pub(super) fn load(&self) -> Result<Config, ConfigErrors> {
        load(&self.path().join("dialscript.toml"))
    }

    /// The one script `name`, where nothing is wrong.
    pub(super) fn loaded(&self, name: &str) -> Arc<Script> {
        let config = self.load().unwrap_or_else(|faults| panic!("{faults}"));
        config.library.scripts[name].clone()
    }

    /// What is wrong, one line a fault: what, and the help.
    pub(super) fn faults(&self) -> Vec<String> {
        let Err(faults) = self.load() else { return Vec::new() };
        let line = |fault: &dialscript::config::Diagnostic| {
            format!("{} | {}", fault.message, fault.help.as_deref().unwrap_or_default())
        };
        faults.iter().map(line).collect()
    }
}
