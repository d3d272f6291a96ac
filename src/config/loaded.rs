//! The configuration as a whole: opened files, and the result of a load.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::daemon::DaemonFile;
use super::daemon::settings::DaemonSettings;
use super::diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceText};
use super::last_valid::{LastValidFolder, ValidFiles};
use super::runtime_dirs;
use super::script::ScriptGraph;
use super::script::context::LoadContext;
use super::script::sources::ScriptSources;
use super::secrets::SecretStore;
use super::sounds::SoundLibrary;
use crate::script::definition::ScriptLibrary;

/// The content of the daemon's file and of all script files.
#[derive(Debug)]
pub struct Config {
    /// The settings of the daemon's file.
    pub daemon: DaemonSettings,
    /// The scripts, and the secrets that they use.
    pub library: Arc<ScriptLibrary>,
    /// Problems that do not prevent the use of the files.
    pub warnings: ConfigWarnings,
    /// The script files to keep copies of.
    pub valid_files: Arc<ValidFiles>,
}

/// A configuration that can be served although script files have errors.
#[derive(Debug)]
pub struct ServableConfig {
    /// The library has the valid scripts, and says why others are excluded.
    pub config: Config,
    /// All errors of the script files that are not served.
    pub errors: ConfigErrors,
}

impl From<Config> for ServableConfig {
    /// The files of this configuration have no errors.
    fn from(config: Config) -> Self {
        Self { config, errors: ConfigErrors::default() }
    }
}

impl Config {
    /// Creates the folders for cached sounds and for recordings, if a script needs them. Returns a message for each
    /// folder that could not be created.
    pub fn create_folders(&self) -> Vec<String> {
        runtime_dirs::create(&self.daemon.voice, &self.library)
    }
}

/// The result of a load. After an error, `config` has defaults in place of the invalid values.
pub(super) struct LoadedFiles {
    pub(super) config: Config,
    pub(super) sounds: SoundLibrary,
    pub(super) errors: Vec<Diagnostic>,
}

/// The daemon's file after its checks, and the scripts before theirs.
pub(super) struct OpenedFiles {
    daemon_file: DaemonFile,
    daemon: DaemonSettings,
    state: PathBuf,
    pub(super) sources: ScriptSources,
    pub(super) context: LoadContext,
}

impl OpenedFiles {
    pub(super) fn open(path: &Path) -> Result<Self, ConfigErrors> {
        let daemon_file = DaemonFile::open(path)?;
        let folders = daemon_file.folders();
        let secrets = SecretStore::new(folders.secrets.clone());
        let daemon = daemon_file.settings(&secrets, &folders);
        let sources = ScriptSources::read(&folders.scripts);
        let context = LoadContext {
            scripts: ScriptGraph::default(),
            sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
            secrets,
            defaults: daemon.trigger_defaults,
            allows_hosts: !daemon.trigger.allow_hosts.is_empty(),
            engines: daemon_file.engine_names(),
            default_engine: daemon.voice.default_engine.clone(),
            named_engines: daemon.voice.named_engines.clone(),
            timezone: daemon_file.timezone(),
            has_asr: daemon.voice.asr_engine.is_some(),
            serves_sounds: daemon.voice.sound_server.is_some(),
        };
        Ok(Self { daemon_file, daemon, state: folders.state, sources, context })
    }

    /// The copies of valid script files; `None` if the daemon's file turns them off.
    pub(super) fn copies(&self) -> Option<LastValidFolder> {
        self.daemon_file.serves_last_valid().then(|| LastValidFolder::new(&self.state))
    }

    /// The configuration with these scripts, and the errors that do not belong to a script.
    pub(super) fn close(
        self,
        mut library: ScriptLibrary,
        mut warnings: Vec<Diagnostic>,
        served: Vec<(String, Arc<SourceText>)>,
    ) -> LoadedFiles {
        let folder = self.copies();
        let Self { daemon_file, daemon, sources, context, .. } = self;
        let scripts = sources.texts.into_keys().collect();
        let valid_files = Arc::new(ValidFiles { folder, served, scripts });
        let file = daemon_file.into_file();
        warnings.extend(sources.warnings);
        warnings.extend(context.secrets.take_warnings());
        warnings.extend(file.take_warnings());
        let mut errors = file.into_errors();
        errors.extend(sources.folder_error);
        library.secrets = context.secrets.into_found();
        let (library, warnings) = (Arc::new(library), ConfigWarnings::sorted(warnings));
        let config = Config { daemon, library, warnings, valid_files };
        LoadedFiles { config, sounds: context.sounds, errors }
    }
}
