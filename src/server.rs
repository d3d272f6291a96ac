//! Accepts calls, limits their number, and drains them when the daemon stops.
//!
//! A connection that must be refused is accepted first, and then refused in the protocol of the switch. If it stayed in
//! the backlog of the socket, the caller would hear nothing.

mod call;
mod refusal;
mod state;
mod switch_handler;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::listener::{self, AllowedNetworks, ConnectionLimit, NetworkListener};
use crate::script::definition::ScriptLibrary;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;
use crate::telemetry::call_counts::CallCounts;
use crate::trace::SpanQueue;

use state::ServerState;
pub(crate) use state::{CallContext, ServerLimits};
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
    pub(crate) fn bind(
        switch: Switch,
        address: SocketAddr,
        allow: impl Into<AllowedNetworks>,
    ) -> io::Result<Self> {
        let table = match switch {
            Switch::Asterisk => "[asterisk]",
            Switch::FreeSwitch => "[freeswitch]",
        };
        Ok(Self { switch, listener: NetworkListener::bind(table, address, allow)? })
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
        let tasks = &self.state.tasks;
        let grace = self.state.context().limits.grace;
        let active_calls = || self.active_calls();
        info!(active_calls = active_calls(), ?grace, "stopping: no new calls are accepted");
        tokio::select! {
            () = tasks.wait() => return,
            () = sleep(grace) => {}
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

    /// The number of calls in progress.
    pub(crate) fn active_calls(&self) -> usize {
        self.call_limit.in_use()
    }
}
