//! The text of the metrics.

use std::time::Duration;

use dialscript::circuit_breaker::BreakerState;
use dialscript::metrics::{MetricsSnapshot, render, to_prometheus_text};
use dialscript::trigger::upstream::UpstreamState;

fn upstream(name: &str, breaker: BreakerState) -> UpstreamState {
    UpstreamState {
        name: name.into(),
        breaker,
        times_opened: 1,
        in_flight: 2,
        replies_by_class: [0, 0, 3, 0, 0, 4],
        failed_attempts: 5,
        not_sent: 6,
        total_time: Duration::from_millis(1500),
    }
}

#[test]
fn a_new_daemon_has_only_zero_values() {
    let text = render(MetricsSnapshot::default()).unwrap();
    insta::assert_snapshot!(text, @r"
    # HELP dialscript_calls_under_way Calls in progress
    # TYPE dialscript_calls_under_way gauge
    dialscript_calls_under_way 0
    # HELP dialscript_cache_entries Cached answers
    # TYPE dialscript_cache_entries gauge
    dialscript_cache_entries 0
    # HELP dialscript_cache_bytes Size of the cached answers
    # TYPE dialscript_cache_bytes gauge
    dialscript_cache_bytes 0
    # HELP dialscript_log_lines_lost Log lines that could not be written
    # TYPE dialscript_log_lines_lost counter
    dialscript_log_lines_lost_total 0
    # EOF
    ");
}

#[test]
fn upstreams_with_the_same_name_are_added_and_show_the_worst_breaker_state() {
    let states = [BreakerState::HalfOpen, BreakerState::Open, BreakerState::Closed];
    let upstreams = states.map(|breaker| upstream("*.shop.example", breaker));
    let snapshot = MetricsSnapshot { upstreams: upstreams.into(), ..MetricsSnapshot::default() };
    let text = render(snapshot).unwrap();
    for line in [
        "dialscript_upstream_answers_total{upstream=\"*.shop.example\",class=\"2xx\"} 9\n",
        "dialscript_upstream_failures_total{upstream=\"*.shop.example\"} 15\n",
        "dialscript_upstream_seconds_total{upstream=\"*.shop.example\"} 4.5\n",
        "dialscript_upstream_under_way{upstream=\"*.shop.example\"} 6\n",
        "dialscript_upstream_breaker{upstream=\"*.shop.example\"} 2\n",
        "dialscript_upstream_breaker_opened_total{upstream=\"*.shop.example\"} 3\n",
    ] {
        assert_eq!(text.matches(line).count(), 1, "{line} in {text}");
    }
}

#[test]
fn without_open_metrics_the_comments_of_counters_have_the_names_of_the_samples() {
    let upstreams = vec![upstream("shop.example", BreakerState::Closed)];
    let snapshot = MetricsSnapshot { upstreams, ..MetricsSnapshot::default() };
    let text = to_prometheus_text(&render(snapshot).unwrap());
    for line in [
        "# HELP dialscript_upstream_seconds_total Total duration of all attempts\n",
        "# TYPE dialscript_upstream_seconds_total counter\n",
        "dialscript_upstream_seconds_total{upstream=\"shop.example\"} 1.5\n",
        "# TYPE dialscript_upstream_under_way gauge\n",
    ] {
        assert_eq!(text.matches(line).count(), 1, "{line} in {text}");
    }
    assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
}
