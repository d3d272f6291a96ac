//! `dialscript check --json`: one JSON object per line.

use serde::Serialize;

use crate::cli::terminal::print_json;
use crate::config::{ConfigErrors, ConfigWarnings, Diagnostic, SourceRange};

/// An error or a warning.
#[derive(Serialize)]
struct DiagnosticLine<'a> {
    level: &'static str,
    file: &'a str,
    /// Missing if the message is about the whole file.
    #[serde(flatten)]
    range: Option<SourceRange>,
    message: &'a str,
    help: Option<&'a str>,
}

/// The last line.
#[derive(Serialize)]
struct SummaryLine {
    /// The number of scripts. `None` if there are errors.
    scripts: Option<usize>,
    errors: usize,
    warnings: usize,
}

/// A server of `--connect`.
#[derive(Serialize)]
pub(super) struct ServerLine<'a> {
    pub(super) server: &'a str,
    pub(super) used_for: String,
    pub(super) ok: bool,
    pub(super) result: String,
    pub(super) help: Option<&'a str>,
}

pub(super) fn print_errors(errors: &ConfigErrors) {
    errors.iter().for_each(|error| print_diagnostic("error", error));
    print_json(&SummaryLine { scripts: None, errors: errors.len(), warnings: 0 });
}

/// Prints the warnings and the summary of files without errors.
pub(super) fn print_success(scripts: usize, warnings: &ConfigWarnings) {
    warnings.iter().for_each(|warning| print_diagnostic("warning", warning));
    let warnings = warnings.iter().count();
    print_json(&SummaryLine { scripts: Some(scripts), errors: 0, warnings });
}

fn print_diagnostic(level: &'static str, diagnostic: &Diagnostic) {
    let Diagnostic { file, message, help, .. } = diagnostic;
    print_json(&DiagnosticLine {
        level,
        file: &file.name,
        range: diagnostic.range(),
        message,
        help: help.as_deref(),
    });
}
