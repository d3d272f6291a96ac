//! How a running daemon is looked into: its control socket, and its counts.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::daemon::{list, loopback};
use crate::config::file::File;
use crate::config::folders::systemds;
use crate::config::raw::daemon as raw;
use crate::config::settings::Metrics;
use crate::control::socket::{MAX_SOCKET_PATH_BYTES, SOCKET_FILE_NAME};

/// The control socket: where systemd wants what lives as long as the daemon, else beside the daemon's file.
pub(crate) fn control(file: &File, path: &Path, raw: &raw::Control) -> Option<PathBuf> {
    let home = path.parent().unwrap_or(Path::new(""));
    let Some(given) = &raw.socket else {
        let folder = systemds("RUNTIME_DIRECTORY");
        return Some(folder.as_deref().unwrap_or(home).join(SOCKET_FILE_NAME));
    };
    if given.get_ref().is_empty() {
        return None;
    }
    let socket = home.join(given.get_ref());
    if socket.as_os_str().as_bytes().len() > MAX_SOCKET_PATH_BYTES {
        let what = format!("the path of a socket has at most {MAX_SOCKET_PATH_BYTES} bytes");
        let help = "name a shorter one, such as \"/run/dialscript/control.sock\"";
        file.fault_help(given.span(), what, help);
    }
    Some(socket)
}

pub(crate) fn metrics(file: &File, raw: &raw::Metrics) -> Option<Metrics> {
    let listen = raw.listen.as_ref()?.get_ref().0;
    match &raw.allow {
        Some(allow) if allow.get_ref().is_empty() => {
            let help = "name the address of your Prometheus, such as \"10.0.0.9\"";
            file.fault_help(allow.span(), "nobody could read the metrics", help);
        }
        None if !listen.ip().is_loopback() => {
            let help = "add `allow = [...]` with the address of your Prometheus";
            file.fault_help(raw.span.clone(), "nothing says who may read the metrics", help);
        }
        _ => {}
    }
    Some(Metrics { listen, allow: list(raw.allow.as_ref()).unwrap_or_else(loopback) })
}
