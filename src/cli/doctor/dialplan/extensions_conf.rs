//! Reads `extensions.conf` with the files that it includes, line by line (`pbx_config.c`, `config.c`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::findings::{DialplanPlace, GlobalVariables, read_file};

/// The most files that are included.
const MAX_FILES: usize = 500;
/// How deep files may include each other.
const MAX_DEPTH: usize = 10;

/// A step of an extension.
#[derive(Debug)]
pub(super) struct DialplanStep {
    pub(super) place: DialplanPlace,
    pub(super) context: String,
    pub(super) extension: String,
    /// In lower case.
    pub(super) application: String,
    pub(super) argument: String,
}

/// The steps of a dialplan, and its global variables.
#[derive(Debug, Default)]
pub(super) struct ExtensionsConf {
    pub(super) steps: Vec<DialplanStep>,
    pub(super) globals: GlobalVariables,
    context: String,
    extension: String,
    files: usize,
}

impl ExtensionsConf {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut dialplan = Self::default();
        let text = read_file(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        dialplan.add_file(path, &text, &folder, 0);
        Ok(dialplan)
    }

    fn add_file(&mut self, path: &Path, text: &str, folder: &Path, depth: usize) {
        self.files += 1;
        let mut is_comment = false;
        for (index, line) in text.lines().enumerate() {
            let line = without_comments(line, &mut is_comment);
            let line = line.trim();
            let place = DialplanPlace { file: path.to_owned(), line: index + 1 };
            match included(line) {
                Some(name) if depth < MAX_DEPTH => self.include(name, folder, depth + 1),
                Some(_) => {}
                None => self.add_line(line, place),
            }
        }
    }

    /// Includes a file, or all files that a name with `*` matches. A file that can't be read is left out.
    fn include(&mut self, name: &str, folder: &Path, depth: usize) {
        if self.files >= MAX_FILES {
            return;
        }
        for file in matching_files(&folder.join(name)) {
            if self.files >= MAX_FILES {
                return;
            }
            if let Ok(text) = read_file(&file) {
                self.add_file(&file, &text, folder, depth);
            }
        }
    }

    fn add_line(&mut self, line: &str, place: DialplanPlace) {
        if let Some(section) = line.strip_prefix('[') {
            let (name, _) = section.split_once(']').unwrap_or((section, ""));
            self.context = name.to_owned();
            self.extension.clear();
            return;
        }
        let Some((key, value)) = line.split_once('=') else { return };
        let (key, value) = (key.trim(), value.trim_start_matches('>').trim());
        if self.context == "globals" {
            self.globals.set(key, value);
            return;
        }
        let step = match key {
            "exten" => value.split_once(',').map(|(extension, step)| {
                self.extension = extension.trim().to_owned();
                step
            }),
            "same" => Some(value),
            _ => None,
        };
        if let Some((_, call)) = step.and_then(|step| step.split_once(',')) {
            self.add_step(call.trim(), place);
        }
    }

    /// `call` is `Application(argument)`.
    fn add_step(&mut self, call: &str, place: DialplanPlace) {
        let (application, argument) = call.split_once('(').unwrap_or((call, ""));
        let argument = argument.strip_suffix(')').unwrap_or(argument);
        self.steps.push(DialplanStep {
            place,
            context: self.context.clone(),
            extension: self.extension.clone(),
            application: application.trim().to_ascii_lowercase(),
            argument: argument.to_owned(),
        });
    }
}

/// A semicolon begins a comment, unless there is a backslash before it. `;--` begins one that ends at `--;`.
fn without_comments(line: &str, is_comment: &mut bool) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        if *is_comment {
            let Some((_, after)) = rest.split_once("--;") else { break };
            (*is_comment, rest) = (false, after);
            continue;
        }
        let Some((before, after)) = rest.split_once(';') else {
            kept.push_str(rest);
            break;
        };
        kept.push_str(before);
        if let Some(escaped) = kept.strip_suffix('\\') {
            kept = format!("{escaped};");
            rest = after;
        } else if after.starts_with("--") && !after.starts_with("---") {
            (*is_comment, rest) = (true, &after[2..]);
        } else {
            break;
        }
    }
    kept
}

/// The file that `#include FILE` or `#tryinclude FILE` names.
fn included(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("#include").or_else(|| line.strip_prefix("#tryinclude"))?;
    Some(rest.trim().trim_matches(['"', '<', '>']))
}

/// The files that a path matches in whose last part `*` stands for any text, in alphabetical order.
fn matching_files(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((start, end)) = name.split_once('*') else { return vec![path.to_owned()] };
    let folder = path.parent().unwrap_or(Path::new(""));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_match = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        })
    };
    let mut files: Vec<_> =
        entries.filter(is_match).map(|entry| entry.path()).take(MAX_FILES).collect();
    files.sort();
    files
}
