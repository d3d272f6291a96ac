//! Accepts calls, limits their number, and drains them when the daemon stops.
//!
//! A connection that must be refused is accepted first, and then refused in the protocol of the switch. If it stayed in
//! the backlog of the socket, the caller would hear nothing.

mod active_calls;
mod call;
mod handshake_failures;
mod refusal;
mod state;
mod stop_requests;
mod switch_handler;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::listener::{
    self, AcceptPulse, AllowedNetworks, BacklogAtStop, ConnectionLimit, NetworkListener,
};
use crate::script::definition::ScriptLibrary;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;
use crate::telemetry::call_counts::CallCounts;
use crate::telemetry::call_times::CallTimes;
use crate::telemetry::phase::ServerPhase;
use crate::telemetry::refused_calls::RefusedCalls;
use crate::telemetry::reload_counts::ReloadCounts;
use crate::trace::SpanQueue;

pub(crate) use active_calls::ActiveCall;
use state::ServerState;
pub(crate) use state::{CallContext, ServerLimits};
pub(crate) use stop_requests::StopRequests;
use switch_handler::SwitchHandler;

/// A listening socket for switches of one kind.
#[derive(Debug)]
pub(crate) struct SwitchListener {
    pub(crate) switch: Switch,
    pub(crate) listener: NetworkListener,
}

impl SwitchListener {
    /// Opens a listening socket.
    ///
    /// # Errors
    ///
    /// If the address is in use, or is not an address of this host.
    pub(crate) fn bind(
        switch: Switch,
        address: SocketAddr,
        allow: impl Into<AllowedNetworks>,
    ) -> io::Result<Self> {
        let table = Self::table(switch);
        Ok(Self { switch, listener: NetworkListener::bind(table, address, allow)? })
    }

    /// The table of the configuration file with the addresses for a switch.
    pub(crate) fn table(switch: Switch) -> &'static str {
        match switch {
            Switch::Asterisk => "[asterisk]",
            Switch::FreeSwitch => "[freeswitch]",
        }
    }

    /// The networks that may connect.
    pub(crate) fn allow(&self) -> AllowedNetworks {
        self.listener.allow.clone()
    }

    /// The address that the socket listens on.
    ///
    /// # Errors
    ///
    /// If the operating system reports an error.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.socket.local_addr()
    }
}

pub(crate) struct CallServer<T, V> {
    state: Arc<ServerState<T, V>>,
    call_limit: ConnectionLimit,
    /// Cancelled when the daemon stops accepting new calls.
    draining: CancellationToken,
    /// Answered by the accept loops.
    pulses: Mutex<Vec<Arc<AcceptPulse>>>,
    /// Set when the listeners for switches begin to accept.
    is_serving: AtomicBool,
}

/// The timeout for handing all remaining calls back to the dialplan after the grace time.
const FORCED_HANDBACK_TIMEOUT: Duration = Duration::from_secs(8);

impl<T: TriggerClient + 'static, V: VoiceService + 'static> CallServer<T, V> {
    /// Creates a server. It accepts calls after [`serve`](Self::serve) is called.
    pub(crate) fn new(context: CallContext<T, V>, spans: Option<Arc<SpanQueue>>) -> Arc<Self> {
        Arc::new(Self {
            call_limit: ConnectionLimit::refusing(context.limits.max_calls, "max_calls"),
            state: Arc::new(ServerState::new(context, spans)),
            draining: CancellationToken::new(),
            pulses: Mutex::default(),
            is_serving: AtomicBool::new(false),
        })
    }

    /// Replaces the scripts, limits and services for new calls. Active calls continue with those that they started
    /// with, and are not ended if there are more than the new limit allows.
    pub(crate) fn replace_context(&self, context: CallContext<T, V>) {
        self.call_limit.set_max(context.limits.max_calls);
        self.state.replace_context(context);
    }

    /// The scripts for new calls.
    pub(crate) fn library(&self) -> Arc<ScriptLibrary> {
        self.state.context().library.clone()
    }

    /// The client that sends the requests of new calls.
    pub(crate) fn triggers(&self) -> Arc<T> {
        self.state.context().triggers.clone()
    }

    /// Text-to-speech, speech recognition and sounds of new calls.
    pub(crate) fn voice(&self) -> Arc<V> {
        self.state.context().voice.clone()
    }

