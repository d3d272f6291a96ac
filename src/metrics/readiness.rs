//! Whether the daemon accepts calls, and what does not work, for load balancers and administrators.

use serde::Serialize;

use super::script_info::ScriptInfo;
use crate::circuit_breaker::BreakerState;
use crate::script::definition::ScriptState;
use crate::script::escape::escape_for_terminal;
use crate::telemetry::phase::ServerPhase;
use crate::trigger::upstream::UpstreamState;

/// Whether the daemon accepts calls, and what does not work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    pub phase: ServerPhase,
    pub scripts: Vec<ScriptInfo>,
    /// Upstreams that requests were sent to.
    pub upstreams: Vec<UpstreamState>,
}

/// The body of a response. It has no reason of anything, because a reason may quote a file.
#[derive(Serialize)]
struct ReadinessBody<'a> {
    status: &'a str,
    /// The number of scripts that are served.
    scripts: usize,
    excluded: Vec<String>,
    last_valid: Vec<String>,
    open_breakers: Vec<String>,
}

impl Readiness {
    /// Whether calls are accepted. An excluded script does not matter: the others must stay reachable.
    pub fn is_ready(&self) -> bool {
        self.phase == ServerPhase::Serving
    }

    /// One JSON object on one line. A terminal interprets nothing in it.
    pub fn to_json(&self) -> String {
        let names = |state| {
            let scripts = self.scripts.iter().filter(move |script| script.state == state);
            scripts.map(|script| safe(&script.script)).collect::<Vec<_>>()
        };
        let excluded = names(ScriptState::Excluded);
        let open = self.upstreams.iter().filter(|upstream| upstream.breaker == BreakerState::Open);
        let mut open_breakers: Vec<_> = open.map(|upstream| safe(&upstream.name)).collect();
        open_breakers.dedup();
        let body = ReadinessBody {
            status: self.phase.as_str(),
            scripts: self.scripts.len() - excluded.len(),
            excluded,
            last_valid: names(ScriptState::LastValid),
            open_breakers,
        };
        serde_json::to_string(&body).unwrap_or_default() + "\n"
    }
}

fn safe(name: &str) -> String {
    escape_for_terminal(name).into_owned()
}
