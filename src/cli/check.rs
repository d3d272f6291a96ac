//! `dialscript check`, and how all commands report errors in files.

use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

pub(super) mod connect;
mod folders;
pub(super) mod json;
mod servers;

use super::config_file::ConfigFile;
use crate::cli::terminal::{print_line, print_usage_error};
use crate::config::{self, Config, ConfigErrors, ConfigWarnings, Diagnostic, counted};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Also open a connection to every server that the files name. No request is sent
    #[arg(long)]
    connect: bool,
    /// Print one JSON object per line on standard output, for editors and build servers
    #[arg(long)]
    json: bool,
    /// Taken only to say that all scripts are checked.
    #[arg(hide = true)]
    scripts: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  dialscript check
  dialscript check --connect               also reach every server that the files name
  dialscript check --json                  for editors and build servers";

/// Checks all files. Errors and warnings go to standard error, a summary to standard output.
pub(super) fn check(options: CheckArgs) -> ExitCode {
    if !options.scripts.is_empty() {
        return print_usage_error(
            "`check` checks all scripts: run it without a name. Other files: `--config FILE`. To try one script: \
             `dialscript call SCRIPT`",
        );
    }
    match config::load(&options.config.resolve_path()) {
        Ok(mut config) => {
            folders::add_warnings(&mut config);
            match options.json {
                true => json::print_success(config.library.scripts.len(), &config.warnings),
                false => {
                    print_warnings(&config.warnings);
                    print_line(&summary(&config));
                }
            }
            match options.connect {
                true => connect::check_servers(&config, options.json),
                false => ExitCode::SUCCESS,
            }
        }
        Err(errors) if options.json => {
            json::print_errors(&errors);
            ExitCode::FAILURE
        }
        Err(errors) => report_failure(&errors),
    }
}

/// Checks all files, and returns a summary and the warnings.
///
/// # Errors
///
/// All errors in the files.
pub fn check_files(path: &Path) -> Result<(String, ConfigWarnings), ConfigErrors> {
    let config = config::load(path)?;
    Ok((summary(&config), config.warnings))
}

fn summary(config: &Config) -> String {
    format!("{}, no errors", counted(config.library.scripts.len(), "script"))
}

/// Prints all errors on standard error, in colours if that is a terminal.
pub(super) fn print_diagnostics(errors: &ConfigErrors) {
    drop(writeln!(stderr(), "{}", errors.render(use_colours())));
}

/// Prints all warnings on standard error.
pub(super) fn print_warnings(warnings: &ConfigWarnings) {
    drop(write!(stderr(), "{}", warnings.render(use_colours())));
}

/// Prints the errors because of which a command fails.
pub(super) fn report_failure(errors: &ConfigErrors) -> ExitCode {
    print_diagnostics(errors);
    ExitCode::FAILURE
}

/// Prints the errors that a command collected, if any.
pub(super) fn report_all(errors: Vec<Diagnostic>) -> ExitCode {
    if errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        report_failure(&ConfigErrors::sorted(errors))
    }
}

fn use_colours() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
