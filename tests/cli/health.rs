//! `/healthz` and `/readyz`, for load balancers and service managers.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use dialscript::circuit_breaker::BreakerState;
use dialscript::metrics::{MetricsSnapshot, Readiness, ScriptInfo, respond};
use dialscript::script::definition::{ScriptState, ScriptVersion};
use dialscript::telemetry::phase::ServerPhase;
use dialscript::trigger::upstream::UpstreamState;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::support::config_folder::ConfigFolder;
use crate::support::http_get::request;
use crate::support::net::free_address;
use crate::support::program::DaemonProcess;
use crate::support::wait::blocking_until;

fn upstream(name: &str, breaker: BreakerState) -> UpstreamState {
    UpstreamState {
        name: name.into(),
        breaker,
        times_opened: 0,
        in_flight: 0,
        replies_by_class: [0; 6],
        failed_attempts: 0,
        not_sent: 0,
        total_time: Duration::ZERO,
    }
}

fn script(name: &str, state: ScriptState) -> ScriptInfo {
    let version = (state != ScriptState::Excluded).then(ScriptVersion::default);
    ScriptInfo { script: name.into(), version, state }
}

/// Status and body of the response in this state.
fn ready(readiness: &Readiness) -> (StatusCode, Value) {
    let request = Request::get("/readyz").body(()).unwrap();
    let response = respond(&request, MetricsSnapshot::default, || readiness.clone());
    let body = serde_json::from_str(response.body()).unwrap();
    (response.status(), body)
}

#[test]
fn readiness_follows_the_phase_of_the_server() {
    for (phase, status, word) in [
        (ServerPhase::Starting, StatusCode::SERVICE_UNAVAILABLE, "starting"),
        (ServerPhase::Serving, StatusCode::OK, "serving"),
        (ServerPhase::Draining, StatusCode::SERVICE_UNAVAILABLE, "draining"),
    ] {
        let answer = ready(&Readiness { phase, ..Readiness::default() });
        let body = json!({
            "status": word, "scripts": 0, "excluded": [], "last_valid": [], "open_breakers": [],
        });
        assert_eq!(answer, (status, body));
    }
}

#[test]
fn what_does_not_work_is_named_and_the_daemon_stays_ready() {
    let (status, body) = ready(&Readiness {
        phase: ServerPhase::Serving,
        scripts: vec![
            script("menu", ScriptState::Valid),
            script("order", ScriptState::LastValid),
            script("returns", ScriptState::Excluded),
        ],
        upstreams: vec![
            upstream("crm.example", BreakerState::HalfOpen),
            upstream("shop.example", BreakerState::Open),
            upstream("shop.example", BreakerState::Open),
        ],
    });
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body,
        json!({
            "status": "serving", "scripts": 2, "excluded": ["returns"], "last_valid": ["order"],
            "open_breakers": ["shop.example"],
        })
    );
}

#[test]
fn a_name_can_do_nothing_to_a_terminal() {
    let name = "a\u{1b}[31m\u{9b}\u{202e}\"";
    let readiness =
        Readiness { scripts: vec![script(name, ScriptState::Excluded)], ..Readiness::default() };
    let json = readiness.to_json();
    assert!(json.trim_end().chars().all(|char| matches!(char, ' '..='~')), "{json}");
    assert_eq!(json.lines().count(), 1);
}

#[test]
fn other_paths_and_methods_get_a_clear_error() {
    let response = |method: Method, path: &str| {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        respond(&request, MetricsSnapshot::default, Readiness::default)
    };
    let not_found = response(Method::GET, "/");
    assert_eq!(not_found.status(), StatusCode::NOT_FOUND);
    assert_eq!(not_found.body(), "not found: there is /metrics, /healthz and /readyz\n");
    for path in ["/metrics", "/healthz", "/readyz"] {
        let refused = response(Method::POST, path);
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()["allow"], "GET, HEAD");
        assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
    }
}

/// A daemon with one script, and the addresses of Asterisk's listener and of the metrics.
fn daemon(log: Stdio) -> (DaemonProcess, SocketAddr, SocketAddr) {
    let folder = ConfigFolder::with_scripts(&[("hello", "[otherwise]\nset = { A = 'b' }\n")]);
    let (asterisk, metrics) = (free_address(), free_address());
    folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n\
         [metrics]\nlisten = '{metrics}'\n"
    ));
    (DaemonProcess::start(folder, log), asterisk, metrics)
}

#[test]
fn a_draining_daemon_is_healthy_but_not_ready() {
    let (mut daemon, asterisk, metrics) = daemon(Stdio::null());
    // The first responses may still say that it starts.
    let serving = blocking_until("a ready daemon", || {
        Some(request("GET", metrics, "/readyz")).filter(|response| response.status == 200)
    });
    assert!(serving.body.starts_with("{\"status\":\"serving\""), "{}", serving.body);
    let head = request("HEAD", metrics, "/readyz");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // A call whose switch does not reply keeps the daemon draining.
    let mut call = DaemonProcess::connect(asterisk);
    call.write_all(b"agi_network: yes\nagi_network_script: hello\nagi_uniqueid: 1.1\n\n").unwrap();
    blocking_until("the call", || {
        let text = request("GET", metrics, "/metrics").body;
        text.contains("\ndialscript_calls_under_way 1\n").then_some(())
    });
    daemon.signal("-TERM");
    let draining = blocking_until("the drain", || {
        Some(request("GET", metrics, "/readyz")).filter(|response| response.status == 503)
    });
    assert!(draining.body.starts_with("{\"status\":\"draining\""), "{}", draining.body);
    let health = request("GET", metrics, "/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    drop(call);
    assert_eq!(daemon.process.wait().unwrap().code(), Some(0));
}
