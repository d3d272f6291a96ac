//! Parses answers. A large one is parsed on a thread of its own, so that the calls that share a worker thread with this
//! request do not wait for it.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::script::answer::{AnswerFormat, TriggerAnswer};
use crate::script::request::TriggerError;

/// A body up to this length, in bytes, is parsed at once: in the worst case that takes about a tenth of a millisecond,
/// which is what the change to another thread costs.
const MAX_INLINE: usize = 8 * 1024;

/// An HTTP reply before parsing.
pub(super) struct UnparsedAnswer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

pub(super) struct AnswerParser {
    /// One for each large answer that is parsed at the same time.
    permits: Arc<Semaphore>,
}

impl Default for AnswerParser {
    /// One permit for each CPU: more at the same time would only make all of them slower.
    fn default() -> Self {
        let cpus = available_parallelism().map_or(1, usize::from);
        Self { permits: Arc::new(Semaphore::new(cpus)) }
    }
}

impl AnswerParser {
    /// Parses an answer, and returns its body too. Waits until `deadline` for its turn.
    ///
    /// # Errors
    ///
    /// [`TriggerError::ParserBusy`].
    pub(super) async fn parse(
        &self,
        read_as: Option<AnswerFormat>,
        mut unparsed: UnparsedAnswer,
        deadline: Instant,
    ) -> Result<(TriggerAnswer, UnparsedAnswer), TriggerError> {
        if unparsed.body.len() <= MAX_INLINE {
            return Ok((unparsed.parse(read_as), unparsed));
        }
        // Many may wait here.
        unparsed.body.shrink_to_fit();
        match timeout_at(deadline, self.parse_on_other_thread(read_as, unparsed)).await {
            Ok(parsed) => parsed.ok_or(TriggerError::Cancelled),
            Err(_) => Err(TriggerError::ParserBusy),
        }
    }

    /// `None` if the parser panicked or the runtime shuts down.
    async fn parse_on_other_thread(
        &self,
        read_as: Option<AnswerFormat>,
        unparsed: UnparsedAnswer,
    ) -> Option<(TriggerAnswer, UnparsedAnswer)> {
        let permit = self.permits.clone().acquire_owned().await.ok()?;
        // The thread holds the permit, since it goes on when nobody waits any more.
        let parsed = spawn_blocking(move || {
            let answer = unparsed.parse(read_as);
            drop(permit);
            (answer, unparsed)
        });
        parsed.await.ok()
    }
}

impl UnparsedAnswer {
    fn parse(&self, read_as: Option<AnswerFormat>) -> TriggerAnswer {
        TriggerAnswer::parse_as(read_as, self.status, self.content_type.as_deref(), &self.body)
    }
}
