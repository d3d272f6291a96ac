//! `dialscript new`: writes a commented script to begin with.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::check::report_failure;
use super::config_file::ConfigFile;
use crate::cli::terminal::{print_error, print_line, print_usage_error};
use crate::config;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NewArgs {
    /// The name of the script: letters, digits, _ and -
    name: String,
    /// What the script is about
    #[arg(long, value_enum, default_value = "menu")]
    kind: ScriptKind,
    /// Print the script instead of writing a file
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    config: ConfigFile,
}

const EXAMPLES: &str = "\
Examples:
  dialscript new menu                      a menu: press 1 or 2
  dialscript new order-status --kind lookup
  dialscript new closed --kind announcement --print";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScriptKind {
    /// The caller presses a key, and the call continues at an extension
    Menu,
    /// The caller enters a number, and a web application decides
    Lookup,
    /// The caller hears a text, and the call ends
    Announcement,
}

impl ScriptKind {
    fn text(self) -> &'static str {
        match self {
            Self::Menu => include_str!("new/menu.toml"),
            Self::Lookup => include_str!("new/lookup.toml"),
            Self::Announcement => include_str!("new/announcement.toml"),
        }
    }
}

/// Where packages install the schema of scripts, for editors.
const INSTALLED_SCHEMA: &str = "/usr/share/dialscript/schema/script.schema.json";

/// Writes the script into the folder of scripts. An existing file is never changed.
pub(super) fn new(options: NewArgs) -> ExitCode {
    if let Some(help) = config::script_name_error(&options.name) {
        let help = help.trim_start_matches("rename the file: ");
        return print_usage_error(&format!("`{}` can't name a script: {help}", options.name));
    }
    let script = text(options.kind);
    if options.print {
        print_line(script.trim_end());
        return ExitCode::SUCCESS;
    }
    let config = match existing_or_new_config(options.config) {
        Ok(config) => config,
        Err(reason) => return print_error(&reason),
    };
    match config::scripts_folder(&config) {
        Ok(folder) => write_script(&folder, &options.name, &script),
        Err(errors) => report_failure(&errors),
    }
}

fn text(kind: ScriptKind) -> String {
    match Path::new(INSTALLED_SCHEMA).exists() {
        true => format!("#:schema {INSTALLED_SCHEMA}\n{}", kind.text()),
        false => kind.text().to_owned(),
    }
}

/// The configuration file. If none is named and there is none, an empty one is written into the current folder,
/// but not into the folder of the scripts, where it would count as a script.
fn existing_or_new_config(option: ConfigFile) -> Result<PathBuf, String> {
    let local = Path::new(config::LOCAL_FILE);
    if option.is_named() || local.exists() || Path::new(config::SYSTEM_FILE).exists() {
        return Ok(option.resolve_path());
    }
    if Path::new(config::PARENT_FILE).exists() {
        return Err("the folder above has a `dialscript.toml`: run the command there, or with `--config ../dialscript.toml`"
            .to_owned());
    }
    write_new(local, "# All settings have defaults. See the configuration reference.\n")
        .map_err(|error| cannot_write(local, &error))?;
    print_line(&format!("wrote {}: an empty configuration", local.display()));
    Ok(local.to_owned())
}

fn write_script(folder: &Path, name: &str, script: &str) -> ExitCode {
    let path = folder.join(format!("{name}.toml"));
    match fs::create_dir_all(folder).and_then(|()| write_new(&path, script)) {
        Ok(()) => {
            print_line(&format!("wrote {}", path.display()));
            print_line(&format!("change it, then try it: dialscript call {name}"));
            ExitCode::SUCCESS
        }
        Err(error) => print_error(&cannot_write(&path, &error)),
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        ErrorKind::AlreadyExists => {
            format!(
                "`{path}` exists, and is not changed: choose another name, or remove the file first"
            )
        }
        ErrorKind::PermissionDenied => {
            format!("can't write `{path}` ({error}): run it with `sudo`, or see `--print`")
        }
        _ => format!("can't write `{path}`: {error}"),
    }
}
