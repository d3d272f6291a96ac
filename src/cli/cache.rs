//! `dialscript cache`: the response cache of a running daemon.

mod explain;
mod format;
mod list;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::control_connection::DaemonArgs;
use crate::cli::terminal::{print_error, print_json, print_line};
use crate::config::counted;
use crate::control::protocol::{ControlReply, ControlRequest, PurgeTarget};

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
        _ => {}
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
