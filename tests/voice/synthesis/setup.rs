//! Engines and a folder for their sounds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dialscript::voice::VoiceEngines;
use dialscript::voice::settings::{FolderPaths, SoundFormat, TtsEngine, VoiceSettings};
use dialscript::voice::sound_server::SoundUrls;
use dialscript::web::client::{self, HttpClient};
use dialscript::web::egress::EgressRules;
use tempfile::TempDir;

use crate::voice::synthesis::engine::Engine;

pub(crate) struct SynthesisSetup {
    folder: TempDir,
    pub(crate) settings: VoiceSettings,
    pub(crate) egress: EgressRules,
}

impl SynthesisSetup {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let ours = folder.path().join(name);
            FolderPaths { on_switch: ours.clone(), local: ours }
        };
        let settings = VoiceSettings {
            default_engine: None,
            fallback_engine: None,
            named_engines: BTreeMap::new(),
            asr_engine: None,
            timeout: Duration::from_secs(5),
            max_concurrent: 4,
            format: SoundFormat::Narrow,
            cache_folder: place("cache"),
            max_cache_bytes: 1 << 20,
            recordings_folder: place("recordings"),
            library_folder: place("sounds"),
            sound_server: None,
        };
        Self { folder, settings, egress: EgressRules::default() }
    }

    /// With a default engine that makes 100 ms of sound.
    pub(crate) fn with_engine() -> (Self, Engine) {
        let mut setup = Self::new();
        let engine = setup.engine("first", 100, "cat \"$tone\"");
        setup.settings.default_engine = Some(engine.tts_engine());
        (setup, engine)
    }

    /// With a default engine that runs these lines, and a fallback engine that makes 200 ms of sound.
    pub(crate) fn with_fallback(lines: &str) -> (Self, Engine, Engine) {
        let mut setup = Self::new();
        let first = setup.engine("first", 100, lines);
        let fallback = setup.engine("fallback", 200, "cat \"$tone\"");
        setup.settings.default_engine = Some(first.tts_engine());
        setup.settings.fallback_engine = Some(fallback.tts_engine());
        (setup, first, fallback)
    }

    pub(crate) fn engine(&self, name: &str, tone: u32, lines: &str) -> Engine {
        Engine::new(self.folder.path(), name, tone, lines)
    }

    pub(crate) fn name(&mut self, name: &str, say: Arc<TtsEngine>) {
        self.settings.named_engines.insert(name.to_owned(), say);
    }

    pub(crate) fn open(&self) -> VoiceEngines {
        let (egress, connect_timeout) = (self.egress.clone(), Some(Duration::from_secs(2)));
        let settings = client::HttpClientSettings {
            egress,
            connect_timeout,
            ..client::HttpClientSettings::default()
        };
        let client = HttpClient::new(&settings).unwrap();
        let VoiceSettings {
            sound_server: server, cache_folder: cache, library_folder: sounds, ..
        } = &self.settings;
        let urls =
            server.as_ref().map(|server| Arc::new(SoundUrls::new(server, cache, sounds).unwrap()));
        VoiceEngines::new(self.settings.clone(), Arc::new(client), urls)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the files in the cache folder.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names = file_names(&self.settings.cache_folder.local);
        names.retain(|name| !matches!(name.as_str(), ".lock" | "private"));
        names
    }

    /// The folder of the sounds that only one call uses.
    pub(crate) fn private_folder(&self) -> PathBuf {
        self.settings.cache_folder.local.join("private")
    }

    /// The names of the files of sounds that only one call uses.
    pub(crate) fn private_files(&self) -> Vec<String> {
        file_names(&self.private_folder())
    }

    /// The number of sounds in the cache folder.
    pub(crate) fn sounds(&self) -> usize {
        self.files().iter().filter(|name| name.ends_with(".wav")).count()
    }
}

fn file_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
