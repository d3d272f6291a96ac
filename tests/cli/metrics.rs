//! The text of the metrics.

use std::time::Duration;

use dialscript::circuit_breaker::BreakerState;
use dialscript::histogram::{DurationHistograms, MAX_LABEL_SETS};
use dialscript::metrics::{MetricsSnapshot, ProcessSnapshot, render, to_prometheus_text};
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
    let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let version = env!("CARGO_PKG_VERSION");
    let commit = dialscript::BUILD_COMMIT;
    let program = format!("dialscript_build_info{{version=\"{version}\",commit=\"{commit}\"}} 1");
    let expected = [
        "dialscript_calls_under_way 0",
        "dialscript_calls_limit 0",
        "dialscript_cache_entries 0",
        "dialscript_cache_bytes 0",
        "dialscript_sound_cache_entries 0",
        "dialscript_sound_cache_bytes 0",
        &program,
        "dialscript_scripts{state=\"valid\"} 0",
        "dialscript_scripts{state=\"last_valid\"} 0",
        "dialscript_scripts{state=\"excluded\"} 0",
        "dialscript_reloads_total{result=\"success\"} 0",
        "dialscript_reloads_total{result=\"failure\"} 0",
        "dialscript_reload_last_successful 1",
        "dialscript_reload_last_success_timestamp_seconds 0.0",
        "dialscript_log_lines_lost_total 0",
    ];
    assert_eq!(samples, expected);
}

#[test]
fn a_histogram_has_its_buckets_sum_and_count_in_both_formats() {
    let times = DurationHistograms::<2>::new(&[0.5, 1.0]);
    for milliseconds in [250, 750, 5000] {
        times.observe(["order", "shop.example"], Duration::from_millis(milliseconds));
    }
    let snapshot = MetricsSnapshot { trigger_waits: times.samples(), ..MetricsSnapshot::default() };
    let open_metrics = render(snapshot).unwrap();
    let prometheus = to_prometheus_text(&open_metrics);
    let labels = "script=\"order\",upstream=\"shop.example\"";
    for text in [&open_metrics, &prometheus] {
        for line in [
            "# TYPE dialscript_trigger_seconds histogram\n".to_owned(),
            format!("dialscript_trigger_seconds_sum{{{labels}}} 6.0\n"),
            format!("dialscript_trigger_seconds_count{{{labels}}} 3\n"),
            format!("dialscript_trigger_seconds_bucket{{le=\"0.5\",{labels}}} 1\n"),
            format!("dialscript_trigger_seconds_bucket{{le=\"1.0\",{labels}}} 2\n"),
            format!("dialscript_trigger_seconds_bucket{{le=\"+Inf\",{labels}}} 3\n"),
        ] {
            assert_eq!(text.matches(&line).count(), 1, "{line} in {text}");
        }
    }
    assert!(open_metrics.contains("# UNIT dialscript_trigger_seconds seconds\n"));
}

#[test]
fn the_labels_of_a_histogram_are_bounded() {
    let times = DurationHistograms::<1>::new(&[1.0]);
    for number in 0..3 * MAX_LABEL_SETS {
        times.observe([&format!("script-{number}")], Duration::ZERO);
    }
    let snapshot = MetricsSnapshot { input_times: times.samples(), ..MetricsSnapshot::default() };
    let text = render(snapshot).unwrap();
    assert_eq!(text.matches("dialscript_input_seconds_count").count(), MAX_LABEL_SETS + 1);
    let rest = 2 * MAX_LABEL_SETS;
    assert!(text.contains(&format!("dialscript_input_seconds_count{{script=\"other\"}} {rest}\n")));
}

#[test]
fn the_metrics_of_the_process_have_the_names_that_all_programs_use() {
    let process = ProcessSnapshot::read();
    let text = render(MetricsSnapshot { process, ..MetricsSnapshot::default() }).unwrap();
    for (name, least) in [
        ("process_cpu_seconds_total", 0.0),
        ("process_resident_memory_bytes", 100_000.0),
        ("process_virtual_memory_bytes", 100_000.0),
        ("process_open_fds", 3.0),
        ("process_max_fds", 3.0),
        ("process_start_time_seconds", 1_600_000_000.0),
        ("process_threads", 1.0),
    ] {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        assert!(line.trim().parse::<f64>().unwrap() >= least, "{name}{line}");
    }
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
