//! Single flight: callers who want the same result at the same time share one task.
//!
//! The task runs to its end even when nobody waits for it any more.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The result of a flight; `None` if its task panicked or was aborted.
pub type FlightFuture<T> = Shared<BoxFuture<'static, Option<T>>>;

/// What [`SingleFlight::join`] did.
pub enum FlightJoin<T> {
    Started(FlightFuture<T>),
    /// Another caller had started the flight.
    Joined(FlightFuture<T>),
    /// No flight was started: there was a result already, or a reason not to start one.
    NotNeeded(T),
}

/// The flights in progress, by key. Does not limit how many there are.
pub struct SingleFlight<K, T> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    tracker: TaskTracker,
}

impl<K, T> SingleFlight<K, T>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// All tasks are spawned on the tracker.
    pub fn new(tracker: TaskTracker) -> Self {
        Self { in_flight: Arc::default(), tracker }
    }

    /// Joins the flight for this key, or calls `start` and spawns the future that it returns. No flight ends while
    /// `start` runs, so `start` sees whatever the flight before has stored.
    pub fn join<F>(&self, key: K, start: impl FnOnce() -> ControlFlow<T, F>) -> FlightJoin<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut in_flight = self.in_flight.lock();
        if let Some(flight) = in_flight.get(&key) {
            return FlightJoin::Joined(flight.clone());
        }
        let work = match start() {
            ControlFlow::Continue(work) => work,
            ControlFlow::Break(result) => return FlightJoin::NotNeeded(result),
        };
        let cleanup = FlightCleanup { in_flight: self.in_flight.clone(), key: key.clone() };
        let (sender, receiver) = oneshot::channel();
        let flight = receiver.map(Result::ok).boxed().shared();
        in_flight.insert(key, flight.clone());
        drop(in_flight);
        let task = async move {
            let result = work.await;
            drop(cleanup);
            // Fails when no caller is left, which is fine.
            drop(sender.send(result));
        };
        self.tracker.spawn(task.in_current_span());
        FlightJoin::Started(flight)
    }
}

/// Removes a flight from the map when its task ends, also by a panic.
struct FlightCleanup<K: Eq + Hash, T: Clone> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    key: K,
}

impl<K: Eq + Hash, T: Clone> Drop for FlightCleanup<K, T> {
    fn drop(&mut self) {
        self.in_flight.lock().remove(&self.key);
    }
}
