//! `dialscript check`: all faults of all files, or that there are none.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Faults, counted};

/// Reads everything and says what is wrong with it on standard error, or how much is right on standard output.
pub fn check(path: &Path) -> ExitCode {
    match report(path) {
        Ok(summary) => {
            let _ = writeln!(std::io::stdout(), "{summary}");
            ExitCode::SUCCESS
        }
        Err(faults) => {
            print_faults(&faults);
            ExitCode::FAILURE
        }
    }
}

/// All faults on standard error, in colours where people see it.
pub fn print_faults(faults: &Faults) {
    let stderr = std::io::stderr();
    let colours = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let _ = writeln!(stderr.lock(), "{}", faults.render(colours));
}

/// How many scripts there are.
///
/// # Errors
///
/// All faults.
pub fn report(path: &Path) -> Result<String, Faults> {
    let scripts = config::load(path)?.library.scripts.len();
    Ok(format!("{}, no faults", counted(scripts, "script")))
}
