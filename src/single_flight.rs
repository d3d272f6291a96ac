//! One task for all who want the same: it goes on when they have left, and ends for all of them at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// What a flight comes to; `None` where it was given up.
pub type FlightFuture<T> = Shared<BoxFuture<'static, Option<T>>>;

/// How it stands with what somebody wants.
pub enum FlightJoin<T> {
    /// A flight has begun for it.
    Started(FlightFuture<T>),
    /// One was under way.
    Joined(FlightFuture<T>),
    /// None is needed, or none may begin.
    NotNeeded(T),
}

/// All flights under way, by what is wanted. How many there may be is up to who starts them.
pub struct SingleFlight<K, T> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    tracker: TaskTracker,
}

impl<K, T> SingleFlight<K, T>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// None yet; their tasks will be among the tracker's.
    pub fn new(tracker: TaskTracker) -> Self {
        Self { in_flight: Arc::default(), tracker }
    }

    /// Joins the flight that is under way, else starts one, unless `start` says that it takes none. Nothing ends between
    /// the look for a flight and `start`: what the one before has left behind is there to be found.
    pub fn join<F>(&self, wanted: K, start: impl FnOnce() -> ControlFlow<T, F>) -> FlightJoin<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut under_way = lock(&self.in_flight);
        if let Some(flight) = under_way.get(&wanted) {
            return FlightJoin::Joined(flight.clone());
        }
        let work = match start() {
            ControlFlow::Continue(work) => work,
            ControlFlow::Break(without) => return FlightJoin::NotNeeded(without),
        };
        let ends = FlightCleanup { in_flight: self.in_flight.clone(), key: wanted.clone() };
        let (tell, told) = oneshot::channel();
        let flight = told.map(Result::ok).boxed().shared();
        under_way.insert(wanted, flight.clone());
        drop(under_way);
        let task = async move {
            let landed = work.await;
            drop(ends);
            // Nobody may be left to hear it.
            drop(tell.send(landed));
        };
        self.tracker.spawn(task.in_current_span());
        FlightJoin::Started(flight)
    }
}

/// Takes a flight off the list, however it ends.
struct FlightCleanup<K: Eq + Hash, T: Clone> {
    in_flight: Arc<Mutex<HashMap<K, FlightFuture<T>>>>,
    key: K,
}

impl<K: Eq + Hash, T: Clone> Drop for FlightCleanup<K, T> {
    fn drop(&mut self) {
        lock(&self.in_flight).remove(&self.key);
    }
}

/// Nothing in here panics half-way, so what a poisoned lock guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
