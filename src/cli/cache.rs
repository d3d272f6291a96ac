//! `dialscript cache`: the response cache of a running daemon.

mod explain;
mod format;
mod list;

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::check::report_failure;
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::{escape_control, print_error, print_json, print_line};
use crate::config::{self, counted};
use crate::control::client::{ControlClientError, send_request};
use crate::control::protocol::{ControlReply, ControlRequest, PurgeTarget};

/// The socket of a daemon that systemd starts with dialplan/systemd/dialscript.service. The daemon finds this default
/// in the variable `RUNTIME_DIRECTORY`, which is not set in a shell.
const SYSTEMD_SOCKET: &str = "/run/dialscript/control.sock";

#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

const EXAMPLES: &str = "\
Examples:
  dialscript cache list --script order-status
  dialscript cache explain order-status
  dialscript cache purge --all";

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// List cached answers, newest first
    List {
        /// Only those of this script
        #[arg(long, value_name = "NAME")]
        script: Option<String>,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Explain a script's cache policy and statistics, or one cached answer
    Explain {
        /// A script, or a key prefix as shown by `cache list`
        #[arg(value_name = "SCRIPT|KEY")]
        what: String,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Remove cached answers
    Purge {
        #[command(flatten)]
        which: PurgeArgs,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PurgeArgs {
    /// Remove all
    #[arg(long)]
    all: bool,
    /// Only those of this script
    #[arg(long, value_name = "NAME")]
    script: Option<String>,
    /// Key prefixes, as shown by `cache list`
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
}

#[derive(Debug, Args)]
struct DaemonArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Control socket of the daemon [default: from the configuration file]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Sends a request to the daemon and prints the replies. Exit codes: 0 success; 1 if no daemon listens, if the script
/// or the key does not exist, or if the shared cache was not purged.
pub(super) fn cache(options: CacheArgs) -> ExitCode {
    let (request, daemon, json) = match options.command {
        CacheCommand::List { script, json, daemon } => {
            (ControlRequest::List { script }, daemon, json)
        }
        CacheCommand::Explain { what, daemon } => (ControlRequest::Explain { what }, daemon, false),
        CacheCommand::Purge { which, daemon } => {
            (ControlRequest::Purge(which.into()), daemon, false)
        }
    };
    match daemon.send_request(&request) {
        Ok(replies) if json => replies.iter().for_each(print_json),
        Ok(replies) => {
            print_replies(&request, &replies);
            if let Some(error) = replies.iter().find_map(shared_purge_error) {
                return print_error(error);
            }
        }
        Err(code) => return code,
    }
    ExitCode::SUCCESS
}

/// The error, if the answers could not be removed from the shared cache. Calls could get them from there again.
fn shared_purge_error(reply: &ControlReply) -> Option<&str> {
    match reply {
        ControlReply::SharedPurge(error) => error.as_deref(),
        _ => None,
    }
}

fn print_replies(request: &ControlRequest, replies: &[ControlReply]) {
    match request {
        ControlRequest::List { .. } => list::print_list(replies),
        ControlRequest::Explain { .. } => explain::print_explanation(replies),
        ControlRequest::Purge(_) => replies.iter().for_each(|reply| match reply {
            ControlReply::Purged(number) => {
                print_line(&format!("{} removed", counted(*number, "cached answer")));
            }
            ControlReply::SharedPurge(None) => {
                print_line(
                    "removed from the shared cache too; other daemons may still hold copies",
                );
            }
            _ => {}
        }),
    }
}

impl From<PurgeArgs> for PurgeTarget {
    fn from(which: PurgeArgs) -> Self {
        match which {
            PurgeArgs { script: Some(script), .. } => Self::Script(script),
            PurgeArgs { all: true, .. } => Self::All,
            PurgeArgs { keys, .. } => Self::Keys(keys),
        }
    }
}

impl DaemonArgs {
    fn send_request(self, request: &ControlRequest) -> Result<Vec<ControlReply>, ExitCode> {
        let sockets = self.socket_paths()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| print_error(&error.to_string()))?;
        runtime
            .block_on(send_to_first_listening(&sockets, request))
            .map_err(|reason| print_error(&reason))
    }

    /// The paths where the daemon may listen, in the order in which they are tried.
    fn socket_paths(self) -> Result<Vec<PathBuf>, ExitCode> {
        if let Some(socket) = self.socket {
            return Ok(vec![socket]);
        }
        let file = self.config.resolve_path();
        let configured = config::control(&file).map_err(|errors| report_failure(&errors))?;
        let Some(configured) = configured else {
            let file = file.display();
            return Err(print_error(&format!(
                "`[control] socket` is empty in {file}: the daemon has no control socket"
            )));
        };
        let mut sockets = vec![configured, PathBuf::from(SYSTEMD_SOCKET)];
        sockets.dedup();
        Ok(sockets)
    }
}

async fn send_to_first_listening(
    sockets: &[PathBuf],
    request: &ControlRequest,
) -> Result<Vec<ControlReply>, String> {
    for socket in sockets {
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
            result => {
                return result.map_err(|error| escape_control(&error.to_string()));
            }
        }
    }
    let tried: Vec<_> = sockets.iter().map(|socket| socket.display().to_string()).collect();
    Err(format!(
        "no daemon listens on {}: start one, or pass --config or --socket",
        tried.join(" or ")
    ))
}

/// Whether there is something that is no socket.
fn is_other_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.file_type().is_socket())
}

fn is_not_listening(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn connect_error_text(socket: &Path, error: &io::Error) -> String {
    let socket = socket.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{socket}: {error}: run this as root or as the daemon's user")
        }
        _ => format!("{socket}: {error}"),
    }
}
