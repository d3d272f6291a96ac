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

pub(crate) use fault::counted;

use file::File;
use folders::{Folders, Found};
use raw::script::Script as RawScript;
use secrets::SecretStore;
use sounds::SoundLibrary;
use validate::daemon;
use validate::scope::{Scope, World};

use crate::script::definition::{Library, Script};

/// Reads the daemon's file and all scripts.
///
/// # Errors
///
/// Every fault of every file.
pub fn load(path: &Path) -> Result<Config, Faults> {
    let help = "create it (it may be empty), or name another file";
    let file = File::open(path, help).map_err(|fault| Faults::sorted(vec![fault]))?;
    let raw = file.parse(raw::daemon::Daemon::read);
    let folders = Folders::of(path, &file, &raw.folders);
    let trigger = daemon::trigger(&file, &raw.trigger);
    let egress = daemon::egress(&raw.egress);
    let sounds = SoundLibrary::scan(folders.sounds.clone(), folders.sounds_on_switch.clone());
    let secrets = SecretStore::new(folders.secrets.clone());
    let world = World {
        chains: chain::Chains::default(),
        sounds,
        secrets,
        trigger: trigger.clone(),
        egress: egress.clone(),
    };
    let (library, mut faults) = scripts(&folders.scripts, world);
    let config = Config {
        asterisk: daemon::listener(&file, &raw.asterisk, daemon::ASTERISK_PORT),
        environment_timeout: daemon::environment_timeout(&file, &raw.asterisk),
        freeswitch: daemon::listener(&file, &raw.freeswitch, daemon::FREESWITCH_PORT),
        server: daemon::server(&file, &raw.server),
        trigger,
        cache: daemon::cache(&file, &raw.cache),
        egress,
        log: daemon::log(&raw.log),
        library: Arc::new(library),
    };
    faults.extend(file.into_faults());
    if faults.is_empty() { Ok(config) } else { Err(Faults::sorted(faults)) }
}

/// A script file that was read, and its name.
struct Opened {
    name: String,
    file: File,
    raw: RawScript,
}

fn scripts(folder: &Path, mut world: World) -> (Library, Vec<Fault>) {
    let Found { scripts, mut faults } = folders::scripts(folder);
    let mut opened = Vec::new();
    for (name, path) in scripts {
        match File::open(&path, "let this user read it") {
            Ok(file) => {
                let raw = file.parse(RawScript::read);
                world.chains.add(&name, &raw);
                opened.push(Opened { name, file, raw });
            }
            Err(fault) => {
                world.chains.add_unreadable(&name);
                faults.push(fault);
            }
        }
    }
    let mut library = Library::default();
    for Opened { name, file, raw } in opened {
        let scope = Scope { world: &world, file: &file, name: &name, raw: &raw };
        let script: Script = scope.definition();
        library.scripts.insert(name, Arc::new(script));
        faults.extend(file.into_faults());
    }
    library.secrets = world.secrets.into_found();
    (library, faults)
}
