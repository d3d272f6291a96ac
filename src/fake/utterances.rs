//! What a caller says, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// From the beginning of a recording to what is said into it.
const SPEECH_DELAY: Duration = Duration::from_millis(500);

/// Something that is said at a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeUtterance {
    /// The words, for the story: what is recorded is a tone.
    pub text: String,
    /// How long it takes to say them.
    pub duration: Duration,
}

/// Something that is being said, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedUtterance {
    /// When it begins, or began.
    pub begins: Instant,
    /// When it ends.
    pub ends: Instant,
    /// The words.
    pub text: String,
}

/// Who speaks.
pub struct UtteranceSource {
    plan: UtterancePlan,
    current: Option<TimedUtterance>,
}

enum UtterancePlan {
    Timed { picked_up: Option<Instant>, utterances: VecDeque<(Duration, FakeUtterance)> },
    PerRecording(VecDeque<FakeUtterance>),
}

impl UtteranceSource {
    /// Says nothing.
    pub fn silent() -> Self {
        Self::timed(Vec::new())
    }

    /// Speaks at exact times, from the moment of picking up, whether somebody listens or not.
    pub fn timed(utterances: Vec<(Duration, FakeUtterance)>) -> Self {
        let plan = UtterancePlan::Timed { picked_up: None, utterances: utterances.into() };
        Self { plan, current: None }
    }

    /// Says one thing into each recording.
    pub fn per_recording(utterances: Vec<FakeUtterance>) -> Self {
        Self { plan: UtterancePlan::PerRecording(utterances.into()), current: None }
    }

    pub(super) fn call_picked_up(&mut self, now: Instant) {
        if let UtterancePlan::Timed { picked_up, .. } = &mut self.plan {
            picked_up.get_or_insert(now);
        }
    }

    pub(super) fn recording_started(&mut self, now: Instant) {
        let speech = self.current_or_next(now);
        if let UtterancePlan::PerRecording(utterances) = &mut self.plan
            && speech.is_none()
        {
            self.current =
                utterances.pop_front().map(|said| timed_utterance(now + SPEECH_DELAY, said));
        }
    }

    /// What is being said, else what will be said next.
    pub(super) fn current_or_next(&mut self, now: Instant) -> Option<TimedUtterance> {
        while self.current.as_ref().is_none_or(|speech| speech.ends <= now) {
            self.current = None;
            let UtterancePlan::Timed { picked_up: Some(since), utterances } = &mut self.plan else {
                break;
            };
            let Some((at, said)) = utterances.pop_front() else { break };
            self.current = Some(timed_utterance(*since + at, said));
        }
        self.current.clone()
    }
}

fn timed_utterance(begins: Instant, said: FakeUtterance) -> TimedUtterance {
    TimedUtterance { begins, ends: begins + said.duration, text: said.text }
}
