//! `dialscript sounds`: the library of sound files.

mod import;
mod list;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::check::{report_all, report_failure};
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::print_line;
use crate::config::{self, Diagnostic, SoundInventory, counted};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct SoundsArgs {
    #[command(subcommand)]
    command: SoundsCommand,
}

const EXAMPLES: &str = "\
Examples:
  dialscript sounds import greeting.mp3
  dialscript sounds import --language de --name menu/main Ansage.wav
  dialscript sounds list
  dialscript sounds check";

#[derive(Debug, Subcommand)]
enum SoundsCommand {
    /// Convert MP3, Ogg Vorbis, FLAC and WAV files into a format that the switch plays
    Import(import::ImportArgs),
    /// List the sounds: name, languages, length, files, and the scripts that play them
    List(ConfigFile),
    /// Report files that the switch can't play
    Check(ConfigFile),
}

/// Exit codes: 0 success, 1 if there was an error.
pub(super) fn sounds(options: SoundsArgs) -> ExitCode {
    let (command, file) = match options.command {
        SoundsCommand::Import(options) => return import::import(&options),
        SoundsCommand::List(file) => (list::list as fn(&SoundInventory) -> Vec<Diagnostic>, file),
        SoundsCommand::Check(file) => (check as fn(&SoundInventory) -> Vec<Diagnostic>, file),
    };
    match config::inventory(&file.resolve_path()) {
        Ok(inventory) => report_all(command(&inventory)),
        Err(errors) => report_failure(&errors),
    }
}

fn check(inventory: &SoundInventory) -> Vec<Diagnostic> {
    let errors = inventory.errors();
    if errors.is_empty() {
        let number: usize = inventory.sounds.iter().map(|sound| sound.files.len()).sum();
        print_line(&format!("{}, no errors", counted(number, "sound file")));
    }
    errors
}
