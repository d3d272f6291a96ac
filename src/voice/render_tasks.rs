//! The tasks that render sounds. Calls that need the same sound share one task, which continues after they have ended.

use std::future::{self, Future};
use std::ops::ControlFlow;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::sound_store::sound_key::SoundKey;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::script::voice::{RenderedSound, SoundError};
use crate::single_flight::{FlightJoin, SingleFlight};

pub(super) type SoundResult = Result<RenderedSound, SoundError>;

/// A sound that is ready, or that a task renders. Dropping this does not end a shared task.
pub(super) type PendingSound = BoxFuture<'static, SoundResult>;

/// The flag tells whether the result may be a text for the switch to speak. A call on a switch without text-to-speech
/// can't use such a text, so it must not share a task that may return one.
type RenderTaskKey = (SoundKey, bool);

pub(super) struct RenderTasks {
    single_flight: SingleFlight<RenderTaskKey, Option<SoundResult>>,
    /// Includes tasks that wait for an engine or for a fetch to begin. Further ones are refused.
    limit: ConcurrencyLimit,
    tracker: TaskTracker,
    abort_token: CancellationToken,
}

impl RenderTasks {
    pub(super) fn new(limit: ConcurrencyLimit) -> Self {
        let tracker = TaskTracker::new();
        let single_flight = SingleFlight::new(tracker.clone());
        Self { single_flight, limit, tracker, abort_token: CancellationToken::new() }
    }

    /// Waits until all tasks have ended.
    pub(super) async fn close_and_wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Aborts all tasks, and waits until their programs are killed and their files are removed.
    pub(super) async fn abort(&self) {
        self.abort_token.cancel();
        self.close_and_wait().await;
    }

    /// Joins the running task with this key, or starts one with `render`. Calls `cached` before it starts one, because
    /// a task that has just ended may have stored the sound.
    pub(super) fn join_or_start(
        &self,
        key: RenderTaskKey,
        cached: impl FnOnce() -> Option<RenderedSound>,
        render: impl Future<Output = SoundResult> + Send + 'static,
    ) -> PendingSound {
        let joined = self.single_flight.join(key, || {
            if let Some(sound) = cached() {
                return ControlFlow::Break(Some(Ok(sound)));
            }
            let Ok(permit) = self.limit.try_acquire() else {
                return ControlFlow::Break(Some(Err(self.too_many_error())));
            };
            let abort_token = self.abort_token.clone();
            ControlFlow::Continue(async move {
                let result = abort_token.run_until_cancelled_owned(render).await;
                drop(permit);
                result
            })
        });
        match joined {
            FlightJoin::Started(flight) | FlightJoin::Joined(flight) => {
                flight.map(|result| result.flatten().unwrap_or_else(aborted)).boxed()
            }
            FlightJoin::NotNeeded(result) => ready(result.unwrap_or_else(aborted)),
        }
    }

    /// Starts a task for one call. The task ends if the returned future is dropped.
    pub(super) fn start_unshared(
        &self,
        render: impl Future<Output = SoundResult> + Send + 'static,
    ) -> PendingSound {
        let Ok(permit) = self.limit.try_acquire() else {
            return ready(Err(self.too_many_error()));
        };
        let (mut sender, receiver) = oneshot::channel();
        let abort_token = self.abort_token.clone();
        let task = async move {
            tokio::select! {
                result = render => drop(sender.send(result)),
                () = sender.closed() => {}
                () = abort_token.cancelled() => {}
            }
            drop(permit);
        };
        self.tracker.spawn(task.in_current_span());
        receiver.map(|result| result.unwrap_or_else(|_| aborted())).boxed()
    }

    fn too_many_error(&self) -> SoundError {
        SoundError(format!("{} sounds are being prepared already", self.limit.max()))
    }
}

pub(super) fn ready(result: SoundResult) -> PendingSound {
    future::ready(result).boxed()
}

fn aborted() -> SoundResult {
    Err(SoundError("the sound was cancelled".into()))
}
