//! What the caller says, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The time from the start of a recording to the start of speech.
const SPEECH_DELAY: Duration = Duration::from_millis(500);

/// Something that the caller says without a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeUtterance {
    /// Used only in events: the recording contains a tone instead.
    pub text: String,
    pub duration: Duration,
}

/// An utterance with its times, in the past or in the future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimedUtterance {
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
    pub(crate) text: String,
}

pub struct UtteranceSource {
    plan: UtterancePlan,
    current: Option<TimedUtterance>,
}

enum UtterancePlan {
    Timed { picked_up: Option<Instant>, utterances: VecDeque<(Duration, FakeUtterance)> },
    PerRecording(VecDeque<FakeUtterance>),
}

impl UtteranceSource {
    pub fn silent() -> Self {
        Self::timed(Vec::new())
    }

    /// Speaks at exact times after the call is picked up, whether the switch records or not.
    pub fn timed(utterances: Vec<(Duration, FakeUtterance)>) -> Self {
        let plan = UtterancePlan::Timed { picked_up: None, utterances: utterances.into() };
        Self { plan, current: None }
    }

    /// Says one utterance in each recording.
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
            self.current = utterances
                .pop_front()
                .map(|utterance| timed_utterance(now + SPEECH_DELAY, utterance));
        }
    }

    /// The utterance in progress, else the next one.
    pub(super) fn current_or_next(&mut self, now: Instant) -> Option<TimedUtterance> {
        while self.current.as_ref().is_none_or(|speech| speech.ends <= now) {
            self.current = None;
            let UtterancePlan::Timed { picked_up: Some(since), utterances } = &mut self.plan else {
                break;
            };
            let Some((at, utterance)) = utterances.pop_front() else { break };
            self.current = Some(timed_utterance(*since + at, utterance));
        }
        self.current.clone()
    }
}

fn timed_utterance(begins: Instant, utterance: FakeUtterance) -> TimedUtterance {
    TimedUtterance { begins, ends: begins + utterance.duration, text: utterance.text }
}
