//! `dialscript calls`: what the active calls of the running daemon are doing.

mod table;
mod watch;

use std::process::ExitCode;

use clap::Args;

use crate::cli::control_connection::DaemonArgs;
use crate::cli::terminal::{print_error, print_json};
use crate::control::protocol::ControlRequest;

use table::{CallList, print_call_table};
use watch::watch_calls;

const EXAMPLES: &str = "\
Examples:
  dialscript calls                         every active call, the oldest first
  dialscript calls --watch                 the same, every second
  dialscript calls --script order --json   for programs: one object per call";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CallsArgs {
    /// Only the calls that this script runs
    #[arg(long, value_name = "NAME")]
    script: Option<String>,
    /// Print the list again every second, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// Show the callers' numbers, instead of their last two digits
    #[arg(long)]
    reveal: bool,
    /// Print one JSON object per call; with --watch one array per second
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Prints the active calls. Exit codes: 0 success; 1 if no daemon listens, or if `--json` leaves out calls.
pub(super) fn calls(options: CallsArgs) -> ExitCode {
    let CallsArgs { script, watch, reveal, json, daemon } = options;
    let request = ControlRequest::Calls { script, reveal };
    if watch {
        return watch_calls(daemon, &request, json);
    }
    match daemon.send_request(&request) {
        Ok(replies) => {
            let list = CallList::from(replies);
            match json {
                true => list.calls.iter().for_each(print_json),
                false => print_call_table(&list, usize::MAX),
            }
            match (json, list.totals.omitted) {
                (true, 1..) => {
                    print_error(&format!("{} more calls are left out", list.totals.omitted))
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(code) => code,
    }
}
