//! `dialscript check --json`: one JSON object per line.

use serde::Serialize;

use crate::cli::terminal::print_json;
use crate::config::{ConfigErrors, ConfigWarnings, Diagnostic};
use crate::control::protocol::{DiagnosticLevel, DiagnosticRange, FileDiagnostic};

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
    errors.iter().for_each(|error| print_diagnostic(DiagnosticLevel::Error, error));
    print_json(&SummaryLine { scripts: None, errors: errors.len(), warnings: 0 });
}

/// Prints the warnings and the summary of files without errors.
pub(super) fn print_success(scripts: usize, warnings: &ConfigWarnings) {
    warnings.iter().for_each(|warning| print_diagnostic(DiagnosticLevel::Warning, warning));
    let warnings = warnings.iter().count();
    print_json(&SummaryLine { scripts: Some(scripts), errors: 0, warnings });
}

fn print_diagnostic(level: DiagnosticLevel, diagnostic: &Diagnostic) {
    print_json(&file_diagnostic(level, diagnostic));
}

/// The fields of an error or a warning, without the text that is printed.
pub(in crate::cli) fn file_diagnostic(
    level: DiagnosticLevel,
    diagnostic: &Diagnostic,
) -> FileDiagnostic {
    let range = diagnostic.range().map(|range| DiagnosticRange {
        line: range.line,
        column: range.column,
        end_line: range.end_line,
        end_column: range.end_column,
    });
    FileDiagnostic {
        level,
        file: diagnostic.file.name.clone(),
        range,
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        text: None,
    }
}
