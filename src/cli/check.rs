//! `dialscript check`, and how all commands report errors in files.

use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::terminal::print_line;
use crate::config::{self, ConfigErrors, ConfigWarnings, Diagnostic, counted};

/// Checks all files. Errors and warnings go to standard error, a summary to standard output.
pub(super) fn check(path: &Path) -> ExitCode {
    match check_files(path) {
        Ok((summary, warnings)) => {
            print_warnings(&warnings);
            print_line(&summary);
            ExitCode::SUCCESS
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
    let scripts = counted(config.library.scripts.len(), "script");
    Ok((format!("{scripts}, no errors"), config.warnings))
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
