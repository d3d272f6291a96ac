//! Reads and checks the daemon's file and the script files.
//!
//! Each TOML table has a module with its keys, their bounds and defaults, and their checks. An error does not stop the
//! checks: one load reports all errors of all files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

mod bounds;
mod daemon;
mod diagnostic;
mod engine_params;
mod file;
mod foreign_keys;
mod nearest;
mod pem;
mod read_error;
pub(crate) mod regular_file;
mod runtime_dirs;
pub mod schema;
mod script;
mod secret_file;
mod secrets;
mod sounds;
mod syntax;
mod table_reader;
mod value;
mod value_kind;

pub use daemon::listener::ListenerSettings;
pub use daemon::settings::DaemonSettings;
pub(crate) use daemon::{LOCAL_FILE, SYSTEM_FILE};
pub(crate) use diagnostic::counted;
pub use diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceRange};
pub(crate) use nearest::nearest;
pub(crate) use read_error::user_name;
pub(crate) use script::script_name_error;
pub(crate) use sounds::inventory::{LibrarySound, SoundInventory};

use crate::script::definition::ScriptLibrary;
use daemon::DaemonFile;
use script::ParsedScripts;
use script::context::LoadContext;
use secrets::SecretStore;
use sounds::SoundLibrary;

/// The content of the daemon's file and of all script files.
#[derive(Debug)]
pub struct Config {
    /// The settings of the daemon's file.
    pub daemon: DaemonSettings,
    /// The scripts, and the secrets that they use.
    pub library: Arc<ScriptLibrary>,
    /// Problems that do not prevent the use of the files.
    pub warnings: ConfigWarnings,
}

impl Config {
    /// Creates the folders for cached sounds and for recordings, if a script needs them. Returns a message for each
    /// folder that could not be created.
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
    let LoadedFiles { config, errors, .. } = read(path)?;
    if errors.is_empty() { Ok(config) } else { Err(ConfigErrors::sorted(errors)) }
}

/// Lists the sound library. Errors in script files are ignored.
///
/// # Errors
///
/// All errors of the daemon's file.
pub(crate) fn inventory(path: &Path) -> Result<SoundInventory, ConfigErrors> {
    let LoadedFiles { config, sounds, errors } = read(path)?;
    let name = path.display().to_string();
    let errors: Vec<_> = errors.into_iter().filter(|error| error.file.name == name).collect();
    if errors.is_empty() {
        Ok(sounds.inventory(config.daemon.voice.format))
    } else {
        Err(ConfigErrors::sorted(errors))
    }
}

/// The path of the file of a script; `None` if it does not exist or the daemon's file can't be read.
pub(crate) fn script_file(path: &Path, script: &str) -> Option<PathBuf> {
    let folder = DaemonFile::open(path).ok()?.folders().scripts;
    Some(folder.join(format!("{script}.toml"))).filter(|file| file.is_file())
}

/// The folder of the scripts. It may not exist.
///
/// # Errors
///
/// The errors of the daemon's file that are found without reading other files.
pub(crate) fn scripts_folder(path: &Path) -> Result<PathBuf, ConfigErrors> {
    let daemon_file = DaemonFile::open(path)?;
    let folder = daemon_file.folders().scripts;
    let errors = daemon_file.into_file().into_errors();
    if errors.is_empty() { Ok(folder) } else { Err(ConfigErrors::sorted(errors)) }
}

/// The path of the control socket; `None` if the daemon's file turns it off. Only the daemon's file is read.
///
/// # Errors
///
/// The errors of the daemon's file that are found without reading other files.
pub fn control(path: &Path) -> Result<Option<PathBuf>, ConfigErrors> {
    let daemon_file = DaemonFile::open(path)?;
    let socket = daemon_file.control_socket();
    let errors = daemon_file.into_file().into_errors();
    if errors.is_empty() { Ok(socket) } else { Err(ConfigErrors::sorted(errors)) }
}

/// The result of a load. After an error, `config` has defaults in place of the invalid values.
struct LoadedFiles {
    config: Config,
    sounds: SoundLibrary,
    errors: Vec<Diagnostic>,
}

fn read(path: &Path) -> Result<LoadedFiles, ConfigErrors> {
    let daemon_file = DaemonFile::open(path)?;
    let folders = daemon_file.folders();
    let secrets = SecretStore::new(folders.secrets.clone());
    let daemon = daemon_file.settings(&secrets, &folders);
    let ParsedScripts { scripts, graph, mut errors, mut warnings } =
        ParsedScripts::read_folder(&folders.scripts);
    let context = LoadContext {
        scripts: graph,
        sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
        secrets,
        defaults: daemon.trigger_defaults,
        allows_hosts: !daemon.trigger.allow_hosts.is_empty(),
        engines: daemon_file.engine_names(),
        has_tts: daemon.voice.default_engine.is_some(),
        has_asr: daemon.voice.asr_engine.is_some(),
        serves_sounds: daemon.voice.sound_server.is_some(),
    };
    let (mut library, mut files) = script::check(scripts, &context);
    files.push(daemon_file.into_file());
    warnings.extend(context.secrets.take_warnings());
    for file in files {
        warnings.extend(file.take_warnings());
        errors.extend(file.into_errors());
    }
    library.secrets = context.secrets.into_found();
    let (library, warnings) = (Arc::new(library), ConfigWarnings::sorted(warnings));
    let config = Config { daemon, library, warnings };
    Ok(LoadedFiles { config, sounds: context.sounds, errors })
}
