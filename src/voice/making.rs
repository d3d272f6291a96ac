//! Sounds in the making: one making for all that want the same, and it goes on when they have left.

pub mod prepare;

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::store::key::Key;
use crate::flight::{Flights, Joined};
use crate::script::voice::{Made, Mute};

type Outcome = Result<Made, Mute>;
type UnderWay = Shared<BoxFuture<'static, Outcome>>;

/// What a making is shared by: the sound's key, and whether the switch may speak it instead.
pub type Goal = (Key, bool);

/// A sound that is there, or in the making.
pub enum Making {
    /// It is there, or will never be.
    Ready(Outcome),
    /// It is being made.
    UnderWay(UnderWay),
}

impl Future for Making {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = match &mut *self {
            Self::Ready(outcome) => outcome.clone(),
            Self::UnderWay(under_way) => ready!(under_way.poll_unpin(context)),
        };
        *self = Self::Ready(outcome.clone());
        Poll::Ready(outcome)
    }
}

/// All that are under way.
pub struct Makings {
    shared: Flights<Goal, Option<Outcome>>,
    most: usize,
    places: Arc<Semaphore>,
    tracker: TaskTracker,
    /// Nobody waits for any sound any more.
    over: CancellationToken,
}

impl Makings {
    /// At most so many, those that wait for their turn among them; one more is refused at once.
    pub fn new(most: usize) -> Self {
        let places = Arc::new(Semaphore::new(most));
        let tracker = TaskTracker::new();
        let shared = Flights::new(tracker.clone());
        Self { shared, most, places, tracker, over: CancellationToken::new() }
    }

    /// Waits until no sound is in the making.
    pub async fn close_and_wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Breaks off what is in the making, and waits until it is: programs are killed, their files removed.
    pub async fn give_up(&self) {
        self.over.cancel();
        self.close_and_wait().await;
    }

    /// The making of a goal: one that is under way, else a new one, unless `there` finds that it has just ended.
    pub fn share(
        &self,
        goal: Goal,
        there: impl FnOnce() -> Option<Made>,
        make: impl Future<Output = Outcome> + Send + 'static,
    ) -> Making {
        let joined = self.shared.join(goal, || {
            if let Some(made) = there() {
                return ControlFlow::Break(Some(Ok(made)));
            }
            let Some(place) = self.place() else {
                return ControlFlow::Break(Some(Err(self.refusal())));
            };
            let over = self.over.clone();
            ControlFlow::Continue(async move {
                let outcome = over.run_until_cancelled_owned(make).await;
                drop(place);
                outcome
            })
        });
        match joined {
            Joined::First(flight) | Joined::Later(flight) => {
                Making::UnderWay(under_way(flight.map(Option::flatten)))
            }
            Joined::Without(outcome) => Making::Ready(outcome.unwrap_or_else(given_up)),
        }
    }

    /// A making for one alone: it ends when that one has left.
    pub fn alone(&self, make: impl Future<Output = Outcome> + Send + 'static) -> Making {
        let Some(place) = self.place() else { return Making::Ready(Err(self.refusal())) };
        let (mut tell, told) = oneshot::channel();
        let over = self.over.clone();
        let task = async move {
            tokio::select! {
                outcome = make => drop(tell.send(outcome)),
                () = tell.closed() => {}
                () = over.cancelled() => {}
            }
            drop(place);
        };
        self.tracker.spawn(task.in_current_span());
        Making::UnderWay(under_way(told.map(Result::ok)))
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    fn refusal(&self) -> Mute {
        Mute(format!("{} sounds are being made already", self.most))
    }
}

fn under_way(ends: impl Future<Output = Option<Outcome>> + Send + 'static) -> UnderWay {
    ends.map(|outcome| outcome.unwrap_or_else(given_up)).boxed().shared()
}

fn given_up() -> Outcome {
    Err(Mute("the making was given up".into()))
}
