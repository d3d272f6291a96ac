//! The command line.

pub mod cache;
pub mod call;
pub mod check;
pub mod demo;
pub mod matching;
pub mod rehearsal;
pub mod rehearsed;
pub mod serve;
pub mod sounds;
pub mod story;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A Script widget for your own PBX: a dialplan hands over a call; a script file asks for digits, a URL decides, and
/// the dialplan goes on where the answer says.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve calls until SIGTERM or SIGINT; SIGHUP loads the scripts again
    Serve(ConfigFile),
    /// Check the configuration and all scripts, and print every fault with its place
    Check(ConfigFile),
    /// Play one call without a telephone, and tell what happens
    Call(Box<call::Options>),
    /// Show which branch of a script an answer takes, and why the others do not
    Match(matching::Options),
    /// Look at the answers that a running daemon keeps, and throw them away
    Cache(cache::Options),
    /// Convert sounds into the library, list it, check it
    Sounds(sounds::Options),
    /// See the main job done, with nothing else installed: a script, a stand-in shop, three callers
    Demo(demo::Options),
}

#[derive(Debug, Clone, Args)]
struct ConfigFile {
    /// The daemon's file [default: dialscript.toml here, else /etc/dialscript/dialscript.toml]
    #[arg(short, long, value_name = "FILE", env = "DIALSCRIPT_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn path(self) -> PathBuf {
        let here = Path::new("dialscript.toml");
        let fallback =
            if here.exists() { here } else { Path::new("/etc/dialscript/dialscript.toml") };
        self.config.unwrap_or_else(|| fallback.to_owned())
    }
}

/// Runs a command. Exit codes: 0 done, 1 faults or a failure, 2 a command line that can't be read; those of `call`
/// and `match` tell the outcome.
pub fn run(arguments: Arguments) -> ExitCode {
    match arguments.command {
        Command::Serve(file) => serve::serve(&file.path()),
        Command::Check(file) => check::check(&file.path()),
        Command::Call(options) => call::call(&options),
        Command::Match(options) => matching::matching(&options),
        Command::Cache(options) => cache::cache(options),
        Command::Sounds(options) => sounds::sounds(options),
        Command::Demo(options) => demo::demo(&options),
    }
}
