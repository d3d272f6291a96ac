//! Reads and checks the daemon's file and the script files.
//!
//! Each TOML table has a module with its keys, their bounds and defaults, and their checks. An error does not stop the
//! checks: one load reports all errors of all files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod bounds;
mod daemon;
mod diagnostic;
mod engine_params;
mod file;
mod foreign_keys;
mod last_valid;
mod nearest;
mod pem;
mod read_error;
pub(crate) mod regular_file;
mod runtime_dirs;
mod script;
mod secret_file;
mod secrets;
mod sounds;
mod source_text;
mod syntax;
mod table_reader;
mod value;

pub use daemon::listener::ListenerSettings;
pub use daemon::settings::DaemonSettings;
pub(crate) use daemon::{LOCAL_FILE, SYSTEM_FILE};
pub(crate) use diagnostic::counted;
pub use diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceRange};
pub(crate) use nearest::nearest;
pub(crate) use script::script_name_error;
pub(crate) use sounds::inventory::{LibrarySound, SoundInventory};

use crate::script::definition::ScriptLibrary;
use daemon::DaemonFile;
use diagnostic::SourceText;
use last_valid::{LastValidFolder, ValidFiles};
use script::context::LoadContext;
use script::selection::{SelectedScripts, select};
use script::sources::ScriptSources;
use script::{CheckedScript, IncompleteFiles, ParsedScripts, ScriptGraph};
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
    valid_files: Arc<ValidFiles>,
}

/// A configuration that can be served although script files have errors.
#[derive(Debug)]
pub struct ServableConfig {
    /// The library has the valid scripts, and says why others are excluded.
    pub config: Config,
    /// All errors of the script files that are not served.
    pub errors: ConfigErrors,
    /// Why the last valid version of a script serves in place of its file, by script.
    pub replaced: BTreeMap<String, String>,
}

impl From<Config> for ServableConfig {
    /// The files of this configuration have no errors.
    fn from(config: Config) -> Self {
        Self { config, errors: ConfigErrors::default(), replaced: BTreeMap::new() }
    }
}

impl Config {
    /// Creates the folders for cached sounds and for recordings, if a script needs them. Returns a message for each
    /// folder that could not be created.
    pub fn create_folders(&self) -> Vec<String> {
        runtime_dirs::create(&self.daemon.voice, &self.library)
    }

    /// Stores copies of the served script files, which [`load_valid`] uses while a file is faulty. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Why that is not possible, and what to do.
    pub fn store_valid_files(&self) -> impl FnOnce() -> Result<(), String> + Send + use<> {
        let files = self.valid_files.clone();
        move || files.store()
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

/// Reads the daemon's file and all scripts. Scripts with errors are excluded, and those that can lead to them, unless
/// their last valid versions can serve.
///
/// # Errors
///
/// All errors of all files, if the daemon's file has one or the scripts folder can't be read.
pub fn load_valid(path: &Path) -> Result<ServableConfig, ConfigErrors> {
    let mut opened = OpenedFiles::open(path)?;
    let copies = opened.copies();
    let selected = select(&opened.sources, copies.as_ref(), &mut opened.context);
    let SelectedScripts { library, errors, warnings, replaced, served } = selected;
    let has_errors =
        opened.sources.folder_error.is_some() || opened.daemon_file.file().has_errors();
    let errors = ConfigErrors::sorted(errors);
    let LoadedFiles { config, errors: other_errors, .. } = opened.close(library, warnings, served);
    if has_errors {
        let all = errors.iter().cloned().chain(other_errors);
        return Err(ConfigErrors::sorted(all.collect()));
    }
    Ok(ServableConfig { config, errors, replaced })
}

/// Reads the daemon's file and all scripts. With errors, the library has all scripts all the same.
fn read(path: &Path) -> Result<LoadedFiles, ConfigErrors> {
    let mut opened = OpenedFiles::open(path)?;
    let ScriptSources { texts, name_errors, .. } = &opened.sources;
    let mut errors: Vec<_> = name_errors.values().cloned().collect();
    errors.extend(texts.values().filter_map(|text| text.as_ref().err()).cloned());
    let readable = || texts.iter().map(|(name, text)| (name.as_str(), text.as_ref().ok()));
    let parsed = ParsedScripts::parse(readable(), IncompleteFiles::AsRead);
    let served = readable().filter_map(|(name, text)| Some((name.to_owned(), text?.clone())));
    let served = served.collect();
    let (mut library, mut warnings) = (ScriptLibrary::default(), Vec::new());
    for CheckedScript { script, file } in script::check(parsed, &mut opened.context) {
        library.scripts.insert(script.name.clone(), Arc::new(script));
        warnings.extend(file.take_warnings());
        errors.extend(file.into_errors());
    }
    let mut loaded = opened.close(library, warnings, served);
    loaded.errors.extend(errors);
    Ok(loaded)
}

/// The daemon's file after its checks, and the scripts before theirs.
struct OpenedFiles {
    daemon_file: DaemonFile,
    daemon: DaemonSettings,
    state: PathBuf,
    sources: ScriptSources,
    context: LoadContext,
}

impl OpenedFiles {
    fn open(path: &Path) -> Result<Self, ConfigErrors> {
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
            has_tts: daemon.voice.default_engine.is_some(),
            has_asr: daemon.voice.asr_engine.is_some(),
            serves_sounds: daemon.voice.sound_server.is_some(),
        };
        Ok(Self { daemon_file, daemon, state: folders.state, sources, context })
    }

    /// The copies of valid script files; `None` if the daemon's file turns them off.
    fn copies(&self) -> Option<LastValidFolder> {
        self.daemon_file.serves_last_valid().then(|| LastValidFolder::new(&self.state))
    }

    /// The configuration with these scripts, and the errors that do not belong to a script.
    fn close(
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
