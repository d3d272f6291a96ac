//! The result of a reload, for `dialscript reload`.

use crate::cli::check::json::file_diagnostic;
use crate::config::{ChangedKeys, Config, ConfigErrors, ConfigWarnings, Diagnostic};
use crate::control::protocol::{
    ControlReply, DiagnosticLevel, FileDiagnostic, LoadedScript, ReloadFailure, ReloadReport,
    ReplacedScript,
};
use crate::script::definition::ScriptLibrary;
use crate::trigger::TriggerSetupError;

/// The most errors or warnings in a reply.
const MAX_DIAGNOSTICS: usize = 200;
/// The longest text in a reply, in bytes. An error shows the line of the file, which can be long.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// A successful reload.
pub(super) struct ReloadSuccess {
    pub(super) report: ReloadReport,
    pub(super) warnings: ConfigWarnings,
}

/// Why a reload has changed nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReloadError {
    #[error("the files have errors")]
    Files(ConfigErrors),
    #[error(transparent)]
    Setup(#[from] TriggerSetupError),
    /// A restart has begun.
    #[error("new calls are for the next process of this service")]
    Left,
    /// A bug: the task has panicked.
    #[error("the reload was aborted")]
    Aborted,
}

/// Compares the scripts and secrets of `config` with those that it has replaced.
pub(super) fn report(
    replaced: &ScriptLibrary,
    config: &Config,
    keys: &ChangedKeys,
) -> ReloadReport {
    let library = &config.library;
    let mut report = ReloadReport {
        scripts: library.scripts.len(),
        needs_restart: keys.needs_restart.iter().map(ToString::to_string).collect(),
        applied: keys.applied.iter().map(ToString::to_string).collect(),
        warnings: config.warnings.iter().count(),
        ..ReloadReport::default()
    };
    let secrets = library.secrets.changed_names(&replaced.secrets);
    report.applied.extend(secrets.map(|name| format!("{{secret.{name}}}")));
    for (name, script) in &library.scripts {
        let (name, version) = (name.clone(), script.version.to_string());
        match replaced.scripts.get(&name).map(|old| old.version) {
            None => report.new.push(LoadedScript { name, version }),
            Some(old) if old == script.version => {}
            Some(old) => {
                let old_version = old.to_string();
                report.changed.push(ReplacedScript { name, old_version, version });
            }
        }
    }
    let removed = replaced.scripts.keys().filter(|name| !library.scripts.contains_key(*name));
    report.removed = removed.cloned().collect();
    report.new.sort_by(|a, b| a.name.cmp(&b.name));
    report.changed.sort_by(|a, b| a.name.cmp(&b.name));
    report.removed.sort();
    report
}

pub(super) fn reload_replies(result: Result<ReloadSuccess, ReloadError>) -> Vec<ControlReply> {
    match result {
        Ok(ReloadSuccess { report, warnings }) => {
            let warnings = warnings.iter().take(MAX_DIAGNOSTICS);
            let replies = warnings.map(|warning| diagnostic(DiagnosticLevel::Warning, warning));
            replies.chain([ControlReply::Reloaded(Box::new(report))]).collect()
        }
        Err(ReloadError::Files(errors)) => {
            let failure =
                ReloadFailure { errors: errors.len(), files: file_count(&errors), reason: None };
            let errors = errors.iter().take(MAX_DIAGNOSTICS);
            let replies = errors.map(|error| diagnostic(DiagnosticLevel::Error, error));
            replies.chain([ControlReply::ReloadFailed(failure)]).collect()
        }
        Err(other) => {
            let reason = Some(other.to_string());
            vec![ControlReply::ReloadFailed(ReloadFailure { reason, ..ReloadFailure::default() })]
        }
    }
}

fn file_count(errors: &ConfigErrors) -> usize {
    let mut files: Vec<_> = errors.iter().map(|error| &error.file.name).collect();
    files.dedup();
    files.len()
}

fn diagnostic(level: DiagnosticLevel, diagnostic: &Diagnostic) -> ControlReply {
    let text = match level {
        DiagnosticLevel::Error => diagnostic.error_text(),
        DiagnosticLevel::Warning => diagnostic.warning_text(),
    };
    let fields = file_diagnostic(level, diagnostic);
    ControlReply::Diagnostic(FileDiagnostic {
        message: shortened(fields.message),
        help: fields.help.map(shortened),
        text: Some(shortened(text)),
        ..fields
    })
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push('…');
    }
    text
}
