//! The daemon's file and the script files.
//!
//! One file of code per TOML table: its keys, how they are read, what they mean, what is an error in them. An error stops
//! nothing: one load reports all errors of all files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

mod bounds;
mod daemon;
mod diagnostic;
mod engine_params;
mod file;
mod nearest;
mod pem;
mod runtime_dirs;
mod script;
mod secret_file;
mod secrets;
mod sounds;
mod table_reader;
mod value;

pub use daemon::listener::ListenerSettings;
pub use daemon::log::LogSettings;
pub use daemon::metrics::MetricsSettings;
pub use daemon::settings::DaemonSettings;
pub use diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceText};
pub use script::context::TriggerDefaults;
pub use sounds::inventory::{LibrarySound, SoundInventory};

pub(crate) use diagnostic::counted;

use crate::script::definition::ScriptLibrary;
use daemon::DaemonFile;
use script::ReadScripts;
use script::context::LoadContext;
use secrets::SecretStore;
use sounds::SoundLibrary;

/// Everything that the daemon's file and the script files say.
#[derive(Debug)]
pub struct Config {
    /// The settings of the daemon's file.
    pub daemon: DaemonSettings,
    /// The scripts and their secrets.
    pub library: Arc<ScriptLibrary>,
    /// What will not work, but does not keep the files from being used.
    pub warnings: ConfigWarnings,
}

impl Config {
    /// Creates the folders of the sound cache and the recordings, as far as the scripts need them. Returns what could not
    /// be created.
    pub fn create_folders(&self) -> Vec<String> {
        runtime_dirs::create(&self.daemon.voice, &self.library)
    }
}

/// Reads the daemon's file and all scripts.
///
/// # Errors
///
/// All errors of all files.
pub fn load(path: &Path) -> Result<Config, ConfigErrors> {
    let Loaded { config, errors, .. } = read(path)?;
    if errors.is_empty() { Ok(config) } else { Err(ConfigErrors::sorted(errors)) }
}

/// Lists the library of sounds, whatever the scripts are like.
///
/// # Errors
///
/// All errors of the daemon's file.
pub fn inventory(path: &Path) -> Result<SoundInventory, ConfigErrors> {
    let Loaded { config, sounds, errors } = read(path)?;
    let name = path.display().to_string();
    let errors: Vec<_> = errors.into_iter().filter(|error| error.file.name == name).collect();
    if errors.is_empty() {
        Ok(sounds.inventory(config.daemon.voice.format))
    } else {
        Err(ConfigErrors::sorted(errors))
    }
}

/// The control socket of a daemon with this file, where it has one, whatever the scripts are like.
///
/// # Errors
///
/// The errors of the daemon's file that can be found without any other file.
pub fn control(path: &Path) -> Result<Option<PathBuf>, ConfigErrors> {
    let daemon_file = DaemonFile::open(path)?;
    let socket = daemon_file.control_socket();
    let errors = daemon_file.into_file().into_errors();
    if errors.is_empty() { Ok(socket) } else { Err(ConfigErrors::sorted(errors)) }
}

/// What could be made of all files, and the errors in them.
struct Loaded {
    config: Config,
    sounds: SoundLibrary,
    errors: Vec<Diagnostic>,
}

fn read(path: &Path) -> Result<Loaded, ConfigErrors> {
    let daemon_file = DaemonFile::open(path)?;
    let folders = daemon_file.folders();
    let secrets = SecretStore::new(folders.secrets.clone());
    let daemon = daemon_file.settings(&secrets, &folders);
    let ReadScripts { scripts, graph, mut errors } = ReadScripts::of_folder(&folders.scripts);
    let context = LoadContext {
        scripts: graph,
        sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
        secrets,
        defaults: daemon.trigger_defaults,
        allows_hosts: !daemon.trigger.allow_hosts.is_empty(),
        engines: daemon_file.engine_names(),
        has_tts: daemon.voice.default_engine.is_some(),
        has_asr: daemon.voice.asr_engine.is_some(),
    };
    let (mut library, mut files) = script::check(scripts, &context);
    files.push(daemon_file.into_file());
    let mut warnings = context.secrets.take_warnings();
    for file in files {
        warnings.extend(file.take_warnings());
        errors.extend(file.into_errors());
    }
    library.secrets = context.secrets.into_found();
    let (library, warnings) = (Arc::new(library), ConfigWarnings::sorted(warnings));
    let config = Config { daemon, library, warnings };
    Ok(Loaded { config, sounds: context.sounds, errors })
}
