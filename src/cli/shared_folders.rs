//! The folders that the daemon shares with a switch on this host.

use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::channel::Sound;
use crate::config::{Config, ListenerSettings};
use crate::file_access::explain::{explain_for_known_switch, explain_for_switch};
use crate::file_access::{AccessExplanation, FileNeed};
use crate::script::definition::{PromptPart, Script};
use crate::voice::settings::FolderPaths;

pub(super) struct SharedFolder {
    /// The key in `[folders]`.
    pub(super) key: &'static str,
    pub(super) path: PathBuf,
    /// What the switch must be able to do in it.
    pub(super) need: FileNeed,
}

/// The folders that exist and that scripts use. A folder that has another path on the switch is left out: that switch
/// is on another host, or in a container. With a sound server, the switch needs no access to sounds.
pub(super) fn shared_folders(config: &Config) -> Vec<SharedFolder> {
    let voice = &config.daemon.voice;
    let scripts = || config.library.scripts.values();
    let plays_files = voice.sound_server.is_none();
    let uses_cache = scripts().any(|script| has_part(script, is_made_by_daemon));
    let uses_library = scripts().any(|script| has_part(script, is_in_library));
    let records = scripts().any(|script| script.speech.is_some());
    let folders = [
        ("cache", &voice.cache_folder, FileNeed::Enter, uses_cache && plays_files),
        ("sounds", &voice.library_folder, FileNeed::Enter, uses_library && plays_files),
        ("recordings", &voice.recordings_folder, FileNeed::Write, records),
    ];
    let used = folders.into_iter().filter(|(_, paths, _, is_used)| *is_used && is_here(paths));
    used.map(|(key, paths, need, _)| SharedFolder { key, path: paths.local.clone(), need })
        .collect()
}

fn is_here(paths: &FolderPaths) -> bool {
    paths.local == paths.on_switch && Path::is_dir(&paths.local)
}

fn has_part(script: &Script, is_wanted: impl Fn(&PromptPart) -> bool) -> bool {
    script.playlists().flat_map(|playlist| &playlist.parts).any(is_wanted)
}

fn is_made_by_daemon(part: &PromptPart) -> bool {
    !matches!(part, PromptPart::Recorded(_))
}

/// Sounds that are installed on the switch have names, not files.
fn is_in_library(part: &PromptPart) -> bool {
    let PromptPart::Recorded(sounds) = part else { return false };
    let lists = sounds.by_language.values().chain([&sounds.default]);
    lists.flat_map(|list| list.iter()).any(|sound| matches!(sound, Sound::File(_)))
}

/// The folders that a switch on this host can't use. A switch that can only be on another host is left out. If nothing
/// is known about a switch, and `for_unknown` is set, folders count that only the daemon's own user can use.
pub(super) fn unusable_folders(
    config: &Config,
    for_unknown: bool,
) -> Vec<(PathBuf, AccessExplanation)> {
    let daemon = &config.daemon;
    let listeners = [("asterisk", &daemon.asterisk), ("freeswitch", &daemon.freeswitch)];
    let switches = listeners.into_iter().filter(|(_, listener)| is_local(listener));
    let folders = shared_folders(config);
    let mut unusable: Vec<(PathBuf, AccessExplanation)> = Vec::new();
    for (switch, _) in switches {
        for folder in &folders {
            let denied = match for_unknown {
                true => explain_for_switch(switch, &folder.path, folder.need),
                false => explain_for_known_switch(switch, &folder.path, folder.need),
            };
            // Of two switches that may be here, usually one is installed: what both can't use counts once.
            let is_new = |denied: &AccessExplanation| {
                unusable.iter().all(|(_, known)| known.reason != denied.reason)
            };
            if let Some(denied) = denied.filter(is_new) {
                unusable.push((folder.path.clone(), denied));
            }
        }
    }
    unusable
}

/// Whether a switch on this host may connect.
fn is_local(listener: &ListenerSettings) -> bool {
    let is_local = |network: &IpNet| network.addr().is_loopback() || network.prefix_len() == 0;
    !listener.listen.is_empty() && listener.allow.iter().any(is_local)
}
