//! The file of the control socket. Other users can never access it, not even while it is created. A file left by a
//! daemon that no longer runs is replaced. The file is removed when the daemon stops.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::listener::LocalListener;

/// The default name of the file.
pub(crate) const SOCKET_FILE_NAME: &str = "control.sock";
/// The maximum length of the path of a socket, in bytes. Linux reserves 108 (`sun_path`), with the terminating NUL.
pub(crate) const MAX_SOCKET_PATH_BYTES: usize = 107;

/// How long another daemon may take to accept a connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the control socket can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ControlSocketError {
    /// The path is too long for a socket.
    #[error(
        "socket path is longer than {MAX_SOCKET_PATH_BYTES} bytes: set a shorter one in `[control] socket`"
    )]
    PathTooLong,
    /// Another daemon listens there.
    #[error("another daemon already listens there: set another path in `[control] socket`")]
    InUse,
    /// The path is a file of another kind.
    #[error("the path exists and is not a socket: set another path in `[control] socket`")]
    NotASocket,
    /// An error of the system.
    #[error("{0}: set a path in a writable folder in `[control] socket`")]
    Io(#[from] io::Error),
}

/// The listening control socket. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    pub(super) listener: LocalListener,
    /// `None` if systemd owns the file.
    pub(super) file: Option<SocketFile>,
}

/// The file of our socket, removed on drop unless another daemon has replaced it.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    file_id: (u64, u64),
}

impl ControlSocket {
    /// Opens the socket. No other user can connect at any moment: it is created in a private folder, and moved to its
    /// path once its mode is set.
    ///
    /// # Errors
    ///
    /// If another daemon listens there, or the socket can't be created.
    pub async fn open(path: &Path) -> Result<Self, ControlSocketError> {
        if path.as_os_str().as_bytes().len() > MAX_SOCKET_PATH_BYTES {
            return Err(ControlSocketError::PathTooLong);
        }
        ensure_free(path).await?;
        let folder = private_folder(path);
        create_folder(&folder)?;
        let opened = bind_and_move(&folder.join("s"), path);
        remove_folder(&folder);
        opened
    }

    /// Takes over a socket of a socket unit. Its file has the mode that the unit says, and stays when this is dropped.
    ///
    /// # Errors
    ///
    /// If the socket can't be used.
    pub(crate) fn adopt(socket: net::UnixListener) -> Result<Self, ControlSocketError> {
        socket.set_nonblocking(true)?;
        let socket = UnixListener::from_std(socket)?;
        Ok(Self { listener: LocalListener { name: "[control]", socket }, file: None })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if file_id(&self.path).is_ok_and(|file| file == self.file_id) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Checks that the path is free, or is a socket that no process listens on.
async fn ensure_free(path: &Path) -> Result<(), ControlSocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(ControlSocketError::NotASocket);
        }
        Ok(_) => {}
    }
    match timeout(PROBE_TIMEOUT, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Err(error.into()),
        // A daemon listens there, even if it is slow or its backlog is full.
        Ok(_) | Err(_) => Err(ControlSocketError::InUse),
    }
}

/// A folder next to the socket. Its name is short, so that the path of the socket in it is not too long.
fn private_folder(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}", std::process::id()))
}

/// Creates the private folder. If an earlier process with the same process ID left such a folder, it is removed first.
fn create_folder(folder: &Path) -> io::Result<()> {
    remove_folder(folder);
    DirBuilder::new().mode(0o700).create(folder)
}

fn remove_folder(folder: &Path) {
    drop(fs::remove_file(folder.join("s")));
    drop(fs::remove_dir(folder));
}

fn bind_and_move(private: &Path, path: &Path) -> Result<ControlSocket, ControlSocketError> {
    let socket = UnixListener::bind(private)?;
    fs::set_permissions(private, Permissions::from_mode(0o600))?;
    let file_id = file_id(private)?;
    fs::rename(private, path)?;
    Ok(ControlSocket {
        listener: LocalListener { name: "[control]", socket },
        file: Some(SocketFile { path: path.to_owned(), file_id }),
    })
}

fn file_id(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}
