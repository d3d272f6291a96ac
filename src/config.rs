//! The daemon's file and the script files.
//!
//! One file of code per TOML table: its keys, how they are read, what they mean, what is an error in them. An error stops
//! nothing: one load reports all errors of all files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

mod bounds;
mod diagnostic;
mod engine_params;
mod file;
mod folders;
mod nearest;

mod pem;
mod raw;
mod runtime_dirs;
mod script;
mod secret_file;
mod secrets;
mod settings;
mod sounds;
mod table_reader;
mod validate;
mod value;

pub use diagnostic::{ConfigErrors, ConfigWarnings, Diagnostic, SourceText};
pub use settings::{
    Cache, Config, Egress, Listener, Log, Metrics, Proxy, Server, Trigger, Upstream,
};
pub use sounds::inventory::{LibrarySound, SoundInventory};

pub(crate) use diagnostic::counted;

use file::TomlFile;
use folders::Folders;
use raw::daemon::Daemon as RawDaemon;
use script::ReadScripts;
use script::context::{LoadContext, TriggerDefaults};
use secrets::SecretStore;
use sounds::SoundLibrary;
use validate::daemon;
use validate::engine::Engines;
use validate::upstream::Upstreams;
use validate::watch;

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
        Ok(sounds.inventory(config.voice.format))
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
    let file = open(path)?;
    let raw = table_reader::parse(&file, &[], RawDaemon::read);
    let socket = watch::control(&file, path, &raw.control);
    let errors = file.into_errors();
    if errors.is_empty() { Ok(socket) } else { Err(ConfigErrors::sorted(errors)) }
}

fn open(path: &Path) -> Result<TomlFile, ConfigErrors> {
    let help = "create it (it may be empty), or name another file";
    TomlFile::open(path, help).map_err(|error| ConfigErrors::sorted(vec![error]))
}

/// What could be made of all files, and the errors in them.
struct Loaded {
    config: Config,
    sounds: SoundLibrary,
    errors: Vec<Diagnostic>,
}

fn read(path: &Path) -> Result<Loaded, ConfigErrors> {
    let file = open(path)?;
    let raw = table_reader::parse(&file, &[], RawDaemon::read);
    let folders = Folders::of(path, &file, &raw.folders);
    let secrets = SecretStore::new(folders.secrets.clone());
    let config = config((&file, path), &secrets, &raw, &folders);
    let ReadScripts { scripts, graph, mut errors } = ReadScripts::of_folder(&folders.scripts);
    let context = LoadContext {
        scripts: graph,
        sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
        secrets,
        defaults: TriggerDefaults {
            timeout: config.trigger.timeout,
            retry: config.trigger.retry,
            music_after: config.trigger.music_after,
        },
        allows_hosts: !config.egress.allow_hosts.is_empty(),
        engines: raw.speech.engines.iter().map(|(name, _)| name.get_ref().clone()).collect(),
        has_tts: config.voice.say.is_some(),
        has_asr: config.voice.listen.is_some(),
    };
    let (mut library, mut files) = script::check(scripts, &context);
    files.push(file);
    let mut warnings = context.secrets.take_warnings();
    for file in files {
        warnings.extend(file.take_warnings());
        errors.extend(file.into_errors());
    }
    library.secrets = context.secrets.into_found();
    let (library, warnings) = (Arc::new(library), ConfigWarnings::sorted(warnings));
    Ok(Loaded { config: Config { library, warnings, ..config }, sounds: context.sounds, errors })
}

/// The daemon's file alone.
fn config(
    (file, path): (&TomlFile, &Path),
    secrets: &SecretStore,
    raw: &RawDaemon,
    folders: &Folders,
) -> Config {
    let engines = Engines { file, secrets };
    let trigger = daemon::trigger(file, secrets, &raw.trigger);
    let home = path.parent().unwrap_or(Path::new(""));
    let upstreams = Upstreams { file, secrets, home };
    Config {
        asterisk: daemon::listener(file, &raw.asterisk, daemon::ASTERISK_PORT),
        environment_timeout: daemon::environment_timeout(file, &raw.asterisk),
        freeswitch: daemon::listener(file, &raw.freeswitch, daemon::FREESWITCH_PORT),
        server: daemon::server(file, &raw.server),
        breaker: daemon::breaker(file, &raw.breaker),
        cache: validate::cache::cache(file, secrets, &raw.cache),
        upstreams: upstreams.all(&raw.upstreams, &trigger),
        egress: daemon::egress(&raw.egress),
        log: daemon::log(&raw.log),
        metrics: raw.metrics.as_ref().and_then(|metrics| watch::metrics(file, metrics)),
        control: watch::control(file, path, &raw.control),
        voice: validate::voice::settings(engines, raw, folders),
        trigger,
        library: Arc::default(),
        warnings: ConfigWarnings::default(),
    }
}
