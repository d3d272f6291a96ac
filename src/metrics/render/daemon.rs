//! The metrics of the daemon itself: its version, its scripts, reloads, the log.

use std::fmt;
use std::time::SystemTime;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::sample::{encode_counter, encode_family, encode_gauge, encode_metric, saturating_i64};
use crate::BUILD_COMMIT;
use crate::metrics::snapshot::MetricsSnapshot;
use crate::script::definition::ScriptState;
use crate::telemetry::reload_counts::ReloadSummary;

pub(super) fn encode_daemon(
    into: &mut DescriptorEncoder<'_>,
    snapshot: &MetricsSnapshot,
) -> fmt::Result {
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("commit", BUILD_COMMIT)];
    let info = std::iter::once((labels, ConstGauge::new(1_i64)));
    encode_family(into, "build_info", "The program", None, info)?;
    encode_scripts(into, snapshot)?;
    encode_reloads(into, &snapshot.reloads)?;
    let help = "Log lines that could not be written";
    encode_counter(into, "log_lines_lost", help, snapshot.lost_log_lines)
}

fn encode_scripts(into: &mut DescriptorEncoder<'_>, snapshot: &MetricsSnapshot) -> fmt::Result {
    let scripts = &snapshot.scripts;
    let count = |state| scripts.iter().filter(|script| script.state == state).count();
    let counts = ScriptState::ALL
        .into_iter()
        .map(|state| ([("state", state.as_str())], ConstGauge::new(saturating_i64(count(state)))));
    encode_family(into, "scripts", "Scripts by state", None, counts)?;
    let versions: Vec<_> = scripts
        .iter()
        .map(|script| script.version.map(|version| version.to_string()).unwrap_or_default())
        .collect();
    let infos = scripts.iter().zip(&versions).map(|(script, version)| {
        let labels = [
            ("script", &*script.script),
            ("version", version.as_str()),
            ("state", script.state.as_str()),
        ];
        (labels, ConstGauge::new(1_i64))
    });
    encode_family(into, "script_info", "The version of each script", None, infos)
}

fn encode_reloads(into: &mut DescriptorEncoder<'_>, reloads: &ReloadSummary) -> fmt::Result {
    let results = [("success", reloads.succeeded), ("failure", reloads.failed)];
    let results = results.into_iter();
    let results = results.map(|(result, count)| ([("result", result)], ConstCounter::new(count)));
    encode_family(into, "reloads", "Reloads by result", None, results)?;
    let help = "1 if the last reload was successful, else 0";
    encode_gauge(into, "reload_last_successful", help, usize::from(reloads.last_succeeded))?;
    let loaded_at = reloads.last_success_at.duration_since(SystemTime::UNIX_EPOCH);
    let loaded_at = ConstGauge::new(loaded_at.unwrap_or_default().as_secs_f64());
    let (name, help) = ("reload_last_success_timestamp", "When the scripts in use were loaded");
    encode_metric(into, name, help, Some(&Unit::Seconds), &loaded_at)
}
