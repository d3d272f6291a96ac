//! Manual pages and shell completions, for packages. The subcommand is hidden: users get the generated files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::terminal::print_error;

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// What to write
    what: GeneratedFiles,
    /// An existing folder for the files
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum GeneratedFiles {
    /// dialscript.1, and one page for each command
    Man,
    /// For bash, zsh and fish
    Completions,
}

/// `all` is the whole command line.
pub(super) fn generate(options: &GenerateArgs, all: Command) -> ExitCode {
    let visible = visible_commands(&all);
    let written = match options.what {
        GeneratedFiles::Man => write_manual_pages(visible, &options.folder),
        GeneratedFiles::Completions => write_completions(visible, &options.folder),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&format!("cannot write into `{}`: {error}", options.folder.display()))
        }
    }
}

fn write_manual_pages(visible: Command, folder: &Path) -> io::Result<()> {
    let mut root = visible.disable_help_subcommand(true);
    root.build();
    write_pages(&root, folder)?;
    let mut page = manual_page(&root)?;
    more_sections().to_writer(&mut page)?;
    fs::write(folder.join("dialscript.1"), page)
}

/// Writes the page of this command, and those of its commands.
fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(folder.join(format!("{name}.1")), manual_page(command)?)?;
    command.get_subcommands().try_for_each(|inner| write_pages(inner, folder))
}

fn manual_page(command: &Command) -> io::Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    let mut page = Vec::new();
    let program = concat!("dialscript ", env!("CARGO_PKG_VERSION"));
    let described = Man::new(command.clone()).title(name).source(program).manual("dialscript");
    described.render(&mut page)?;
    Ok(page)
}

fn write_completions(mut visible: Command, folder: &Path) -> io::Result<()> {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut visible, "dialscript", folder)?;
    }
    Ok(())
}

/// The command line without its hidden commands, which clap_complete would include.
fn visible_commands(all: &Command) -> Command {
    let mut visible = Command::new("dialscript")
        .version(env!("CARGO_PKG_VERSION"))
        .args(all.get_arguments().cloned());
    if let Some(about) = all.get_about() {
        visible = visible.about(about.clone());
    }
    let commands = all.get_subcommands().filter(|command| !command.is_hide_set());
    visible.subcommands(commands.cloned())
}

/// What `dialscript(1)` has besides the options.
fn more_sections() -> Roff {
    let files = [
        ("/etc/dialscript/dialscript.toml", "The configuration, see dialscript.toml(5)."),
        ("/etc/dialscript/scripts/NAME.toml", "The script NAME, see dialscript-script(5)."),
        ("/etc/dialscript/sounds", "The library of sounds."),
        ("/etc/dialscript/secrets", "One file for each secret. Only the daemon reads it."),
        ("/var/cache/dialscript", "Sounds that are made of texts. The switch reads them."),
        ("/var/spool/dialscript/recordings", "What callers say, until it is recognized."),
        ("/run/dialscript/control.sock", "The control socket of the daemon."),
        ("/usr/share/doc/dialscript/examples", "Scripts and dialplans to copy."),
    ];
    let exit_codes = [
        ("0", "Done."),
        ("1", "Errors in the files, or another failure."),
        ("2", "An invalid command line."),
        ("78", "The configuration of the daemon has an error."),
    ];
    let mut page = Roff::new();
    page.control("SH", ["FILES"]);
    describe(&mut page, &files);
    page.control("SH", ["EXIT STATUS"]);
    describe(&mut page, &exit_codes);
    page.text([roman("Some commands have further codes: see their pages.")]);
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("dialscript.toml"), roman("(5), "), bold("dialscript-script"), roman("(5)")]);
    page
}

fn describe(page: &mut Roff, entries: &[(&str, &str)]) {
    for (name, meaning) in entries {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*meaning)]);
    }
}
