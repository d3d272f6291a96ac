//! Single flight: callers that need the same result at the same time share one task, called a flight.
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
pub(crate) type FlightFuture<T> = Shared<BoxFuture<'static, Option<T>>>;

/// What [`SingleFlight::join`] did.
pub(crate) enum FlightJoin<T> {
    Started(FlightFuture<T>),
    /// Another caller had started the flight.
    Joined(FlightFuture<T>),
    /// No flight was started: `start` returned this result at once.
    NotNeeded(T),
}

/// The flights in progress, by key. Does not limit their number. Clones share them.
pub(crate) struct SingleFlight<K, T> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    tracker: TaskTracker,
}

impl<K, T> Clone for SingleFlight<K, T> {
    fn clone(&self) -> Self {
        Self { in_flight: self.in_flight.clone(), tracker: self.tracker.clone() }
    }
}

impl<K, T> SingleFlight<K, T>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Spawns all tasks on this tracker.
    pub(crate) fn new(tracker: TaskTracker) -> Self {
        Self { in_flight: Arc::default(), tracker }
    }

    /// Joins the flight of this key, or calls `start` and spawns the future that it returns. `start` runs after the
    /// previous flight of this key has completed, so it sees what that flight stored. It runs under the lock of all
    /// flights: it must be quick, and must not call `join`.
    pub(crate) fn join<F>(&self, key: K, start: impl FnOnce() -> ControlFlow<T, F>) -> FlightJoin<T>
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
            // Fails if no caller waits any more, which is not an error.
            drop(sender.send(result));
        };
        self.tracker.spawn(task.in_current_span());
        FlightJoin::Started(flight)
    }
}

/// Removes a flight from the map when its task ends, even if the task panics.
struct FlightCleanup<K: Eq + Hash, T: Clone> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    key: K,
}

impl<K: Eq + Hash, T: Clone> Drop for FlightCleanup<K, T> {
    fn drop(&mut self) {
        self.in_flight.lock().remove(&self.key);
    }
}
