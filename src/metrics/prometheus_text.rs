//! The Prometheus text format 0.0.4, for clients that do not accept OpenMetrics.
//!
//! In this format, the comments of a counter contain the name of its samples, which ends with `_total`. There is no
//! `# UNIT` and no `# EOF`.

use std::collections::BTreeSet;

/// Converts OpenMetrics text. Only comments differ: samples are the same in both formats.
pub fn to_prometheus_text(open_metrics: &str) -> String {
    let types = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: BTreeSet<&str> = types.filter_map(|line| line.strip_suffix(" counter")).collect();
    open_metrics.lines().filter_map(|line| rewrite_comment(line, &counters)).collect()
}

fn rewrite_comment(line: &str, counters: &BTreeSet<&str>) -> Option<String> {
    let Some(comment) = line.strip_prefix("# ") else { return Some(format!("{line}\n")) };
    let mut words = comment.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(keyword @ ("HELP" | "TYPE")), Some(name), Some(rest)) => {
            let total = if counters.contains(name) { "_total" } else { "" };
            Some(format!("# {keyword} {name}{total} {rest}\n"))
        }
        _ => None,
    }
}
