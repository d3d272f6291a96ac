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
mod last_valid;
mod loaded;
mod nearest;
mod pem;
mod read_error;
mod runtime_dirs;
pub mod schema;
mod script;
mod secret_file;
mod secrets;
mod sounds;
mod source_text;
mod syntax;
mod table_reader;
mod timezone;
mod value;
mod value_kind;

pub use daemon::listener::ListenerSettings;
pub use daemon::reload::ChangedKeys;
pub use daemon::settings::DaemonSettings;
pub(crate) use daemon::{LOCAL_FILE, PARENT_FILE, SYSTEM_FILE};
pub(crate) use diagnostic::counted;
pub use diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceRange};
pub use last_valid::ValidFiles;
pub use loaded::{Config, ServableConfig};
pub(crate) use nearest::nearest;
pub(crate) use read_error::user_name;
pub(crate) use script::script_name_error;
pub(crate) use secret_file::{closing_command, is_open_to_all};
pub(crate) use sounds::inventory::{LibrarySound, SoundInventory};

use crate::script::definition::ScriptLibrary;
use daemon::{DaemonFile, control::default_socket};
use loaded::{LoadedFiles, OpenedFiles};
use script::selection::{SelectedScripts, select};
use script::sources::ScriptSources;
use script::{CheckedScript, IncompleteFiles, ParsedScripts};

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

/// The folders of scripts and of secrets; `None` if the daemon's file can't be read.
pub(crate) fn script_and_secret_folders(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let folders = DaemonFile::open(path).ok()?.folders();
    Some((folders.scripts, folders.secrets))
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

/// Where a command finds the daemon of a configuration file.
pub struct ControlAddress {
    /// `None` if the daemon's file turns the socket off.
    pub socket: Option<PathBuf>,
    /// The errors of the daemon's file that are found without reading other files. A running daemon has read an
    /// earlier version of the file, so it can be asked all the same.
    pub errors: Option<ConfigErrors>,
}

/// The control socket that the daemon's file names. Only this file is read. If it can't be, the socket is the default.
pub fn control(path: &Path) -> ControlAddress {
    let daemon_file = match DaemonFile::open(path) {
        Ok(daemon_file) => daemon_file,
        Err(errors) => {
            let socket = default_socket(path.parent().unwrap_or(Path::new("")));
            return ControlAddress { socket: Some(socket), errors: Some(errors) };
        }
    };
    let socket = daemon_file.control_socket();
    let errors = daemon_file.into_file().into_errors();
    let errors = (!errors.is_empty()).then(|| ConfigErrors::sorted(errors));
    ControlAddress { socket, errors }
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
    let SelectedScripts { library, errors, warnings, served } = selected;
    let LoadedFiles { config, errors: other_errors, .. } = opened.close(library, warnings, served);
    if other_errors.is_empty() {
        Ok(ServableConfig { config, errors: ConfigErrors::sorted(errors) })
    } else {
        Err(ConfigErrors::sorted([errors, other_errors].concat()))
    }
}

/// Reads the daemon's file and all scripts. With errors, the library has all scripts all the same.
fn read(path: &Path) -> Result<LoadedFiles, ConfigErrors> {
    let mut opened = OpenedFiles::open(path)?;
    let ScriptSources { texts, name_errors, .. } = &opened.sources;
    let mut errors: Vec<_> = name_errors.values().cloned().collect();
    let unreadable = texts.values().filter_map(|text| text.as_ref().err());
    errors.extend(unreadable.map(|error| (**error).clone()));
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
