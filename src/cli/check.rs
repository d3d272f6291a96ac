//! `dialscript check`: all faults of all files, or that there are none, and what will not work all the same.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, ConfigErrors, ConfigWarnings, counted};

/// Reads everything and says what is wrong with it on standard error, or how much is right on standard output.
pub fn check(path: &Path) -> ExitCode {
    match check_files(path) {
        Ok((summary, warnings)) => {
            print_warnings(&warnings);
            let _ = writeln!(std::io::stdout(), "{summary}");
            ExitCode::SUCCESS
        }
        Err(faults) => {
            print_diagnostics(&faults);
            ExitCode::FAILURE
        }
    }
}

/// All faults on standard error, in colours where people see it.
pub fn print_diagnostics(faults: &ConfigErrors) {
    let _ = writeln!(std::io::stderr(), "{}", faults.render(use_colours()));
}

/// All warnings on standard error; nothing where there are none.
pub fn print_warnings(warnings: &ConfigWarnings) {
    let _ = write!(std::io::stderr(), "{}", warnings.render(use_colours()));
}

fn use_colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// How many scripts there are, and what will not work in them.
///
/// # Errors
///
/// All faults.
pub fn check_files(path: &Path) -> Result<(String, ConfigWarnings), ConfigErrors> {
    let config = config::load(path)?;
    let scripts = counted(config.library.scripts.len(), "script");
    Ok((format!("{scripts}, no errors"), config.warnings))
}
