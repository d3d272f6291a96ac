//! `dialscript sounds`: the library of sounds.

mod import;
mod list;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::ConfigFile;
use crate::cli::check::print_diagnostics;
use crate::cli::table::print_line;
use crate::config::{self, ConfigErrors, Diagnostic, SoundInventory, counted};

/// What is done with the library.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct SoundsArgs {
    #[command(subcommand)]
    command: SoundsCommand,
}

#[derive(Debug, Subcommand)]
enum SoundsCommand {
    /// Convert MP3, Ogg Vorbis, FLAC and WAV files of any kind into sounds that the switch plays
    Import(import::ImportArgs),
    /// List the sounds: name, languages, length, files, and the scripts that play them
    List(ConfigFile),
    /// Find every file of the library that a switch would not play
    Check(ConfigFile),
}

/// Does it. Exit codes: 0 done, 1 when something failed or is faulty.
pub fn sounds(options: SoundsArgs) -> ExitCode {
    let (done, file) = match options.command {
        SoundsCommand::Import(options) => return import::import(&options),
        SoundsCommand::List(file) => (list::list as fn(&SoundInventory) -> Vec<Diagnostic>, file),
        SoundsCommand::Check(file) => (check as fn(&SoundInventory) -> Vec<Diagnostic>, file),
    };
    match config::inventory(&file.resolve_path()) {
        Ok(inventory) => exit_with(done(&inventory)),
        Err(faults) => print_failure(&faults),
    }
}

fn check(inventory: &SoundInventory) -> Vec<Diagnostic> {
    let faults = inventory.errors();
    if faults.is_empty() {
        let number: usize = inventory.sounds.iter().map(|sound| sound.files.len()).sum();
        print_line(&format!("{}, no errors", counted(number, "sound file")));
    }
    faults
}

fn exit_with(faults: Vec<Diagnostic>) -> ExitCode {
    if faults.is_empty() { ExitCode::SUCCESS } else { print_failure(&ConfigErrors::sorted(faults)) }
}

fn print_failure(faults: &ConfigErrors) -> ExitCode {
    print_diagnostics(faults);
    ExitCode::FAILURE
}
