use super::find_problems;
use crate::circuit_breaker::BreakerState;
use crate::control::protocol::{
    ControlUpstream, DaemonStatus, EngineError, EngineKind, EngineStatus, ReloadStatus,
    ResponseCacheStatus, ScriptStatus, SoundCacheStatus,
};
use crate::script::definition::ScriptState;
use crate::telemetry::phase::ServerPhase;

/// A daemon without a problem.
fn healthy() -> DaemonStatus {
    DaemonStatus {
        version: "1.0.0".into(),
        commit: None,
        pid: 1,
        uptime_ms: 1,
        state: ServerPhase::Serving,
        active_calls: 1,
        max_calls: 2,
        ended_calls: 0,
        failed_calls: 0,
        refused_calls: Vec::new(),
        listeners: Vec::new(),
        script_count: 1,
        upstreams: vec![upstream("fine.example", BreakerState::Closed)],
        response_cache: ResponseCacheStatus {
            entries: 0,
            max_entries: 1,
            bytes: 0,
            max_bytes: 1,
            hits: 0,
            stale: 0,
            misses: 0,
            shared_up: Some(true),
        },
        speech_engines: vec![engine(Some(BreakerState::Closed), false), engine(None, true)],
        sound_cache: SoundCacheStatus { sounds: 0, bytes: 0, max_bytes: 1 },
        lost_log_lines: 0,
        last_reload: Some(ReloadStatus { succeeded: true, in_use_for_ms: 1 }),
    }
}

fn upstream(name: &str, breaker: BreakerState) -> ControlUpstream {
    let (active_requests, answered, failed, refused) = Default::default();
    ControlUpstream { name: name.into(), breaker, active_requests, answered, failed, refused }
}

fn engine(breaker: Option<BreakerState>, recovered: bool) -> EngineStatus {
    let last_error = Some(EngineError { reason: "it crashed".into(), age_ms: 3_000, recovered });
    EngineStatus { name: "one".into(), kind: EngineKind::TextToSpeech, breaker, last_error }
}

fn script(name: &str, state: ScriptState) -> ScriptStatus {
    let last_valid = (state == ScriptState::LastValid).then(|| "2026-01-01T00:00:00Z".into());
    ScriptStatus { name: name.into(), state, version: None, last_valid, reason: None }
}

fn problems(status: &DaemonStatus) -> Vec<String> {
    let problems = find_problems(status, &[]).into_iter();
    problems.map(|problem| problem.problem).collect()
}

#[test]
fn a_healthy_daemon_has_no_problem() {
    assert_eq!(find_problems(&healthy(), &[script("a", ScriptState::Valid)]), []);
}

#[test]
fn each_problem_is_found() {
    let last_reload = Some(ReloadStatus { succeeded: false, in_use_for_ms: 1 });
    let response_cache = ResponseCacheStatus { shared_up: Some(false), ..healthy().response_cache };
    let faulty = [
        (DaemonStatus { state: ServerPhase::Starting, ..healthy() }, "The daemon is starting"),
        (DaemonStatus { state: ServerPhase::Draining, ..healthy() }, "The daemon is stopping"),
        (DaemonStatus { active_calls: 2, ..healthy() }, "All 2 calls of `max_calls`"),
        (DaemonStatus { script_count: 0, ..healthy() }, "There are no scripts"),
        (
            DaemonStatus {
                upstreams: vec![upstream("a.example", BreakerState::Open)],
                ..healthy()
            },
            "a.example fails",
        ),
        (
            DaemonStatus {
                upstreams: vec![upstream("a.example", BreakerState::HalfOpen)],
                ..healthy()
            },
            "a.example failed at last",
        ),
        (
            DaemonStatus {
                speech_engines: vec![engine(Some(BreakerState::Open), false)],
                ..healthy()
            },
            "The text-to-speech engine one failed, 3.0 s ago: it crashed",
        ),
        (
            DaemonStatus { speech_engines: vec![engine(None, false)], ..healthy() },
            "The text-to-speech engine one failed",
        ),
        (DaemonStatus { response_cache, ..healthy() }, "The server of the shared cache"),
        (DaemonStatus { last_reload, ..healthy() }, "The last reload failed"),
    ];
    for (status, problem) in faulty {
        let found = problems(&status);
        assert!(found.len() == 1 && found[0].starts_with(problem), "{problem}: {found:?}");
    }
}

#[test]
fn faulty_scripts_are_problems_and_of_many_the_first_ten_are_named() {
    let scripts: Vec<_> =
        (0..13).map(|number| script(&format!("s{number}"), ScriptState::Excluded)).collect();
    let found = find_problems(&healthy(), &scripts);
    assert_eq!(found.len(), 11);
    assert!(found[0].problem.starts_with("Calls for the script s0 are refused"), "{found:?}");
    assert_eq!(found[10].problem, "The same of 3 more scripts.");
    let found = find_problems(&healthy(), &[script("a", ScriptState::LastValid)]);
    let expected =
        "The version of 2026-01-01T00:00:00Z of the script a serves: its file has errors";
    assert_eq!(found[0].problem, expected);
}