    /// Serves calls until a stop is requested, then drains: no new calls are accepted, active calls get the grace time,
    /// and the remaining ones are handed back to the dialplan. If the daemon is only to leave new calls to the next
    /// process, active calls have no other limit than their own.
    pub(crate) async fn serve(&self, listeners: Vec<SwitchListener>, requests: &StopRequests) {
        for listener in listeners {
            self.start_accepting(listener, requests.clone());
        }
        self.is_serving.store(true, Ordering::Release);
        requests.left_or_stopped().await;
        self.draining.cancel();
        self.state.tasks.close();
        if !requests.stop.is_cancelled() {
            info!(
                active_calls = self.active_calls(),
                "new calls are for the next process: this one ends with its last call"
            );
            tokio::select! {
                () = self.state.tasks.wait() => return,
                () = requests.stop.cancelled() => {}
            }
        }
        self.drain(&requests.force).await;
    }

    fn start_accepting(&self, listener: SwitchListener, requests: StopRequests) {
        let SwitchListener { switch, listener } = listener;
        let mut handler = SwitchHandler::new(self.state.clone(), switch);
        let limit = self.call_limit.clone();
        self.pulses.lock().push(listener.pulse.clone());
        self.state.tasks.spawn(async move {
            let stop = async {
                requests.left_or_stopped().await;
                match listener.is_of_socket_unit || requests.leave.is_cancelled() {
                    true => BacklogAtStop::Leave,
                    false => BacklogAtStop::Refuse,
                }
            };
            listener::accept_connections(&listener, &limit, &mut handler, stop).await;
        });
    }

    /// Returns when every accept loop has shown that it runs. Waits for ever if one does not.
    pub(crate) async fn check_accept_loops(&self) {
        let pulses = self.pulses.lock().clone();
        let checks = async {
            for pulse in pulses {
                pulse.check().await;
            }
        };
        tokio::select! {
            () = checks => {}
            () = self.draining.cancelled() => {}
        }
    }

    /// How long active calls may continue when the daemon stops.
    pub(crate) fn grace(&self) -> Duration {
        self.state.context().limits.grace
    }

    async fn drain(&self, force_stop: &CancellationToken) {
        let (tasks, grace) = (&self.state.tasks, self.grace());
        let active_calls = || self.active_calls();
        info!(active_calls = active_calls(), ?grace, "stopping: no new calls are accepted");
        tokio::select! {
            () = tasks.wait() => return,
            () = sleep(grace) => {}
            () = force_stop.cancelled() => {}
        }
        warn!(
            active_calls = active_calls(),
            "grace time is over: active calls are handed back to the dialplan"
        );
        self.state.force_stop.cancel();
        if timeout(FORCED_HANDBACK_TIMEOUT, tasks.wait()).await.is_err() {
            warn!(active_calls = active_calls(), "calls could not be handed back in time");
        }
    }

    /// The numbers of finished calls.
    pub(crate) fn call_counts(&self) -> &CallCounts {
        &self.state.call_counts
    }

    /// The calls in progress, the oldest first.
    pub(crate) fn list_active_calls(&self) -> Vec<Arc<ActiveCall>> {
        self.state.active_calls.list()
    }

    /// How long calls took.
    pub(crate) fn call_times(&self) -> &CallTimes {
        &self.state.call_times
    }

    /// The numbers of refused calls.
    pub(crate) fn refused_calls(&self) -> &RefusedCalls {
        &self.state.refused_calls
    }

    /// The results of reloads. [`replace_context`](Self::replace_context) counts a successful one.
    pub(crate) fn reload_counts(&self) -> &ReloadCounts {
        &self.state.reload_counts
    }

    /// The number of calls in progress.
    pub(crate) fn active_calls(&self) -> usize {
        self.call_limit.in_use()
    }

    /// The most calls that may be in progress.
    pub(crate) fn max_calls(&self) -> usize {
        self.call_limit.max()
    }

    /// What happens to new calls.
    pub(crate) fn phase(&self) -> ServerPhase {
        match (self.draining.is_cancelled(), self.is_serving.load(Ordering::Acquire)) {
            (true, _) => ServerPhase::Draining,
            (false, true) => ServerPhase::Serving,
            (false, false) => ServerPhase::Starting,
        }
    }
}
