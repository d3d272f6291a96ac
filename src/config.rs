//! The daemon's file and the script files: what was typed, read into what it means.
//!
//! Each file is TOML, taken apart table by table (`section`) into values of the right kind (`raw`), which are then
//! checked against each other (`validate`). A fault stops nothing: all faults of all files are told at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

mod beside;
mod bounds;
mod chain;
mod fault;
mod file;
mod folders;
mod made;
mod nearest;
mod payload;
mod pem;
mod raw;
mod secrets;
mod section;
mod settings;
mod sounds;
mod validate;

pub use fault::{Fault, Faults, Source, Warnings};
pub use settings::{
    Cache, Config, Egress, Listener, Log, Metrics, Proxy, Server, Trigger, Upstream,
};
pub use sounds::inventory::{Inventory, Listed};

pub(crate) use fault::counted;

use chain::Chains;
use file::File;
use folders::{Folders, Found};
use raw::daemon::Daemon as RawDaemon;
use raw::script::Script as RawScript;
use secrets::SecretStore;
use sounds::SoundLibrary;
use validate::daemon;
use validate::engine::Engines;
use validate::scope::{Scope, World};
use validate::upstream::Upstreams;
use validate::watch;

use crate::script::definition::ScriptLibrary;

/// Reads the daemon's file and all scripts.
///
/// # Errors
///
/// Every fault of every file.
pub fn load(path: &Path) -> Result<Config, Faults> {
    let (config, _, faults) = read(path)?;
    if faults.is_empty() { Ok(config) } else { Err(Faults::sorted(faults)) }
}

/// Lists the library of sounds; what is wrong with scripts does not matter.
///
/// # Errors
///
/// Every fault of the daemon's file.
pub fn inventory(path: &Path) -> Result<Inventory, Faults> {
    let (config, sounds, faults) = read(path)?;
    let name = path.display().to_string();
    let faults: Vec<_> = faults.into_iter().filter(|fault| fault.file.name == name).collect();
    if faults.is_empty() {
        Ok(sounds.inventory(config.voice.format))
    } else {
        Err(Faults::sorted(faults))
    }
}

/// The control socket of a daemon with this file, where it has one; what is wrong with scripts does not matter.
///
/// # Errors
///
/// Every fault of the daemon's file that stands out without any other file.
pub fn control(path: &Path) -> Result<Option<PathBuf>, Faults> {
    let file = open(path)?;
    let raw = file.parse(&[], RawDaemon::read);
    let socket = watch::control(&file, path, &raw.control);
    let faults = file.into_faults();
    if faults.is_empty() { Ok(socket) } else { Err(Faults::sorted(faults)) }
}

fn open(path: &Path) -> Result<File, Faults> {
    let help = "create it (it may be empty), or name another file";
    File::open(path, help).map_err(|fault| Faults::sorted(vec![fault]))
}

/// What could be made of all files, and what is wrong with them.
fn read(path: &Path) -> Result<(Config, SoundLibrary, Vec<Fault>), Faults> {
    let file = open(path)?;
    let raw = file.parse(&[], RawDaemon::read);
    let folders = Folders::of(path, &file, &raw.folders);
    let secrets = SecretStore::new(folders.secrets.clone());
    let engines = Engines { file: &file, secrets: &secrets };
    let voice = validate::voice::settings(engines, &raw, &folders);
    let trigger = daemon::trigger(&file, &secrets, &raw.trigger);
    let home = path.parent().unwrap_or(Path::new(""));
    let upstreams = Upstreams { file: &file, secrets: &secrets, home };
    let upstreams = upstreams.all(&raw.upstreams, &trigger);
    let scripts = Opened::all(&folders.scripts);
    let mut world = World {
        chains: scripts.chains,
        sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
        secrets,
        trigger,
        egress: daemon::egress(&raw.egress),
        voice,
        engines: raw.speech.engines.iter().map(|(name, _)| name.get_ref().clone()).collect(),
    };
    let mut found = FaultsAndWarnings { faults: scripts.faults, warnings: Vec::new() };
    let library = library(scripts.opened, &world, &mut found);
    let sounds = std::mem::take(&mut world.sounds);
    found.warnings.extend(world.secrets.take_warnings());
    let config = config((&file, path), &raw, world, library);
    found.add(file);
    let warnings = Warnings::sorted(found.warnings);
    Ok((Config { upstreams, warnings, ..config }, sounds, found.faults))
}

#[derive(Default)]
struct FaultsAndWarnings {
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl FaultsAndWarnings {
    fn add(&mut self, file: File) {
        self.warnings.extend(file.take_warnings());
        self.faults.extend(file.into_faults());
    }
}

fn config(
    (file, path): (&File, &Path),
    raw: &RawDaemon,
    world: World,
    mut library: ScriptLibrary,
) -> Config {
    let cache = validate::cache::cache(file, &world.secrets, &raw.cache);
    library.secrets = world.secrets.into_found();
    Config {
        asterisk: daemon::listener(file, &raw.asterisk, daemon::ASTERISK_PORT),
        environment_timeout: daemon::environment_timeout(file, &raw.asterisk),
        freeswitch: daemon::listener(file, &raw.freeswitch, daemon::FREESWITCH_PORT),
        server: daemon::server(file, &raw.server),
        trigger: world.trigger,
        breaker: daemon::breaker(file, &raw.breaker),
        cache,
        upstreams: Vec::new(),
        egress: world.egress,
        log: daemon::log(&raw.log),
        metrics: raw.metrics.as_ref().and_then(|metrics| watch::metrics(file, metrics)),
        control: watch::control(file, path, &raw.control),
        voice: world.voice,
        library: Arc::new(library),
        warnings: Warnings::default(),
    }
}

fn library(opened: Vec<Opened>, world: &World, found: &mut FaultsAndWarnings) -> ScriptLibrary {
    let mut library = ScriptLibrary::default();
    for Opened { name, file, raw } in opened {
        let script = Scope::new(world, &file, &name, &raw).definition();
        library.scripts.insert(name, Arc::new(script));
        found.add(file);
    }
    library
}

/// A script file that was read.
struct Opened {
    name: String,
    file: File,
    raw: RawScript,
}

/// All script files, and what can be said before any is checked.
#[derive(Default)]
struct AllOpened {
    opened: Vec<Opened>,
    chains: Chains,
    faults: Vec<Fault>,
}

impl Opened {
    fn all(folder: &Path) -> AllOpened {
        let Found { scripts, faults } = folders::scripts(folder);
        let mut all = AllOpened { faults, ..AllOpened::default() };
        for (name, path) in scripts {
            match File::open(&path, "let this user read it") {
                Ok(file) => all.add(name, file),
                Err(fault) => {
                    all.chains.add_unreadable(&name);
                    all.faults.push(fault);
                }
            }
        }
        all
    }
}

impl AllOpened {
    fn add(&mut self, name: String, file: File) {
        let raw = file.parse(raw::script::HOMES, RawScript::read);
        self.chains.add(&name, &raw);
        self.opened.push(Opened { name, file, raw });
    }
}
