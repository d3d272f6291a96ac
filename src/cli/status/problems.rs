//! What is wrong with the daemon, and what helps.

use serde::Serialize;

use crate::circuit_breaker::BreakerState;
use crate::cli::elapsed::elapsed_text;
use crate::control::protocol::{
    ControlUpstream, DaemonStatus, EngineKind, EngineStatus, ScriptStatus,
};
use crate::script::definition::ScriptState;
use crate::telemetry::phase::ServerPhase;

/// The most problems of one kind that are listed.
const MAX_OF_A_KIND: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// One sentence.
    pub(super) problem: String,
    /// What helps: a command, with a few words if needed.
    pub(super) help: String,
}

impl Problem {
    fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

/// The problems, the gravest first.
pub(super) fn find_problems(status: &DaemonStatus, scripts: &[ScriptStatus]) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(call_problems(status));
    problems.extend(script_problems(scripts));
    problems.extend(at_most(upstream_problems(status), "web applications"));
    problems.extend(at_most(engine_problems(status), "speech engines"));
    problems.extend(other_problems(status));
    problems
}

fn call_problems(status: &DaemonStatus) -> Vec<Problem> {
    let mut problems = Vec::new();
    match status.state {
        ServerPhase::Serving => {}
        ServerPhase::Starting => problems.push(Problem::new(
            "The daemon is starting: it does not accept calls yet.",
            "see its log if this lasts: journalctl -u dialscript -n 50",
        )),
        ServerPhase::Draining => problems.push(Problem::new(
            "The daemon is stopping: it refuses new calls, and active calls continue until the \
             grace time ends.",
            "start it again when it has stopped: systemctl start dialscript",
        )),
    }
    if status.active_calls >= status.max_calls {
        problems.push(Problem::new(
            format!(
                "All {} calls of `max_calls` are in use: new calls are refused.",
                status.max_calls
            ),
            "see what they are doing: dialscript calls. Raise `max_calls` in [server] if they are \
             as they should be",
        ));
    }
    if status.script_count == 0 {
        problems.push(Problem::new(
            "There are no scripts: every call is refused.",
            "write one: dialscript new NAME",
        ));
    }
    problems
}

fn script_problems(scripts: &[ScriptStatus]) -> Vec<Problem> {
    let faulty = |wanted, describe: fn(&ScriptStatus) -> String| {
        let scripts = scripts.iter().filter(move |script| script.state == wanted);
        let problems = scripts.map(|script| {
            Problem::new(describe(script), "dialscript check, correct the file, dialscript reload")
        });
        at_most(problems.collect(), "scripts")
    };
    let mut problems = faulty(ScriptState::Excluded, |script| {
        let reason = script.reason.as_deref().unwrap_or("its file has errors");
        format!("Calls for the script {} are refused: {reason}", script.name)
    });
    problems.extend(faulty(ScriptState::LastValid, |script| {
        let since = script.last_valid.as_deref().unwrap_or("before");
        let reason = script.reason.as_deref().unwrap_or("its file has errors");
        format!("The version of {since} of the script {} serves: {reason}", script.name)
    }));
    problems
}

fn upstream_problems(status: &DaemonStatus) -> Vec<Problem> {
    let failing =
        status.upstreams.iter().filter(|upstream| upstream.breaker != BreakerState::Closed);
    let describe = |upstream: &ControlUpstream| {
        let name = &upstream.name;
        let problem = match upstream.breaker {
            BreakerState::Open => format!("{name} fails: no requests are sent to it for a while."),
            _ => format!("{name} failed at last: the next request to it is a trial."),
        };
        Problem::new(problem, "see whether it can be reached: dialscript check --connect")
    };
    failing.map(describe).collect()
}

fn engine_problems(status: &DaemonStatus) -> Vec<Problem> {
    let engines = status.speech_engines.iter();
    engines.filter(|engine| is_failing(engine)).map(engine_problem).collect()
}

/// Whether the breaker is not closed. An engine without a breaker is failing if its last attempt has failed.
fn is_failing(engine: &EngineStatus) -> bool {
    match engine.breaker {
        Some(breaker) => breaker != BreakerState::Closed,
        None => engine.last_error.as_ref().is_some_and(|error| !error.recovered),
    }
}

fn engine_problem(engine: &EngineStatus) -> Problem {
    let kind = match engine.kind {
        EngineKind::TextToSpeech => "text-to-speech engine",
        EngineKind::SpeechRecognition => "speech recognizer",
    };
    let reason = match &engine.last_error {
        Some(error) => format!(", {} ago: {}", elapsed_text(error.age_ms), error.reason),
        None => ".".to_owned(),
    };
    Problem::new(
        format!("The {kind} {} failed{reason}", engine.name),
        "try it: sudo dialscript doctor; the log has more: journalctl -u dialscript -n 50",
    )
}

fn other_problems(status: &DaemonStatus) -> Vec<Problem> {
    let mut problems = Vec::new();
    if status.response_cache.shared_up == Some(false) {
        problems.push(Problem::new(
            "The server of the shared cache does not answer: each daemon uses only its own cache.",
            "see why: dialscript check --connect",
        ));
    }
    if status.last_reload.as_ref().is_some_and(|reload| !reload.succeeded) {
        problems.push(Problem::new(
            "The last reload failed: the scripts and settings before it are in use.",
            "dialscript check, correct the files, dialscript reload",
        ));
    }
    problems
}

/// The first problems of one kind. The others are counted.
fn at_most(mut problems: Vec<Problem>, kind: &str) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MAX_OF_A_KIND);
    problems.truncate(MAX_OF_A_KIND);
    if more > 0 {
        let problem = format!("The same of {more} more {kind}.");
        problems.push(Problem::new(problem, "list all of them: dialscript status --json"));
    }
    problems
}

#[cfg(test)]
mod tests;
