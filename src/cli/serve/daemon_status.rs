//! The reply to `status`.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::listeners::{ListenerFacts, describe_listeners};
use crate::BUILD_COMMIT;
use crate::control::protocol::{
    ControlReply, DaemonStatus, EngineError, EngineKind, EngineStatus, ListenerStatus,
    RefusedCallStatus, ReloadStatus, ResponseCacheStatus, ScriptStatus, SoundCacheStatus,
};
use crate::script::definition::{ScriptLibrary, ScriptState};
use crate::script::report::CallOutcome;
use crate::server::{CallServer, SwitchListener};
use crate::telemetry::refused_calls::CallRefusal;
use crate::telemetry::{LostLogLines, Switch, milliseconds};
use crate::trigger::HttpTriggerClient;
use crate::trigger::shared_cache::SharedCache;
use crate::voice::{EngineState, VoiceEngines};

/// The most scripts in the reply. Those that are served by their file are left out first.
const MAX_LISTED_SCRIPTS: usize = 10_000;

/// The call server of the daemon.
type StatusServer = CallServer<HttpTriggerClient, VoiceEngines>;

/// What the call server does not know of the daemon.
#[derive(Clone)]
pub(super) struct DaemonFacts {
    pub(super) started_at: Instant,
    pub(super) listeners: Arc<[ListenerFacts]>,
    pub(super) lost_lines: LostLogLines,
}

impl DaemonFacts {
    /// The facts of a daemon that starts now.
    pub(super) fn new(listeners: &[SwitchListener], lost_lines: LostLogLines) -> io::Result<Self> {
        let listeners = describe_listeners(listeners)?.into();
        Ok(Self { started_at: Instant::now(), listeners, lost_lines })
    }
}

/// The state of the daemon, and then its scripts: the excluded ones first, then in the order of their names.
pub(super) fn describe_daemon(server: &StatusServer, facts: &DaemonFacts) -> Vec<ControlReply> {
    let mut scripts = describe_scripts(&server.library());
    scripts.truncate(MAX_LISTED_SCRIPTS);
    let status = ControlReply::Status(Box::new(status(server, facts)));
    std::iter::once(status).chain(scripts.into_iter().map(ControlReply::ScriptStatus)).collect()
}

fn status(server: &StatusServer, facts: &DaemonFacts) -> DaemonStatus {
    let (triggers, voice, library) = (server.triggers(), server.voice(), server.library());
    let ended_calls = server.call_counts().counts();
    let failed = ended_calls.iter().filter(|(_, outcome, _)| *outcome == CallOutcome::Error);
    let upstreams = triggers.upstream_states();
    DaemonStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: Some(BUILD_COMMIT.to_owned()).filter(|commit| !commit.is_empty()),
        pid: std::process::id(),
        uptime_ms: milliseconds(facts.started_at.elapsed()),
        state: server.phase(),
        active_calls: server.active_calls(),
        max_calls: server.max_calls(),
        ended_calls: ended_calls.iter().map(|(_, _, count)| count).sum(),
        failed_calls: failed.map(|(_, _, count)| count).sum(),
        refused_calls: refused_calls(server),
        listeners: facts.listeners.iter().map(describe_listener).collect(),
        script_count: library.scripts.len() + library.excluded.len(),
        upstreams: upstreams.into_iter().map(Into::into).collect(),
        response_cache: describe_response_cache(&triggers),
        speech_engines: describe_engines(&voice),
        sound_cache: describe_sound_cache(&voice),
        lost_log_lines: facts.lost_lines.count(),
        last_reload: describe_reload(server),
    }
}

fn describe_listener(listener: &ListenerFacts) -> ListenerStatus {
    ListenerStatus {
        switch: listener.switch.as_str().to_owned(),
        address: listener.address.to_string(),
        allow: listener.allow.list().iter().map(ToString::to_string).collect(),
    }
}

/// The reasons with a count, with the name of the switch.
fn refused_calls(server: &StatusServer) -> Vec<RefusedCallStatus> {
    let counts = server.refused_calls().counts().into_iter().filter(|(_, _, calls)| *calls > 0);
    let describe = |(switch, reason, calls)| RefusedCallStatus {
        switch: Switch::as_str(switch).to_owned(),
        reason: CallRefusal::as_str(reason).to_owned(),
        calls,
    };
    counts.map(describe).collect()
}

fn describe_response_cache(triggers: &HttpTriggerClient) -> ResponseCacheStatus {
    let (cache, limits) = (triggers.cache(), triggers.cache().limits());
    let mut status = ResponseCacheStatus {
        entries: cache.len(),
        max_entries: limits.max_entries,
        bytes: cache.bytes(),
        max_bytes: limits.max_bytes,
        hits: 0,
        stale: 0,
        misses: 0,
        shared_up: triggers.shared_cache().map(SharedCache::is_up),
    };
    for (_, stats) in cache.script_stats() {
        status.hits += stats.hits;
        status.stale += stats.stale;
        status.misses += stats.misses;
    }
    status
}

fn describe_engines(voice: &VoiceEngines) -> Vec<EngineStatus> {
    let tts = voice.tts_states().into_iter().map(|state| (EngineKind::TextToSpeech, state));
    let asr = voice.asr_state().map(|state| (EngineKind::SpeechRecognition, state));
    tts.chain(asr).map(|(kind, state)| describe_engine(kind, state)).collect()
}

fn describe_engine(kind: EngineKind, state: EngineState) -> EngineStatus {
    let now = Instant::now();
    let last_error = state.last_failure.map(|failure| EngineError {
        reason: failure.reason,
        age_ms: milliseconds(now.saturating_duration_since(failure.at)),
        recovered: failure.recovered,
    });
    EngineStatus { name: state.name, kind, breaker: state.breaker, last_error }
}

fn describe_sound_cache(voice: &VoiceEngines) -> SoundCacheStatus {
    let sounds = voice.snapshot();
    SoundCacheStatus {
        sounds: sounds.cached_sounds,
        bytes: sounds.cached_sound_bytes,
        max_bytes: voice.max_cached_sound_bytes(),
    }
}

fn describe_reload(server: &StatusServer) -> Option<ReloadStatus> {
    let reloads = server.reload_counts().summary();
    let age = SystemTime::now().duration_since(reloads.last_success_at).unwrap_or_default();
    (reloads.succeeded + reloads.failed > 0).then(|| ReloadStatus {
        succeeded: reloads.last_succeeded,
        in_use_for_ms: milliseconds(age),
    })
}

fn describe_scripts(library: &ScriptLibrary) -> Vec<ScriptStatus> {
    let served = library.scripts.values().map(|script| ScriptStatus {
        name: script.name.clone(),
        state: script.state(),
        version: Some(script.version.to_string()),
        last_valid: script.last_valid.map(|at| humantime::format_rfc3339_seconds(at).to_string()),
        reason: library.replaced.get(&script.name).cloned(),
    });
    let excluded = library.excluded.iter().map(|(name, excluded)| ScriptStatus {
        name: name.clone(),
        state: ScriptState::Excluded,
        version: None,
        last_valid: None,
        reason: Some(excluded.reason.clone()),
    });
    let mut scripts: Vec<_> = excluded.chain(served).collect();
    scripts.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
    scripts
}
