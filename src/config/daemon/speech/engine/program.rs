//! `engine = "command"`: a program and its arguments.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_spanned::Spanned;
use toml::de::DeValue;

use crate::config::daemon::context::DaemonContext;
use crate::config::nearest::nearest;
use crate::config::table_reader::TableReader;
use crate::config::value::SpannedList;
use crate::config::value_kind::ValueKind;
use crate::voice::settings::EngineProgram;

/// The key `command`; `None` after an error.
#[derive(Debug)]
pub(super) struct ProgramTable(Option<SpannedList<String>>);

impl ProgramTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "name the program and its arguments: `command = [\"espeak-ng\", \"--stdin\"]`";
        table.check_present("command", help);
        Self(read_command(table))
    }

    /// `None` after an error. `placeholders` are those that the arguments can contain.
    pub(super) fn program(
        &self,
        context: DaemonContext<'_>,
        placeholders: &[&str],
    ) -> Option<EngineProgram> {
        let (command, file) = (self.0.as_ref()?, context.file);
        let Some((program, arguments)) = command.get_ref().split_first() else {
            let help = "write the program first, then each argument";
            file.error_with_help(command.span(), "`command` is empty", help);
            return None;
        };
        if program.get_ref().trim().is_empty() || program.get_ref().contains(['{', '}', '\0']) {
            let help = "write its name in PATH, or its full path";
            file.error_with_help(program.span(), "not a valid program name", help);
            return None;
        }
        arguments.iter().for_each(|argument| check_argument(context, argument, placeholders));
        if !is_installed(program.get_ref()) {
            let message = format!("the program `{}` does not exist", program.get_ref());
            let help = "install it, or write its full path; until then this engine fails";
            file.warn_merged(program.span(), message, help);
        }
        Some(EngineProgram {
            executable: program.get_ref().clone(),
            arguments: arguments.iter().map(|argument| argument.get_ref().clone()).collect(),
        })
    }
}

fn read_command(table: &mut TableReader<'_, '_>) -> Option<SpannedList<String>> {
    let value = table.take_any("command", || ValueKind::List(Box::new(ValueKind::Text)))?;
    let DeValue::String(text) = value.get_ref() else { return table.list_from("command", value) };
    let words: Vec<_> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
    let help = format!("write it as `command = [{}]`", words.join(", "));
    let message = "`command` must be a list of the program and its arguments: no shell is used";
    table.file.error_with_help(value.span(), message, help);
    None
}

/// Reports unknown placeholders. Only letters in braces are a placeholder; other braces are passed to the program.
fn check_argument(context: DaemonContext<'_>, argument: &Spanned<String>, placeholders: &[&str]) {
    let (text, file) = (argument.get_ref(), context.file);
    if text.contains('\0') {
        file.error(argument.span(), "an argument cannot contain a NUL character");
    }
    for (start, _) in text.match_indices('{') {
        let Some((inner, _)) = text[start + 1..].split_once('}') else { continue };
        let is_word = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphabetic());
        if !is_word || placeholders.contains(&inner) {
            continue;
        }
        let at = file.span_in(argument, start..start + inner.len() + 2);
        let help = match nearest(inner, placeholders.iter().copied()) {
            Some(near) => format!("did you mean `{{{near}}}`?"),
            None => format!("known here: {{{}}}", placeholders.join("}, {")),
        };
        file.error_with_help(at, format!("unknown placeholder `{{{inner}}}`"), help);
    }
}

/// espeak-ng with its arguments; `None` if it is not installed.
pub(super) fn espeak() -> Option<EngineProgram> {
    let program = "espeak-ng".to_owned();
    let arguments = ["--stdin", "-v", "{voice}", "-s", "{wpm}", "-w", "{out}"];
    let arguments = arguments.map(str::to_owned).to_vec();
    is_installed(&program).then_some(EngineProgram { executable: program, arguments })
}

pub(super) fn file_name(program: &EngineProgram) -> &str {
    program.executable.rsplit('/').next().unwrap_or_default()
}

/// Whether a program exists, by its path or by its name in `PATH`.
fn is_installed(program: &str) -> bool {
    if program.contains('/') {
        return is_executable(Path::new(program));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| is_executable(&folder.join(program)))
}

fn is_executable(path: &Path) -> bool {
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
