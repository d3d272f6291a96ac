//! The replies to a reload.

use serde::{Deserialize, Serialize};

/// An error or a warning about a file of the configuration. Its fields are those of `dialscript check --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiagnostic {
    pub level: DiagnosticLevel,
    pub file: String,
    /// Lines and columns count from 1. `None` if the message is about the whole file.
    #[serde(flatten)]
    pub range: Option<DiagnosticRange>,
    pub message: String,
    pub help: Option<String>,
    /// What `dialscript check` prints, without colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticLevel {
    Error,
    Warning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticRange {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// What a successful reload has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// The number of scripts.
    pub scripts: usize,
    /// The scripts that were not there before.
    pub new: Vec<LoadedScript>,
    /// The scripts whose files have changed.
    pub changed: Vec<ReplacedScript>,
    /// The names of the scripts that are not there any more.
    pub removed: Vec<String>,
    /// The keys of the daemon's file with new values in use, such as `[server] max_calls`, and secrets with new values,
    /// such as `{secret.SHOP}`.
    pub applied: Vec<String>,
    /// The keys of the daemon's file whose new values take effect after a restart.
    pub needs_restart: Vec<String>,
    /// The number of warnings. Some of them may have been left out.
    pub warnings: usize,
}

/// A script and the version of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedScript {
    pub name: String,
    pub version: String,
}

/// A script whose file has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedScript {
    pub name: String,
    pub old_version: String,
    pub version: String,
}

/// Why a reload has changed nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadFailure {
    /// The number of errors in files. Some of them may have been left out.
    pub errors: usize,
    /// The number of files with errors.
    pub files: usize,
    /// The reason, if the files have no errors.
    pub reason: Option<String>,
}
