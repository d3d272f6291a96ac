//! A place with engines, and a folder for what they make.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dialscript::voice::Engines;
use dialscript::voice::server::Urls;
use dialscript::voice::settings::{Folder, Format, Say, Settings};
use dialscript::web::client::{self, Client};
use dialscript::web::egress::Egress;
use tempfile::TempDir;

use crate::voice::synthesis::engine::Engine;

pub(crate) struct SynthesisSetup {
    folder: TempDir,
    pub(crate) settings: Settings,
    pub(crate) egress: Egress,
}

impl SynthesisSetup {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let ours = folder.path().join(name);
            Folder { on_switch: ours.clone(), ours }
        };
        let settings = Settings {
            say: None,
            fallback: None,
            engines: BTreeMap::new(),
            listen: None,
            timeout: Duration::from_secs(5),
            at_once: 4,
            format: Format::Narrow,
            cache: place("cache"),
            cache_bytes: 1 << 20,
            recordings: place("recordings"),
            sounds: place("sounds"),
            server: None,
        };
        Self { folder, settings, egress: Egress::default() }
    }

    /// With an engine that makes 100 ms of sound, as the first.
    pub(crate) fn with_engine() -> (Self, Engine) {
        let mut setup = Self::new();
        let engine = setup.engine("first", 100, "cat \"$tone\"");
        setup.settings.say = Some(engine.say());
        (setup, engine)
    }

    /// With a first engine that runs these lines, and one behind it that makes 200 ms of sound.
    pub(crate) fn with_fallback(lines: &str) -> (Self, Engine, Engine) {
        let mut setup = Self::new();
        let first = setup.engine("first", 100, lines);
        let fallback = setup.engine("fallback", 200, "cat \"$tone\"");
        setup.settings.say = Some(first.say());
        setup.settings.fallback = Some(fallback.say());
        (setup, first, fallback)
    }

    pub(crate) fn engine(&self, name: &str, tone: u32, lines: &str) -> Engine {
        Engine::new(self.folder.path(), name, tone, lines)
    }

    pub(crate) fn name(&mut self, name: &str, say: Arc<Say>) {
        self.settings.engines.insert(name.to_owned(), say);
    }

    pub(crate) fn open(&self) -> Engines {
        let (egress, connect_timeout) = (self.egress.clone(), Some(Duration::from_secs(2)));
        let settings = client::Settings { egress, connect_timeout, ..client::Settings::default() };
        let client = Client::new(&settings).unwrap();
        let Settings { server, cache, sounds, .. } = &self.settings;
        let urls =
            server.as_ref().map(|server| Arc::new(Urls::new(server, cache, sounds).unwrap()));
        Engines::new(self.settings.clone(), Arc::new(client), urls)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the made files.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.settings.cache.ours).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
        names.sort();
        names
    }

    pub(crate) fn sounds(&self) -> usize {
        self.files().iter().filter(|name| name.ends_with(".wav")).count()
    }
}
