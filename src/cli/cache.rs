//! `dialscript cache`: the kept answers of a running daemon.

mod explain;
mod list;
mod words;

use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::ConfigFile;
use crate::cli::check::print_faults;
use crate::cli::table::say;
use crate::config::{self, counted};
use crate::control::client::{AskError, ask};
use crate::control::protocol::{Answer, Purge, Request};

/// Where the unit that we bring along has the socket: a shell has no `RUNTIME_DIRECTORY`.
const UNDER_SYSTEMD: &str = "/run/dialscript/control.sock";

/// What is done with the kept answers.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the kept answers, the newest first
    List {
        /// Those of one script
        #[arg(long, value_name = "NAME")]
        script: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Tell what a script keeps and what came of it, or what becomes of one kept answer
    Explain {
        /// A script, or the beginning of a key as `cache list` shows it
        #[arg(value_name = "SCRIPT|KEY")]
        what: String,
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Throw kept answers away
    Purge {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        daemon: Daemon,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
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
struct Daemon {
    #[command(flatten)]
    config: ConfigFile,
    /// The daemon's control socket [default: as the daemon's file says]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Asks the daemon, and shows what it answers. Exit codes: 0 done, 1 when there is no daemon, script or key,
/// or the shared cache was not reached.
pub fn cache(options: Options) -> ExitCode {
    let (request, daemon, json) = match options.command {
        Command::List { script, json, daemon } => (Request::List { script }, daemon, json),
        Command::Explain { what, daemon } => (Request::Explain { what }, daemon, false),
        Command::Purge { which, daemon } => (Request::Purge(which.into()), daemon, false),
    };
    match daemon.asked(&request) {
        Ok(answers) if json => answers.iter().for_each(|answer| say(&list::as_json(answer))),
        Ok(answers) => {
            show(&request, &answers);
            if let Some(problem) = answers.iter().find_map(half_done) {
                return failed(problem);
            }
        }
        Err(code) => return code,
    }
    ExitCode::SUCCESS
}

/// Why the shared cache may still have what was thrown away here: calls would get it again.
fn half_done(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Shared(problem) => problem.as_deref(),
        _ => None,
    }
}

fn show(request: &Request, answers: &[Answer]) {
    match request {
        Request::List { .. } => list::show(answers),
        Request::Explain { .. } => explain::show(answers),
        Request::Purge(_) => answers.iter().for_each(|answer| match answer {
            Answer::Purged(number) => {
                let were = if *number == 1 { "was" } else { "were" };
                say(&format!("{} {were} thrown away", counted(*number, "kept answer")));
            }
            Answer::Shared(None) => {
                say("the shared cache has them no more; other daemons have copies of their own");
            }
            _ => {}
        }),
    }
}

impl From<Which> for Purge {
    fn from(which: Which) -> Self {
        match which {
            Which { script: Some(script), .. } => Self::Script(script),
            Which { all: true, .. } => Self::All,
            Which { keys, .. } => Self::Keys(keys),
        }
    }
}

impl Daemon {
    fn asked(self, request: &Request) -> Result<Vec<Answer>, ExitCode> {
        let sockets = self.sockets()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error.to_string()))?;
        runtime.block_on(first_that_listens(&sockets, request)).map_err(|reason| failed(&reason))
    }

    /// Where the daemon may listen.
    fn sockets(self) -> Result<Vec<PathBuf>, ExitCode> {
        if let Some(socket) = self.socket {
            return Ok(vec![socket]);
        }
        let file = self.config.path();
        let configured = config::control(&file).map_err(|faults| {
            print_faults(&faults);
            ExitCode::FAILURE
        })?;
        let Some(configured) = configured else {
            let file = file.display();
            return Err(failed(&format!(
                "`[control] socket` in {file} is empty: a daemon with this file can't be asked"
            )));
        };
        let mut sockets = vec![configured, PathBuf::from(UNDER_SYSTEMD)];
        sockets.dedup();
        Ok(sockets)
    }
}

async fn first_that_listens(sockets: &[PathBuf], request: &Request) -> Result<Vec<Answer>, String> {
    for socket in sockets {
        match ask(socket, request).await {
            Err(AskError::Connect(error)) if is_nobody(&error) => {}
            Err(AskError::Connect(error)) => return Err(barred(socket, &error)),
            answered => return answered.map_err(|error| words::plain(&error.to_string())),
        }
    }
    let tried: Vec<_> = sockets.iter().map(|socket| socket.display().to_string()).collect();
    Err(format!(
        "no daemon listens on {}: start one, or name its file by --config or its socket by --socket",
        tried.join(" or ")
    ))
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn barred(socket: &Path, error: &io::Error) -> String {
    let socket = socket.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{socket}: {error}: do it as root, or as the daemon's user")
        }
        _ => format!("{socket}: {error}"),
    }
}

fn failed(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}
