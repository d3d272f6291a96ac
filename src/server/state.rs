//! What all calls of a server share.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::active_calls::ActiveCalls;
use super::handshake_failures::HandshakeFailures;
use super::refusal::CallRefuser;
use crate::agi::peers::AgiPeers;
use crate::script::definition::ScriptLibrary;
use crate::telemetry::call_counts::CallCounts;
use crate::telemetry::call_times::CallTimes;
use crate::telemetry::refused_calls::RefusedCalls;
use crate::telemetry::reload_counts::ReloadCounts;
use crate::trace::SpanQueue;

/// The limits of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// How long a switch may take to send its first message.
    pub handshake_timeout: Duration,
    /// The maximum number of calls in progress.
    pub max_calls: usize,
    /// The longest duration of a call.
    pub longest_call: Duration,
    /// How long active calls may continue when the daemon stops.
    pub grace: Duration,
}

/// What a call begins with, and keeps until it ends. A reload replaces it for new calls.
pub(crate) struct CallContext<T, V> {
    pub(crate) limits: ServerLimits,
    pub(crate) library: Arc<ScriptLibrary>,
    /// The client that sends the scripts' requests.
    pub(crate) triggers: Arc<T>,
    /// Text-to-speech, speech recognition and sounds.
    pub(crate) voice: Arc<V>,
}

/// What all calls of a server share.
pub(super) struct ServerState<T, V> {
    /// For new calls.
    context: RwLock<Arc<CallContext<T, V>>>,
    /// Calls, refusals and accept loops.
    pub(super) tasks: TaskTracker,
    pub(super) refuser: CallRefuser,
    pub(super) call_counts: CallCounts,
    pub(super) active_calls: ActiveCalls,
    pub(super) agi_peers: Arc<AgiPeers>,
    /// Where the spans of calls go; `None` if traces are not exported.
    pub(super) spans: Option<Arc<SpanQueue>>,
    pub(super) call_times: CallTimes,
    pub(super) refused_calls: RefusedCalls,
    pub(super) handshake_failures: HandshakeFailures,
    pub(super) reload_counts: ReloadCounts,
    /// Cancelled when the grace time is over: all calls must end.
    pub(super) force_stop: CancellationToken,
}

impl<T, V> ServerState<T, V> {
    pub(super) fn new(context: CallContext<T, V>, spans: Option<Arc<SpanQueue>>) -> Self {
        let tasks = TaskTracker::new();
        Self {
            context: RwLock::new(Arc::new(context)),
            refuser: CallRefuser::new(tasks.clone()),
            tasks,
            call_counts: CallCounts::default(),
            active_calls: ActiveCalls::default(),
            agi_peers: Arc::default(),
            spans,
            call_times: CallTimes::default(),
            refused_calls: RefusedCalls::default(),
            handshake_failures: HandshakeFailures::default(),
            reload_counts: ReloadCounts::default(),
            force_stop: CancellationToken::new(),
        }
    }

    pub(super) fn context(&self) -> Arc<CallContext<T, V>> {
        self.context.read().clone()
    }

    pub(super) fn replace_context(&self, context: CallContext<T, V>) {
        *self.context.write() = Arc::new(context);
        self.reload_counts.record_success();
    }
}
