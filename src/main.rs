//! The program `dialscript`. All of its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    dialscript::cli::run(dialscript::cli::parse())
}
