//! The socket's file: nobody else gets at it, one that nobody listens on is replaced, and ours goes with us.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::listener::LocalListener;

/// What the file is called where nobody names it.
pub const SOCKET_FILE_NAME: &str = "control.sock";
/// Most bytes of its path; Linux has 108 for it, with the NUL.
pub const MAX_SOCKET_PATH_BYTES: usize = 107;

/// For a daemon that is there to take a connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum ControlSocketError {
    /// The path is no socket's.
    #[error(
        "the path of a socket has at most {MAX_SOCKET_PATH_BYTES} bytes: name a shorter one by `[control] socket`"
    )]
    PathTooLong,
    /// Another daemon answers there.
    #[error("another daemon listens there: name another one by `[control] socket`")]
    InUse,
    /// Something else has this name.
    #[error(
        "there is a file of this name that is no socket: name another one by `[control] socket`"
    )]
    NotASocket,
    /// The system says no.
    #[error("{0}: name a folder that the daemon may write in by `[control] socket`")]
    Io(#[from] io::Error),
}

/// The listening control socket. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    pub(super) listener: LocalListener,
    pub(super) file: SocketFile,
}

/// The file of our socket, removed on drop unless another daemon has replaced it.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    file_id: (u64, u64),
}

impl ControlSocket {
    /// Opens it. At no moment can anybody else connect: it is bound in a folder of its own that only we can look into,
    /// and moved when it has its mode.
    ///
    /// # Errors
    ///
    /// When another daemon listens there, or a socket can't be there.
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
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if file_id(&self.path).is_ok_and(|file| file == self.file_id) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Whether the path is free, or has a socket that nobody listens on.
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
        // Also where it has no place for a connection now.
        Ok(_) | Err(_) => Err(ControlSocketError::InUse),
    }
}

/// With a name that makes no path longer than [`NAME`] does.
fn private_folder(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}", std::process::id()))
}

/// What a process of our number has left behind is in the way.
fn create_folder(folder: &Path) -> io::Result<()> {
    remove_folder(folder);
    DirBuilder::new().mode(0o700).create(folder)
}

fn remove_folder(folder: &Path) {
    drop(fs::remove_file(folder.join("s")));
    drop(fs::remove_dir(folder));
}

fn bind_and_move(here: &Path, path: &Path) -> Result<ControlSocket, ControlSocketError> {
    let socket = UnixListener::bind(here)?;
    fs::set_permissions(here, Permissions::from_mode(0o600))?;
    let file_id = file_id(here)?;
    fs::rename(here, path)?;
    Ok(ControlSocket {
        listener: LocalListener { name: "[control]", socket },
        file: SocketFile { path: path.to_owned(), file_id },
    })
}

fn file_id(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}
