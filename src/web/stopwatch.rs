//! How long each part of an exchange takes: the look-up of the name, the connection, TLS, and the rest.
//!
//! reqwest tells none of this. Its resolver, its connector and rustls are ours to wrap, and they run inside of the
//! future of a request, so that a task-local tells them whose time they take.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static RUNNING: Stopwatch;
}

/// What the parts of one exchange, or of several, have taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExchangeTimings {
    /// Looking names up.
    pub dns: Duration,
    /// TCP's connections.
    pub connect: Duration,
    /// TLS's handshakes.
    pub tls: Duration,
    /// Everything else: sending, the other side's work, the reply.
    pub answer: Duration,
}

/// Takes the times of an exchange, also of one that is broken off.
#[derive(Debug, Clone, Default)]
pub struct Stopwatch(Arc<Mutex<StopwatchState>>);

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
    /// Runs an exchange, and the time with it.
    pub async fn time<T>(&self, exchange: impl Future<Output = T>) -> T {
        self.begin_phase(ExchangePhase::Answer);
        RUNNING.scope(self.clone(), exchange).await
    }

    /// The times up to now.
    pub fn stop(self) -> ExchangeTimings {
        let mut taken = self.lock();
        taken.end_phase(Instant::now());
        taken.timings
    }

    fn begin_phase(&self, part: ExchangePhase) {
        let now = Instant::now();
        let mut taken = self.lock();
        taken.end_phase(now);
        taken.current_phase = Some((part, now));
    }

    fn lock(&self) -> MutexGuard<'_, StopwatchState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StopwatchState {
    fn end_phase(&mut self, now: Instant) {
        let Some((part, since)) = self.current_phase.take() else { return };
        let total = match part {
            ExchangePhase::Dns => &mut self.timings.dns,
            ExchangePhase::Connect => &mut self.timings.connect,
            ExchangePhase::Tls => &mut self.timings.tls,
            ExchangePhase::Answer => &mut self.timings.answer,
        };
        *total += now.saturating_duration_since(since);
    }
}

/// A part begins, of the exchange that this is called in; nothing outside of one.
fn begin_current_phase(part: ExchangePhase) {
    let _ = RUNNING.try_with(|running| running.begin_phase(part));
}

/// A look-up of a name, timed.
pub(super) async fn time_dns_lookup<T>(look_up: impl Future<Output = T>) -> T {
    begin_current_phase(ExchangePhase::Dns);
    let found = look_up.await;
    begin_current_phase(ExchangePhase::Connect);
    found
}

/// Times what connects.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimedConnectorLayer;

impl<S> Layer<S> for TimedConnectorLayer {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> TimedConnector<S> {
        TimedConnector(inner)
    }
}

/// A connector, timed.
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

    fn call(&mut self, to: R) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move {
            begin_current_phase(ExchangePhase::Connect);
            let connected = connecting.await;
            begin_current_phase(ExchangePhase::Answer);
            connected
        })
    }
}

/// The sessions of a client. rustls asks for a hint when it writes the first message (`start_handshake` in
/// `client/hs.rs`): that is when TCP's connection is there and TLS begins.
#[derive(Debug)]
pub(super) struct TimedTlsSessions(ClientSessionMemoryCache);

/// Sessions that are remembered for resumption.
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
