//! Counts in Prometheus's own format, 0.0.4, for whoever does not ask for OpenMetrics.
//!
//! There a counter is described by the name that its samples have, `_total` included, and units and an end are unknown.

use std::collections::BTreeSet;

/// The same counts. Comments are rewritten; samples are alike in both formats.
pub fn to_prometheus_text(open_metrics: &str) -> String {
    let described = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: BTreeSet<&str> =
        described.filter_map(|line| line.strip_suffix(" counter")).collect();
    open_metrics.lines().filter_map(|line| rewrite_comment(line, &counters)).collect()
}

fn rewrite_comment(line: &str, counters: &BTreeSet<&str>) -> Option<String> {
    let Some(comment) = line.strip_prefix("# ") else { return Some(format!("{line}\n")) };
    let mut words = comment.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(kind @ ("HELP" | "TYPE")), Some(name), Some(rest)) => {
            let total = if counters.contains(name) { "_total" } else { "" };
            Some(format!("# {kind} {name}{total} {rest}\n"))
        }
        _ => None,
    }
}
