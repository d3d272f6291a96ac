//! `dialscript status`: the state of the running daemon.

mod problems;
mod report;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::control_connection::DaemonArgs;
use crate::cli::terminal::{print_error, print_json};
use crate::control::protocol::{ControlReply, ControlRequest, DaemonStatus, ScriptStatus};
use crate::telemetry::phase::ServerPhase;

use problems::{Problem, find_problems};
use report::print_report;

const EXAMPLES: &str = "\
Examples:
  dialscript status                    what is wrong, then the whole state
  dialscript status --json             for scripts and monitoring
  dialscript status --health           for the health check of a container: exit code 0 or 1";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Only tell whether calls are accepted: print nothing if they are. Other problems do not count
    #[arg(long, conflicts_with = "json")]
    health: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// What `--json` prints.
#[derive(Serialize)]
struct StatusDocument<'a> {
    /// Whether there is no problem.
    ok: bool,
    problems: &'a [Problem],
    #[serde(flatten)]
    status: &'a DaemonStatus,
    scripts: &'a [ScriptStatus],
}

/// Prints the state of the daemon. Exit codes: 0 if there is no problem; 1 if there is one, or if no daemon listens.
pub(super) fn status(options: StatusArgs) -> ExitCode {
    let replies = match options.daemon.send_request(&ControlRequest::Status {}) {
        Ok(replies) => replies,
        Err(code) => return code,
    };
    let (mut status, mut scripts) = (None, Vec::new());
    for reply in replies {
        match reply {
            ControlReply::Status(daemon) => status = Some(daemon),
            ControlReply::ScriptStatus(script) => scripts.push(script),
            _ => {}
        }
    }
    let Some(status) = status else {
        return print_error("the daemon did not tell its state");
    };
    if options.health {
        return match status.state {
            ServerPhase::Serving => ExitCode::SUCCESS,
            ServerPhase::Starting => print_error("the daemon does not accept calls yet"),
            ServerPhase::Draining => print_error("the daemon is stopping: it refuses new calls"),
        };
    }
    let problems = find_problems(&status, &scripts);
    let ok = problems.is_empty();
    match options.json {
        true => print_json(&StatusDocument {
            ok,
            problems: &problems,
            status: &status,
            scripts: &scripts,
        }),
        false => print_report(&status, &scripts, &problems),
    }
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
