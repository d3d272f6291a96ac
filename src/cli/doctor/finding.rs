//! Findings, and how they are printed.

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::terminal::{escape_control, print_json, print_line};
use crate::config::counted;

/// The exit code if there are warnings, but no problems.
const EXIT_WARNINGS: u8 = 1;
/// The exit code if there are problems.
const EXIT_PROBLEMS: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FindingLevel {
    Ok,
    /// It could not be found out whether anything is wrong.
    NotChecked,
    /// Something may go wrong.
    Warning,
    /// Calls fail, or callers hear nothing.
    Problem,
}

/// What a check has found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    /// The name of the check.
    check: &'static str,
    pub(super) level: FindingLevel,
    message: String,
    /// The command, or the change, that fixes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, level: FindingLevel::Ok, message: message.into(), fix: None }
    }

    pub(super) fn warning(
        check: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (message, fix) = (message.into(), Some(fix.into()));
        Self { check, level: FindingLevel::Warning, message, fix }
    }

    pub(super) fn problem(
        check: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: FindingLevel::Problem, ..Self::warning(check, message, fix) }
    }

    /// `fix` says how it could be checked.
    pub(super) fn not_checked(
        check: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: FindingLevel::NotChecked, ..Self::warning(check, message, fix) }
    }

    /// For what this user may not look at.
    pub(super) fn not_permitted(check: &'static str, message: impl Into<String>) -> Self {
        Self::not_checked(check, message, "run as root: sudo dialscript doctor")
    }

    fn print(&self) {
        let level = match self.level {
            FindingLevel::Ok => "ok",
            FindingLevel::NotChecked => "not checked",
            FindingLevel::Warning => "warning",
            FindingLevel::Problem => "problem",
        };
        let (check, message) = (self.check, escape_control(&self.message));
        print_line(&format!("{level:<11}  {check:<13}  {message}"));
        if let Some(fix) = &self.fix {
            print_line(&format!("{:28}fix: {}", "", escape_control(fix)));
        }
    }
}

/// Prints findings as soon as they are known, and counts them.
pub(super) struct DoctorReport {
    json: bool,
    warnings: usize,
    problems: usize,
}

impl DoctorReport {
    pub(super) fn new(json: bool) -> Self {
        Self { json, warnings: 0, problems: 0 }
    }

    pub(super) fn extend(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            match self.json {
                true => print_json(&finding),
                false => finding.print(),
            }
            match finding.level {
                FindingLevel::Warning => self.warnings += 1,
                FindingLevel::Problem => self.problems += 1,
                FindingLevel::Ok | FindingLevel::NotChecked => {}
            }
        }
    }

    /// Prints a summary. Returns the exit code.
    pub(super) fn finish(self) -> ExitCode {
        if !self.json {
            let (problems, warnings) = (self.problems, self.warnings);
            print_line(&format!(
                "{}, {}",
                counted(problems, "problem"),
                counted(warnings, "warning")
            ));
        }
        match (self.problems, self.warnings) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(EXIT_WARNINGS),
            _ => ExitCode::from(EXIT_PROBLEMS),
        }
    }
}
