//! `dialscript sounds`: the library of sounds.

mod import;
mod list;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::ConfigFile;
use crate::cli::check::print_faults;
use crate::cli::table::say;
use crate::config::{self, ConfigErrors, Diagnostic, SoundInventory, counted};

/// What is done with the library.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Convert MP3, Ogg Vorbis, FLAC and WAV files of any kind into sounds that the switch plays
    Import(import::Options),
    /// List the sounds: name, languages, length, files, and the scripts that play them
    List(ConfigFile),
    /// Find every file of the library that a switch would not play
    Check(ConfigFile),
}

/// Does it. Exit codes: 0 done, 1 when something failed or is faulty.
pub fn sounds(options: Options) -> ExitCode {
    let (done, file) = match options.command {
        Command::Import(options) => return import::import(&options),
        Command::List(file) => (list::list as fn(&SoundInventory) -> Vec<Diagnostic>, file),
        Command::Check(file) => (check as fn(&SoundInventory) -> Vec<Diagnostic>, file),
    };
    match config::inventory(&file.path()) {
        Ok(inventory) => ended(done(&inventory)),
        Err(faults) => failed(&faults),
    }
}

fn check(inventory: &SoundInventory) -> Vec<Diagnostic> {
    let faults = inventory.errors();
    if faults.is_empty() {
        let number: usize = inventory.sounds.iter().map(|sound| sound.files.len()).sum();
        say(&format!("{}, no errors", counted(number, "sound file")));
    }
    faults
}

fn ended(faults: Vec<Diagnostic>) -> ExitCode {
    if faults.is_empty() { ExitCode::SUCCESS } else { failed(&ConfigErrors::sorted(faults)) }
}

fn failed(faults: &ConfigErrors) -> ExitCode {
    print_faults(faults);
    ExitCode::FAILURE
}
