//! A web application that answers at the times that a row gives.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::script::answer::TriggerAnswer;
use dialscript::script::branch::{BranchDecision, decide_branch};
use dialscript::script::branch_context::BranchContext;
use dialscript::script::condition::NoCallTexts;
use dialscript::script::definition::Script;
use dialscript::script::request::{
    CacheStatus, RequestTimings, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use tokio::time::sleep;

use crate::support::phone_log::PhoneLog;

/// An answer, and how long it takes.
pub(crate) type DelayedAnswer = (Duration, Result<AnswerParts, TriggerError>);

/// Status, type and body.
pub(crate) type AnswerParts = (u16, &'static str, &'static str);

/// Sends the answers in order and records the requests. A cached answer serves all later requests of its URL.
#[derive(Default)]
pub(crate) struct FakeUpstream {
    answers: Mutex<VecDeque<DelayedAnswer>>,
    /// By URL.
    cached: Mutex<HashMap<String, TriggerResult>>,
    noted: Mutex<Vec<NotedRequest>>,
    phone_log: PhoneLog,
}

/// A request, as it was sent.
#[derive(Clone)]
pub(crate) struct NotedRequest {
    /// `asks` if the call waits for the answer, else `tells`.
    pub(crate) how: &'static str,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) body: String,
    /// How many events of the phone came before it.
    pub(crate) after_events: usize,
}

impl FakeUpstream {
    pub(crate) fn with_answers(answers: Vec<DelayedAnswer>) -> Self {
        Self { answers: Mutex::new(answers.into()), ..Self::default() }
    }

    /// Notes of each request how many events of this phone came before it.
    pub(crate) fn beside(self, phone_log: &PhoneLog) -> Self {
        Self { phone_log: phone_log.clone(), ..self }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        let line = |noted: &NotedRequest| format!("{} {} {}", noted.how, noted.url, noted.body);
        self.noted.lock().unwrap().iter().map(line).collect()
    }

    pub(crate) fn noted(&self) -> Vec<NotedRequest> {
        self.noted.lock().unwrap().clone()
    }

    fn note(&self, how: &'static str, request: &TriggerRequest) {
        let body = request.body.as_ref().map(|(body, _)| body.text().to_owned());
        self.noted.lock().unwrap().push(NotedRequest {
            how,
            method: request.method.to_string(),
            url: request.target.url.text().to_owned(),
            body: body.unwrap_or_default(),
            after_events: self.phone_log.all().len(),
        });
    }
}

impl TriggerClient for FakeUpstream {
    async fn send(&self, request: TriggerRequest, script: &Arc<Script>) -> TriggerResult {
        let trigger = script.trigger.as_ref().expect("a trigger");
        let is_cached = trigger.cache_policy.is_some();
        let url = request.target.url.text().to_owned();
        let cached = self.cached.lock().unwrap().get(&url).cloned();
        if let Some(fetched) = cached.filter(|_| is_cached) {
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
            let key = trigger.response_key.as_ref();
            let context = BranchContext::from_answer(answer, key, NoCallTexts);
            let verdict = decide_branch(&script.branches, &context);
            matches!(verdict, BranchDecision::Matched(_))
        });
        let cache = if is_cached { CacheStatus::Miss } else { CacheStatus::Off };
        let fetched =
            TriggerResult { answer, cache, timings: RequestTimings::default(), first_error: None };
        if is_cached && is_handled {
            self.cached.lock().unwrap().insert(url, fetched.clone());
        }
        fetched
    }

    fn send_detached(&self, request: TriggerRequest, _: &Arc<Script>) {
        self.note("tells", &request);
    }
}
