//! The command line.

pub mod cache;
pub mod call;
pub mod check;
pub mod demo;
pub mod matching;
pub mod printer;
pub mod serve;
pub mod simulated_voice;
pub mod simulation;
pub mod sounds;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A Script widget for your own PBX: a dialplan hands over a call; a script file asks for digits, a URL decides, and
/// the dialplan goes on where the answer says.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve calls until SIGTERM or SIGINT; SIGHUP loads the scripts again
    Serve(ConfigFile),
    /// Check the configuration and all scripts, and print every fault with its place
    Check(ConfigFile),
    /// Play one call without a telephone, and tell what happens
    Call(Box<call::CallArgs>),
    /// Show which branch of a script an answer takes, and why the others do not
    Match(matching::MatchArgs),
    /// Look at the answers that a running daemon keeps, and throw them away
    Cache(cache::CacheArgs),
    /// Convert sounds into the library, list it, check it
    Sounds(sounds::SoundsArgs),
    /// See the main job done, with nothing else installed: a script, a stand-in shop, three callers
    Demo(demo::DemoArgs),
}

#[derive(Debug, Clone, Args)]
struct ConfigFile {
    /// The daemon's file [default: dialscript.toml here, else /etc/dialscript/dialscript.toml]
    #[arg(short, long, value_name = "FILE", env = "DIALSCRIPT_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn resolve_path(self) -> PathBuf {
        let here = Path::new("dialscript.toml");
        let fallback =
            if here.exists() { here } else { Path::new("/etc/dialscript/dialscript.toml") };
        self.config.unwrap_or_else(|| fallback.to_owned())
    }
}

/// Runs a command. Exit codes: 0 done, 1 faults or a failure, 2 a command line that can't be read; those of `call`
/// and `match` tell the outcome.
pub fn run(arguments: Cli) -> ExitCode {
    match arguments.command {
        CliCommand::Serve(file) => serve::serve(&file.resolve_path()),
        CliCommand::Check(file) => check::check(&file.resolve_path()),
        CliCommand::Call(options) => call::call(&options),
        CliCommand::Match(options) => matching::matching(&options),
        CliCommand::Cache(options) => cache::cache(options),
        CliCommand::Sounds(options) => sounds::sounds(options),
        CliCommand::Demo(options) => demo::demo(&options),
    }
}
