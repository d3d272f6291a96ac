//! Sounds in the making: one making for all that want the same, and it goes on when they have left.

pub mod prewarmer;

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

use super::sound_store::sound_key::SoundKey;
use crate::script::voice::{RenderedSound, SoundError};
use crate::single_flight::{FlightJoin, SingleFlight};

type SoundResult = Result<RenderedSound, SoundError>;
type SoundFuture = Shared<BoxFuture<'static, SoundResult>>;

/// What a making is shared by: the sound's key, and whether the switch may speak it instead.
pub type SoundJobKey = (SoundKey, bool);

/// A sound that is there, or in the making.
pub enum PendingSound {
    /// It is there, or will never be.
    Ready(SoundResult),
    /// It is being made.
    InProgress(SoundFuture),
}

impl Future for PendingSound {
    type Output = SoundResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<SoundResult> {
        let outcome = match &mut *self {
            Self::Ready(outcome) => outcome.clone(),
            Self::InProgress(under_way) => ready!(under_way.poll_unpin(context)),
        };
        *self = Self::Ready(outcome.clone());
        Poll::Ready(outcome)
    }
}

/// All that are under way.
pub struct PendingSounds {
    single_flight: SingleFlight<SoundJobKey, Option<SoundResult>>,
    max_pending: usize,
    permits: Arc<Semaphore>,
    tracker: TaskTracker,
    /// Nobody waits for any sound any more.
    abort_token: CancellationToken,
}

impl PendingSounds {
    /// At most so many, those that wait for their turn among them; one more is refused at once.
    pub fn new(max_pending: usize) -> Self {
        let permits = Arc::new(Semaphore::new(max_pending));
        let tracker = TaskTracker::new();
        let single_flight = SingleFlight::new(tracker.clone());
        Self { single_flight, max_pending, permits, tracker, abort_token: CancellationToken::new() }
    }

    /// Waits until no sound is in the making.
    pub async fn close_and_wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Breaks off what is in the making, and waits until it is: programs are killed, their files removed.
    pub async fn abort(&self) {
        self.abort_token.cancel();
        self.close_and_wait().await;
    }

    /// The making of a goal: one that is under way, else a new one, unless `there` finds that it has just ended.
    pub fn join_or_start(
        &self,
        goal: SoundJobKey,
        there: impl FnOnce() -> Option<RenderedSound>,
        make: impl Future<Output = SoundResult> + Send + 'static,
    ) -> PendingSound {
        let joined = self.single_flight.join(goal, || {
            if let Some(made) = there() {
                return ControlFlow::Break(Some(Ok(made)));
            }
            let Some(place) = self.try_permit() else {
                return ControlFlow::Break(Some(Err(self.too_many_error())));
            };
            let over = self.abort_token.clone();
            ControlFlow::Continue(async move {
                let outcome = over.run_until_cancelled_owned(make).await;
                drop(place);
                outcome
            })
        });
        match joined {
            FlightJoin::Started(flight) | FlightJoin::Joined(flight) => {
                PendingSound::InProgress(sound_future(flight.map(Option::flatten)))
            }
            FlightJoin::NotNeeded(outcome) => PendingSound::Ready(outcome.unwrap_or_else(aborted)),
        }
    }

    /// A making for one alone: it ends when that one has left.
    pub fn start_unshared(
        &self,
        make: impl Future<Output = SoundResult> + Send + 'static,
    ) -> PendingSound {
        let Some(place) = self.try_permit() else {
            return PendingSound::Ready(Err(self.too_many_error()));
        };
        let (mut tell, told) = oneshot::channel();
        let over = self.abort_token.clone();
        let task = async move {
            tokio::select! {
                outcome = make => drop(tell.send(outcome)),
                () = tell.closed() => {}
                () = over.cancelled() => {}
            }
            drop(place);
        };
        self.tracker.spawn(task.in_current_span());
        PendingSound::InProgress(sound_future(told.map(Result::ok)))
    }

    fn try_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().try_acquire_owned().ok()
    }

    fn too_many_error(&self) -> SoundError {
        SoundError(format!("{} sounds are being made already", self.max_pending))
    }
}

fn sound_future(ends: impl Future<Output = Option<SoundResult>> + Send + 'static) -> SoundFuture {
    ends.map(|outcome| outcome.unwrap_or_else(aborted)).boxed().shared()
}

fn aborted() -> SoundResult {
    Err(SoundError("the making was given up".into()))
}
