//! A web application that answers at the times that a row gives.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::script::answer::TriggerAnswer;
use dialscript::script::branch::{BranchDecision, decide_branch};
use dialscript::script::definition::Script;
use dialscript::script::request::{
    CacheStatus, RequestTimings, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use tokio::time::sleep;

/// An answer, and how long it takes.
pub(crate) type DelayedAnswer = (Duration, Result<AnswerParts, TriggerError>);

/// Status, type and body.
pub(crate) type AnswerParts = (u16, &'static str, &'static str);

/// Sends the answers in order and records the requests. A cached answer serves all later requests.
#[derive(Default)]
pub(crate) struct FakeUpstream {
    answers: Mutex<VecDeque<DelayedAnswer>>,
    cached: Mutex<Option<TriggerResult>>,
    asked: Mutex<Vec<String>>,
}

impl FakeUpstream {
    pub(crate) fn with_answers(answers: Vec<DelayedAnswer>) -> Self {
        Self { answers: Mutex::new(answers.into()), ..Self::default() }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, how: &str, request: &TriggerRequest) {
        let body = request.body.as_ref().map(|(body, _)| body.text().to_owned());
        let line = format!("{how} {} {}", request.target.url.text(), body.unwrap_or_default());
        self.asked.lock().unwrap().push(line);
    }
}

impl TriggerClient for FakeUpstream {
    async fn send(&self, request: TriggerRequest, script: &Arc<Script>) -> TriggerResult {
        let trigger = script.trigger.as_ref().expect("a trigger");
        let is_cached = trigger.cache_policy.is_some();
        let cached = self.cached.lock().unwrap().clone().filter(|_| is_cached);
        if let Some(fetched) = cached {
            return TriggerResult { cache: CacheStatus::Hit, ..fetched };
        }
        self.note("asks", &request);
        let (delay, answer) =
            self.answers.lock().unwrap().pop_front().expect("one request too many");
        sleep(delay).await;
        let answer = answer
            .map(|(status, kind, body)| TriggerAnswer::parse(status, Some(kind), body.as_bytes()))
            .map(Arc::new);
        let is_handled = answer.as_ref().is_ok_and(|answer| {
            let verdict = decide_branch(&script.branches, answer, trigger.response_key.as_ref());
            matches!(verdict, BranchDecision::Matched(_))
        });
        let cache = if is_cached { CacheStatus::Miss } else { CacheStatus::Off };
        let fetched =
            TriggerResult { answer, cache, timings: RequestTimings::default(), first_error: None };
        if is_cached && is_handled {
            *self.cached.lock().unwrap() = Some(fetched.clone());
        }
        fetched
    }

    fn send_detached(&self, request: TriggerRequest, _: &Arc<Script>) {
        self.note("tells", &request);
    }
}
