//! The command line.

mod cache;
mod call;
mod calls;
pub mod check;
mod config_file;
mod control_connection;
mod demo;
mod doctor;
mod elapsed;
mod generate;
mod matching;
mod new;
mod printer;
mod reload;
mod serve;
mod shared_folders;
pub mod simulated_voice;
mod simulated_web;
pub mod simulation;
mod sounds;
mod status;
mod terminal;
mod unknown_command;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::BUILD_COMMIT;

/// External call control for Asterisk and FreeSWITCH: a script collects input, a web application decides, and the call
/// continues in the dialplan.
#[derive(Debug, Parser)]
#[command(version = VERSION, arg_required_else_help = true, after_help = FIRST_STEPS)]
pub struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve calls until SIGTERM or SIGINT; SIGHUP reloads the files
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(serve::ServeArgs),
    /// Write a commented script to begin with
    New(new::NewArgs),
    /// Check the configuration and all scripts, and print every error with its location
    Check(check::CheckArgs),
    /// Simulate one call without a telephone, and print what happens
    Call(Box<call::CallArgs>),
    /// Show which branch an answer selects, and why the others do not match
    Match(matching::MatchArgs),
    /// Show the state of the running daemon: what is wrong, and what helps
    Status(status::StatusArgs),
    /// Show what each active call of the running daemon is doing
    Calls(calls::CallsArgs),
    /// Reload the files of a running daemon, and print the result
    Reload(reload::ReloadArgs),
    /// Inspect or purge the response cache of a running daemon
    Cache(cache::CacheArgs),
    /// Import, list and check sound files
    Sounds(sounds::SoundsArgs),
    /// Check an installation: daemon, switch, dialplan, files, engines, servers. Names the command that fixes each
    /// problem
    Doctor(doctor::DoctorArgs),
    /// Run a self-contained demo: a script, a mock shop, three simulated callers
    Demo(demo::DemoArgs),
    /// Write manual pages or shell completions, for packages
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

/// `0.6.0`, or `0.6.0 (d8df68f3a)` if the commit is known.
const VERSION: &str = match BUILD_COMMIT.is_empty() {
    true => env!("CARGO_PKG_VERSION"),
    false => concat!(env!("CARGO_PKG_VERSION"), " (", env!("DIALSCRIPT_COMMIT"), ")"),
};

const FIRST_STEPS: &str = "\
First steps:
  dialscript demo                          see calls without any configuration
  dialscript new hello                     write a script
  dialscript call hello                    try it, with this terminal as the telephone
  dialscript check                         check all files
  dialscript serve                         serve calls from a switch on this host";

const SERVE_EXAMPLES: &str = "\
Examples:
  dialscript serve
  dialscript serve --config /etc/dialscript/dialscript.toml";

/// Reads the command line. If it is invalid, or asks for help, this prints and ends the program.
pub fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        unknown_command::add_tip(&mut error);
        error.exit()
    })
}

/// Runs a command. Exit codes: 0 success, 1 errors in files or another failure, 2 an invalid command line. `call` and
/// `match` also have exit codes for the outcome; `serve` has 78 for a configuration with which it can't start.
pub fn run(arguments: Cli) -> ExitCode {
    match arguments.command {
        CliCommand::Serve(options) => serve::serve(options),
        CliCommand::New(options) => new::new(options),
        CliCommand::Check(options) => check::check(options),
        CliCommand::Call(options) => call::call(&options),
        CliCommand::Match(options) => matching::matching(&options),
        CliCommand::Status(options) => status::status(options),
        CliCommand::Calls(options) => calls::calls(options),
        CliCommand::Reload(options) => reload::reload(options),
        CliCommand::Cache(options) => cache::cache(options),
        CliCommand::Sounds(options) => sounds::sounds(options),
        CliCommand::Doctor(options) => doctor::doctor(options),
        CliCommand::Demo(options) => demo::demo(&options),
        CliCommand::Generate(options) => generate::generate(&options, Cli::command()),
    }
}
