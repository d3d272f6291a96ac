//! `dialscript reload`: a running daemon reloads its files.

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::control_connection::DaemonArgs;
use crate::cli::terminal::{escape_lines, print_error, print_json, print_line, print_table};
use crate::config::counted;
use crate::control::protocol::{
    ControlReply, ControlRequest, DiagnosticLevel, FileDiagnostic, ReloadFailure, ReloadReport,
};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReloadArgs {
    /// Print one JSON object per line on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

const EXAMPLES: &str = "\
Examples:
  dialscript reload
  dialscript reload --json                 for scripts and build servers";

/// The last line of `--json`.
#[derive(Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum ReloadResultLine<'a> {
    Reloaded(&'a ReloadReport),
    Failed(&'a ReloadFailure),
}

/// Asks the daemon to reload its files, and prints what has changed, or all errors. Exit codes: 0 success; 1 if a file
/// has an error, or if no daemon listens.
pub(super) fn reload(options: ReloadArgs) -> ExitCode {
    let ReloadArgs { json, daemon } = options;
    let replies = match daemon.send_request(&ControlRequest::Reload {}) {
        Ok(replies) => replies,
        Err(code) => return code,
    };
    let diagnostics = replies.iter().filter_map(|reply| match reply {
        ControlReply::Diagnostic(diagnostic) => Some(diagnostic),
        _ => None,
    });
    let shown = diagnostics.clone().count();
    diagnostics.for_each(|diagnostic| print_diagnostic(diagnostic, json));
    match replies.last() {
        Some(ControlReply::Reloaded(report)) => {
            match json {
                true => print_json(&ReloadResultLine::Reloaded(report)),
                false => print_report(report, shown),
            }
            ExitCode::SUCCESS
        }
        Some(ControlReply::ReloadFailed(failure)) => {
            match json {
                true => print_json(&ReloadResultLine::Failed(failure)),
                false => print_failure(failure, shown),
            }
            ExitCode::FAILURE
        }
        _ => print_error("incomplete reply from the daemon: the result is missing"),
    }
}

fn print_diagnostic(diagnostic: &FileDiagnostic, json: bool) {
    if json {
        return print_json(&FileDiagnostic { text: None, ..diagnostic.clone() });
    }
    let text = diagnostic.text.as_deref().unwrap_or(&diagnostic.message);
    drop(writeln!(stderr(), "{}\n", escape_lines(text)));
}

fn print_report(report: &ReloadReport, shown: usize) {
    let ReloadReport { scripts, new, changed, removed, applied, needs_restart, warnings } = report;
    print_omitted(warnings.saturating_sub(shown), DiagnosticLevel::Warning);
    print_line(&format!("reloaded: {}", counted(*scripts, "script")));
    let row = |what: &str, name: &str, version: String| [what.to_owned(), name.to_owned(), version];
    let new = new.iter().map(|script| row("new", &script.name, script.version.clone()));
    let changed = changed.iter().map(|script| {
        row("changed", &script.name, format!("{} -> {}", script.old_version, script.version))
    });
    let removed = removed.iter().map(|name| row("removed", name, String::new()));
    print_table(&new.chain(changed).chain(removed).collect::<Vec<_>>());
    for key in applied {
        print_line(&format!("in use: {key}"));
    }
    for key in needs_restart {
        print_line(&format!("takes effect after a restart: {key}"));
    }
}

fn print_failure(failure: &ReloadFailure, shown: usize) {
    let ReloadFailure { errors, files, reason } = failure;
    print_omitted(errors.saturating_sub(shown), DiagnosticLevel::Error);
    match reason {
        Some(reason) => drop(print_error(reason)),
        None => {
            let files = counted(*files, "file");
            drop(writeln!(stderr(), "{} in {files}", counted(*errors, "error")));
        }
    }
    drop(writeln!(stderr(), "nothing was changed: the previous scripts and settings stay in use"));
}

fn print_omitted(omitted: usize, level: DiagnosticLevel) {
    if omitted > 0 {
        let noun = match level {
            DiagnosticLevel::Error => "more error",
            DiagnosticLevel::Warning => "more warning",
        };
        drop(writeln!(stderr(), "{}: run `dialscript check`\n", counted(omitted, noun)));
    }
}
