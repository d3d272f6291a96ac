//! What a caller says, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// From the beginning of a recording to what is said into it.
const THINKS: Duration = Duration::from_millis(500);

/// Something that is said at a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The words, for the story: what is recorded is a tone.
    pub text: String,
    /// How long it takes to say them.
    pub lasts: Duration,
}

/// Something that is being said, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// When it begins, or began.
    pub begins: Instant,
    /// When it ends.
    pub ends: Instant,
    /// The words.
    pub text: String,
}

/// Who speaks.
pub struct Mouth {
    plan: Plan,
    speech: Option<Speech>,
}

enum Plan {
    Timed { picked_up: Option<Instant>, utterances: VecDeque<(Duration, Utterance)> },
    Asked(VecDeque<Utterance>),
}

impl Mouth {
    /// Says nothing.
    pub fn silent() -> Self {
        Self::timed(Vec::new())
    }

    /// Speaks at exact times, from the moment of picking up, whether somebody listens or not.
    pub fn timed(utterances: Vec<(Duration, Utterance)>) -> Self {
        let plan = Plan::Timed { picked_up: None, utterances: utterances.into() };
        Self { plan, speech: None }
    }

    /// Says one thing into each recording.
    pub fn when_listened_to(utterances: Vec<Utterance>) -> Self {
        Self { plan: Plan::Asked(utterances.into()), speech: None }
    }

    pub(super) fn begin(&mut self, now: Instant) {
        if let Plan::Timed { picked_up, .. } = &mut self.plan {
            picked_up.get_or_insert(now);
        }
    }

    pub(super) fn listened_to(&mut self, now: Instant) {
        let speech = self.speech(now);
        if let Plan::Asked(utterances) = &mut self.plan
            && speech.is_none()
        {
            self.speech = utterances.pop_front().map(|said| speech_at(now + THINKS, said));
        }
    }

    /// What is being said, else what will be said next.
    pub(super) fn speech(&mut self, now: Instant) -> Option<Speech> {
        while self.speech.as_ref().is_none_or(|speech| speech.ends <= now) {
            self.speech = None;
            let Plan::Timed { picked_up: Some(since), utterances } = &mut self.plan else { break };
            let Some((at, said)) = utterances.pop_front() else { break };
            self.speech = Some(speech_at(*since + at, said));
        }
        self.speech.clone()
    }
}

fn speech_at(begins: Instant, said: Utterance) -> Speech {
    Speech { begins, ends: begins + said.lasts, text: said.text }
}
