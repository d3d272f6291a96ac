//! Times the phases of an HTTP exchange: DNS, TCP connection, TLS handshake, and the rest.
//!
//! The resolver and the connector run inside the future of the request, and a task-local variable tells them which
//! exchange they belong to.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

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
pub(super) enum ExchangePhase {
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
pub(super) fn begin_current_phase(phase: ExchangePhase) {
    let _ = CURRENT_EXCHANGE.try_with(|stopwatch| stopwatch.begin_phase(phase));
}

pub(super) async fn time_dns_lookup<T>(lookup: impl Future<Output = T>) -> T {
    begin_current_phase(ExchangePhase::Dns);
    let addresses = lookup.await;
    begin_current_phase(ExchangePhase::Connect);
    addresses
}
