//! The connection of a command to the control socket of the running daemon.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::check::print_diagnostics;
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::{escape_control, print_error};
use crate::config::{self, ConfigErrors, ControlAddress};
use crate::control::client::{ControlClientError, send_request};
use crate::control::protocol::{ControlReply, ControlRequest};
use crate::control::socket::SOCKET_FILE_NAME;

/// The socket of a daemon that systemd starts with dialplan/systemd/dialscript.service. The daemon finds this default
/// in the variable `RUNTIME_DIRECTORY`, which is not set in a shell.
const SYSTEMD_SOCKET: &str = "/run/dialscript/control.sock";

/// The options that name the daemon.
#[derive(Debug, Args)]
pub(super) struct DaemonArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Control socket of the daemon [default: from the configuration file]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Where the daemon may listen.
pub(super) struct ControlConnection {
    /// In the order in which they are tried.
    sockets: Vec<PathBuf>,
    /// The errors of the configuration file. They are printed if no daemon listens: a running daemon has read an
    /// earlier version of the file, and `status --health` must not report it as dead.
    errors: Option<ConfigErrors>,
}

impl DaemonArgs {
    /// Sends a request and reads its replies. An error is printed.
    pub(super) fn send_request(
        self,
        request: &ControlRequest,
    ) -> Result<Vec<ControlReply>, ExitCode> {
        let connection = self.connection()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| print_error(&error.to_string()))?;
        runtime.block_on(connection.send(request)).map_err(|reason| print_error(&reason))
    }

    /// Finds out where the daemon may listen. Does not connect. An error is printed.
    pub(super) fn connection(self) -> Result<ControlConnection, ExitCode> {
        if let Some(socket) = self.socket {
            return Ok(ControlConnection { sockets: vec![socket], errors: None });
        }
        let file = self.config.resolve_path();
        let ControlAddress { socket, errors } = config::control(&file);
        let Some(configured) = socket else {
            let file = file.display();
            return Err(print_error(&format!(
                "`[control] socket` is empty in {file}: the daemon has no control socket"
            )));
        };
        // If the file names its socket, a daemon that listens elsewhere has other files: it must not be asked.
        let is_default = configured == file.with_file_name(SOCKET_FILE_NAME);
        let of_unit = is_default.then(|| PathBuf::from(SYSTEMD_SOCKET));
        let sockets = [configured].into_iter().chain(of_unit).collect();
        Ok(ControlConnection { sockets, errors })
    }
}

impl ControlConnection {
    /// Sends a request to the first socket that a daemon listens on, and reads the replies.
    ///
    /// # Errors
    ///
    /// A message for the user. If no daemon listens, the errors of the configuration file are printed too.
    pub(super) async fn send(&self, request: &ControlRequest) -> Result<Vec<ControlReply>, String> {
        for socket in &self.sockets {
            match send_request(socket, request).await {
                Err(ControlClientError::Connect(_)) if is_other_file(socket) => {
                    return Err(format!(
                        "{} is not a socket: pass the daemon's control socket",
                        socket.display()
                    ));
                }
                Err(ControlClientError::Connect(error)) if is_not_listening(&error) => {}
                Err(ControlClientError::Connect(error)) => {
                    return Err(connect_error_text(socket, &error));
                }
                Err(ControlClientError::Rejected(reason)) if is_unknown_request(&reason) => {
                    return Err("the daemon is older than this program and does not know the \
                                request: restart the daemon"
                        .to_owned());
                }
                result => return result.map_err(|error| escape_control(&error.to_string())),
            }
        }
        if let Some(errors) = &self.errors {
            print_diagnostics(errors);
        }
        let tried: Vec<_> =
            self.sockets.iter().map(|socket| socket.display().to_string()).collect();
        Err(format!(
            "no daemon listens on {}: start it with `systemctl start dialscript` or `dialscript serve`, \
             or name its file with --config or its socket with --socket",
            tried.join(" or ")
        ))
    }
}

/// Whether a daemon has rejected a request that it can't parse: see `read_request` in `control/serve.rs`.
fn is_unknown_request(reason: &str) -> bool {
    reason.starts_with("invalid request: unknown variant")
}

/// Whether there is something that is no socket.
fn is_other_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.file_type().is_socket())
}

fn is_not_listening(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn connect_error_text(path: &Path, error: &io::Error) -> String {
    let socket = path.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{socket}: {error}{}: run this with sudo, or as that user", owner_text(path))
        }
        _ => format!("{socket}: {error}"),
    }
}

/// Whose socket it is, or whose folder, if the folder hides it.
fn owner_text(socket: &Path) -> String {
    let metadata = socket.ancestors().find_map(|path| path.symlink_metadata().ok());
    let owner = metadata.map(|metadata| config::user_name(metadata.uid()));
    owner.map_or_else(String::new, |user| format!(": it belongs to the user {user}"))
}
