//! Times the phases of an HTTP exchange: DNS, TCP connection, TLS handshake, and the rest.
//!
//! reqwest does not report these times. So its resolver, its connector and the TLS session store are wrapped here. All
//! three run inside the future of the request, and a task-local variable tells them which exchange they belong to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static CURRENT_EXCHANGE: Stopwatch;
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExchangeTimings {
    pub(crate) dns: Duration,
    pub(crate) connect: Duration,
    pub(crate) tls: Duration,
    /// Everything else: sending the request, and waiting for and reading the reply.
    pub(crate) answer: Duration,
}

/// Measures an exchange, even if its future is dropped before it completes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<StopwatchState>>);

#[derive(Debug, Default)]
struct StopwatchState {
    timings: ExchangeTimings,
    current_phase: Option<(ExchangePhase, Instant)>,
}

#[derive(Debug, Clone, Copy)]
enum ExchangePhase {
    Dns,
    Connect,
    Tls,
    Answer,
}

impl Stopwatch {
    pub(crate) async fn time<T>(&self, exchange: impl Future<Output = T>) -> T {
        self.begin_phase(ExchangePhase::Answer);
        CURRENT_EXCHANGE.scope(self.clone(), exchange).await
    }

    pub(crate) fn stop(self) -> ExchangeTimings {
        let mut state = self.0.lock();
        state.end_phase(Instant::now());
        state.timings
    }

    fn begin_phase(&self, phase: ExchangePhase) {
        let now = Instant::now();
        let mut state = self.0.lock();
        state.end_phase(now);
        state.current_phase = Some((phase, now));
    }
}

impl StopwatchState {
    fn end_phase(&mut self, now: Instant) {
        let Some((phase, started_at)) = self.current_phase.take() else { return };
        let total = match phase {
            ExchangePhase::Dns => &mut self.timings.dns,
            ExchangePhase::Connect => &mut self.timings.connect,
            ExchangePhase::Tls => &mut self.timings.tls,
            ExchangePhase::Answer => &mut self.timings.answer,
        };
        *total += now.saturating_duration_since(started_at);
    }
}

/// Begins the next phase of the exchange that the calling code belongs to. Does nothing outside of an exchange.
fn begin_current_phase(phase: ExchangePhase) {
    let _ = CURRENT_EXCHANGE.try_with(|stopwatch| stopwatch.begin_phase(phase));
}

pub(super) async fn time_dns_lookup<T>(lookup: impl Future<Output = T>) -> T {
    begin_current_phase(ExchangePhase::Dns);
    let addresses = lookup.await;
    begin_current_phase(ExchangePhase::Connect);
    addresses
}

/// Times the connections of an HTTP client.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimedConnectorLayer;

impl<S> Layer<S> for TimedConnectorLayer {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> TimedConnector<S> {
        TimedConnector(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct TimedConnector<S>(S);

impl<S: Service<R>, R> Service<R> for TimedConnector<S>
where
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        Box::pin(async move {
            begin_current_phase(ExchangePhase::Connect);
            let connected = connecting.await;
            begin_current_phase(ExchangePhase::Answer);
            connected
        })
    }
}

/// The TLS sessions of an HTTP client. The TLS phase begins when rustls asks for the key exchange hint: it does so when
/// the TCP connection is open, before it writes the first message (`start_handshake` in `client/hs.rs`).
#[derive(Debug)]
pub(super) struct TimedTlsSessions(ClientSessionMemoryCache);

/// The most sessions to remember for resumption.
const MAX_TLS_SESSIONS: usize = 256;

impl Default for TimedTlsSessions {
    fn default() -> Self {
        Self(ClientSessionMemoryCache::new(MAX_TLS_SESSIONS))
    }
}

impl ClientSessionStore for TimedTlsSessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        begin_current_phase(ExchangePhase::Tls);
        self.0.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.0.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(name, value);
    }

    fn take_tls13_ticket(&self, name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(name)
    }
}
