//! `[control]`: the control socket of a running daemon.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use super::folders::systemd_folder;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::control::socket::{MAX_SOCKET_PATH_BYTES, SOCKET_FILE_NAME};

#[derive(Debug, Default)]
pub(crate) struct ControlTable {
    socket: Option<Spanned<String>>,
}

impl ControlTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self { socket: table.take("socket") }
    }

    /// The path of the socket; `None` if the daemon's file turns it off. `folder` is the folder of that file.
    pub(crate) fn socket(&self, file: &TomlFile, folder: &Path) -> Option<PathBuf> {
        let Some(given) = &self.socket else {
            return Some(default_socket(folder));
        };
        if given.get_ref().is_empty() {
            return None;
        }
        let socket = folder.join(given.get_ref());
        if socket.as_os_str().as_bytes().len() > MAX_SOCKET_PATH_BYTES {
            let message =
                format!("the path of a socket can have at most {MAX_SOCKET_PATH_BYTES} bytes");
            let help = "write a shorter path, such as \"/run/dialscript/control.sock\"";
            file.error_with_help(given.span(), message, help);
        }
        // The parent of a name alone is the empty path.
        let parent = socket.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            let message = format!("the folder `{}` does not exist", parent.display());
            let help = "create it before the daemon starts; systemd creates the one of `RuntimeDirectory=`";
            file.warn(given.span(), message, help);
        }
        Some(socket)
    }
}

/// In the runtime directory that systemd created. If there is none, in the folder of the daemon's file.
pub(crate) fn default_socket(folder: &Path) -> PathBuf {
    let runtime = systemd_folder("RUNTIME_DIRECTORY");
    runtime.as_deref().unwrap_or(folder).join(SOCKET_FILE_NAME)
}
