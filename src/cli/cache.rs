//! `dialscript cache`: the kept answers of a running daemon.

mod explain;
mod format;
mod list;

use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::ConfigFile;
use crate::cli::check::print_diagnostics;
use crate::cli::table::print_line;
use crate::config::{self, counted};
use crate::control::client::{ControlClientError, send_request};
use crate::control::protocol::{ControlReply, ControlRequest, PurgeTarget};

/// Where the unit that we bring along has the socket: a shell has no `RUNTIME_DIRECTORY`.
const SYSTEMD_SOCKET: &str = "/run/dialscript/control.sock";

/// What is done with the kept answers.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// List the kept answers, the newest first
    List {
        /// Those of one script
        #[arg(long, value_name = "NAME")]
        script: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Tell what a script keeps and what came of it, or what becomes of one kept answer
    Explain {
        /// A script, or the beginning of a key as `cache list` shows it
        #[arg(value_name = "SCRIPT|KEY")]
        what: String,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Throw kept answers away
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
    /// All of them
    #[arg(long)]
    all: bool,
    /// Those of one script
    #[arg(long, value_name = "NAME")]
    script: Option<String>,
    /// Beginnings of keys, as `cache list` shows them
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
}

#[derive(Debug, Args)]
struct DaemonArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// The daemon's control socket [default: as the daemon's file says]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Asks the daemon, and shows what it answers. Exit codes: 0 done, 1 when there is no daemon, script or key,
/// or the shared cache was not reached.
pub fn cache(options: CacheArgs) -> ExitCode {
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
        Ok(answers) if json => {
            answers.iter().for_each(|answer| print_line(&list::to_json_line(answer)))
        }
        Ok(answers) => {
            print_replies(&request, &answers);
            if let Some(problem) = answers.iter().find_map(shared_purge_error) {
                return print_error(problem);
            }
        }
        Err(code) => return code,
    }
    ExitCode::SUCCESS
}

/// Why the shared cache may still have what was thrown away here: calls would get it again.
fn shared_purge_error(answer: &ControlReply) -> Option<&str> {
    match answer {
        ControlReply::Shared(problem) => problem.as_deref(),
        _ => None,
    }
}

fn print_replies(request: &ControlRequest, answers: &[ControlReply]) {
    match request {
        ControlRequest::List { .. } => list::print_list(answers),
        ControlRequest::Explain { .. } => explain::print_explanation(answers),
        ControlRequest::Purge(_) => answers.iter().for_each(|answer| match answer {
            ControlReply::Purged(number) => {
                let were = if *number == 1 { "was" } else { "were" };
                print_line(&format!("{} {were} thrown away", counted(*number, "kept answer")));
            }
            ControlReply::Shared(None) => {
                print_line(
                    "the shared cache has them no more; other daemons have copies of their own",
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
            .block_on(ask_first_listening(&sockets, request))
            .map_err(|reason| print_error(&reason))
    }

    /// Where the daemon may listen.
    fn socket_paths(self) -> Result<Vec<PathBuf>, ExitCode> {
        if let Some(socket) = self.socket {
            return Ok(vec![socket]);
        }
        let file = self.config.resolve_path();
        let configured = config::control(&file).map_err(|faults| {
            print_diagnostics(&faults);
            ExitCode::FAILURE
        })?;
        let Some(configured) = configured else {
            let file = file.display();
            return Err(print_error(&format!(
                "`[control] socket` in {file} is empty: a daemon with this file can't be asked"
            )));
        };
        let mut sockets = vec![configured, PathBuf::from(SYSTEMD_SOCKET)];
        sockets.dedup();
        Ok(sockets)
    }
}

async fn ask_first_listening(
    sockets: &[PathBuf],
    request: &ControlRequest,
) -> Result<Vec<ControlReply>, String> {
    for socket in sockets {
        match send_request(socket, request).await {
            Err(ControlClientError::Connect(error)) if is_not_listening(&error) => {}
            Err(ControlClientError::Connect(error)) => {
                return Err(connect_error_text(socket, &error));
            }
            answered => {
                return answered.map_err(|error| format::escape_control(&error.to_string()));
            }
        }
    }
    let tried: Vec<_> = sockets.iter().map(|socket| socket.display().to_string()).collect();
    Err(format!(
        "no daemon listens on {}: start one, or name its file by --config or its socket by --socket",
        tried.join(" or ")
    ))
}

fn is_not_listening(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn connect_error_text(socket: &Path, error: &io::Error) -> String {
    let socket = socket.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{socket}: {error}: do it as root, or as the daemon's user")
        }
        _ => format!("{socket}: {error}"),
    }
}

fn print_error(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}
