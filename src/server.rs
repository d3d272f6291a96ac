//! Accepts calls, limits their number, and drains them when the daemon stops.
//!
//! A connection that must be refused is accepted first, and then refused in the protocol of the switch. If it stayed in
//! the backlog of the socket, the caller would hear nothing.

mod active_calls;
mod call;
mod refusal;
mod state;
mod switch_handler;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::listener::{self, ConnectionLimit, NetworkListener};
use crate::script::definition::ScriptLibrary;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;
use crate::telemetry::call_counts::CallCounts;
use crate::telemetry::call_times::CallTimes;
use crate::telemetry::phase::ServerPhase;
use crate::telemetry::refused_calls::RefusedCalls;
use crate::telemetry::reload_counts::ReloadCounts;

pub(crate) use active_calls::ActiveCall;
pub(crate) use state::ServerLimits;
use state::ServerState;
use switch_handler::SwitchHandler;

/// A listening socket for switches of one kind.
#[derive(Debug)]
pub(crate) struct SwitchListener {
    switch: Switch,
    listener: NetworkListener,
}

impl SwitchListener {
    /// Opens a listening socket.
    ///
    /// # Errors
    ///
    /// If the address is in use, or is not an address of this host.
    pub(crate) fn bind(switch: Switch, address: SocketAddr, allow: Vec<IpNet>) -> io::Result<Self> {
        let table = match switch {
            Switch::Asterisk => "[asterisk]",
            Switch::FreeSwitch => "[freeswitch]",
        };
        Ok(Self { switch, listener: NetworkListener::bind(table, address, allow)? })
    }

    pub(crate) fn switch(&self) -> Switch {
        self.switch
    }

    /// The networks that may connect.
    pub(crate) fn allow(&self) -> &[IpNet] {
        &self.listener.allow
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
    /// Set when the listeners for switches begin to accept.
    is_serving: AtomicBool,
}

/// The timeout for handing all remaining calls back to the dialplan after the grace time.
const FORCED_HANDBACK_TIMEOUT: Duration = Duration::from_secs(8);

impl<T: TriggerClient + 'static, V: VoiceService + 'static> CallServer<T, V> {
    /// Creates a server. It accepts calls after [`serve`](Self::serve) is called.
    pub(crate) fn new(
        limits: ServerLimits,
        library: Arc<ScriptLibrary>,
        triggers: T,
        voice: V,
    ) -> Arc<Self> {
        Arc::new(Self {
            call_limit: ConnectionLimit::refusing(limits.max_calls, "max_calls"),
            state: Arc::new(ServerState::new(limits, library, triggers, voice)),
            draining: CancellationToken::new(),
            is_serving: AtomicBool::new(false),
        })
    }

    /// Replaces the scripts for new calls. Active calls continue with the scripts that they started with.
    pub(crate) fn replace_library(&self, library: Arc<ScriptLibrary>) {
        self.state.replace_library(library);
    }

    /// The scripts for new calls.
    pub(crate) fn library(&self) -> Arc<ScriptLibrary> {
        self.state.library()
    }

    /// The client that sends the scripts' requests.
    pub(crate) fn triggers(&self) -> &T {
        &self.state.triggers
    }

    /// Text-to-speech, speech recognition and sounds.
    pub(crate) fn voice(&self) -> &V {
        &self.state.voice
    }

    /// Serves calls until `stop` resolves, then drains: no new calls are accepted, active calls get the grace time, and
    /// the remaining ones are handed back to the dialplan. `force_stop` ends the grace time early.
    pub(crate) async fn serve(
        &self,
        listeners: Vec<SwitchListener>,
        stop: impl Future<Output = ()>,
        force_stop: impl Future<Output = ()>,
    ) {
        for listener in listeners {
            self.start_accepting(listener);
        }
        self.is_serving.store(true, Ordering::Release);
        stop.await;
        self.draining.cancel();
        self.state.tasks.close();
        self.drain(force_stop).await;
    }

    fn start_accepting(&self, SwitchListener { switch, listener }: SwitchListener) {
        let mut handler = SwitchHandler::new(self.state.clone(), switch);
        let (limit, draining) = (self.call_limit.clone(), self.draining.clone());
        self.state.tasks.spawn(async move {
            let stop = draining.cancelled();
            listener::accept_connections(&listener, &limit, &mut handler, stop).await;
        });
    }

    async fn drain(&self, force_stop: impl Future<Output = ()>) {
        let ServerState { limits, tasks, .. } = &*self.state;
        let active_calls = || self.active_calls();
        info!(active_calls = active_calls(), grace = ?limits.grace, "stopping: no new calls are accepted");
        tokio::select! {
            () = tasks.wait() => return,
            () = sleep(limits.grace) => {}
            () = force_stop => {}
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

    /// The results of reloads. [`replace_library`](Self::replace_library) counts a successful one.
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
