//! The daemon's file and the script files: what was typed, read into what it means.
//!
//! Each file is TOML, taken apart table by table (`section`) into values of the right kind (`raw`), which are then
//! checked against each other (`validate`). A fault stops nothing: all faults of all files are told at once.

use std::path::Path;
use std::sync::Arc;

mod bounds;
mod chain;
mod fault;
mod file;
mod folders;
mod nearest;
mod payload;
mod raw;
mod secrets;
mod section;
mod settings;
mod sounds;
mod validate;

pub use fault::{Fault, Faults, Source};
pub use settings::{Cache, Config, Egress, Listener, Log, Server, Trigger};
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
use validate::scope::{Scope, World};

use crate::script::definition::Library;
use crate::voice;

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

/// What could be made of all files, and what is wrong with them.
fn read(path: &Path) -> Result<(Config, SoundLibrary, Vec<Fault>), Faults> {
    let help = "create it (it may be empty), or name another file";
    let file = File::open(path, help).map_err(|fault| Faults::sorted(vec![fault]))?;
    let raw = file.parse(&[], RawDaemon::read);
    let folders = Folders::of(path, &file, &raw.folders);
    let voice = validate::voice::settings(&folders);
    let scripts = Opened::all(&folders.scripts);
    let mut world = World {
        chains: scripts.chains,
        sounds: SoundLibrary::scan(folders.sounds, folders.sounds_on_switch),
        secrets: SecretStore::new(folders.secrets),
        trigger: daemon::trigger(&file, &raw.trigger),
        egress: daemon::egress(&raw.egress),
    };
    let mut faults = scripts.faults;
    let library = library(scripts.opened, &world, &mut faults);
    let sounds = std::mem::take(&mut world.sounds);
    let config = config(&file, &raw, world, (library, voice));
    faults.extend(file.into_faults());
    Ok((config, sounds, faults))
}

fn config(
    file: &File,
    raw: &RawDaemon,
    world: World,
    (mut library, voice): (Library, voice::settings::Settings),
) -> Config {
    library.secrets = world.secrets.into_found();
    Config {
        asterisk: daemon::listener(file, &raw.asterisk, daemon::ASTERISK_PORT),
        environment_timeout: daemon::environment_timeout(file, &raw.asterisk),
        freeswitch: daemon::listener(file, &raw.freeswitch, daemon::FREESWITCH_PORT),
        server: daemon::server(file, &raw.server),
        trigger: world.trigger,
        cache: daemon::cache(file, &raw.cache),
        egress: world.egress,
        log: daemon::log(&raw.log),
        voice,
        library: Arc::new(library),
    }
}

fn library(opened: Vec<Opened>, world: &World, faults: &mut Vec<Fault>) -> Library {
    let mut library = Library::default();
    for Opened { name, file, raw } in opened {
        let script = Scope::new(world, &file, &name, &raw).definition();
        library.scripts.insert(name, Arc::new(script));
        faults.extend(file.into_faults());
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
