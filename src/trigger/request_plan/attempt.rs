//! One attempt: what it came to, what it says about the upstream, and whether another may go better.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use super::{RawHttpReply, RequestOutcome, ResponseClass, ResponseClassifier};
use crate::script::answer::TriggerAnswer;
use crate::script::request::{CacheStatus, RequestTimings, TriggerError};
use crate::trigger::upstream::HealthSignal;
use crate::web::client::{HttpClientError, HttpReply};

/// One attempt.
pub(super) struct AttemptOutcome {
    answer: Result<TriggerAnswer, TriggerError>,
    class: ResponseClass,
    raw_reply: Option<RawHttpReply>,
    /// Another attempt may go better, after this time where the other side names one.
    pub(super) retry: Option<Option<Duration>>,
}

impl AttemptOutcome {
    pub(super) fn without_reply(why: TriggerError, again: bool) -> Self {
        let class = ResponseClass::Unusable(why.to_string());
        Self { answer: Err(why), class, raw_reply: None, retry: again.then_some(None) }
    }

    pub(super) fn from_http_error(failed: HttpClientError) -> Self {
        let again = matches!(failed, HttpClientError::Unreachable(_));
        Self::without_reply(failed.into(), again)
    }

    pub(super) fn from_reply(reply: HttpReply, judge: &ResponseClassifier) -> Self {
        let content_type = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let answer = TriggerAnswer::parse(reply.status, content_type, &reply.body);
        let class = judge.classify(&answer);
        let is_broken = answer.status >= 500 || answer.status == 429;
        let again = matches!(class, ResponseClass::Unusable(_)) && is_broken;
        let retry = again.then(|| retry_after(&reply.headers));
        let content_type = content_type.map(str::to_owned);
        let received = RawHttpReply { content_type, body: reply.body };
        Self { answer: Ok(answer), class, raw_reply: Some(received), retry }
    }

    /// What it says about the upstream: an error that a script has a branch for is an answer.
    pub(super) fn health_signal(&self) -> HealthSignal {
        match &self.answer {
            Ok(answer) if answer.status >= 500 && self.retry.is_some() => {
                HealthSignal::ServerError(answer.status)
            }
            Ok(answer) => HealthSignal::Answered(answer.status),
            Err(TriggerError::TimedOut(_) | TriggerError::Unreachable(_)) => HealthSignal::NoReply,
            Err(_) => HealthSignal::Unknown,
        }
    }

    /// A complete reply says more than none; what went wrong first stays known.
    pub(super) fn merge_into(self, landed: &mut Option<RequestOutcome>) {
        let trouble = match &self.class {
            ResponseClass::Unusable(reason) => Some(reason.clone()),
            ResponseClass::Handled | ResponseClass::Usable => None,
        };
        let trouble = landed.as_mut().and_then(|before| before.first_error.take()).or(trouble);
        match landed {
            Some(before) if before.answer.is_ok() && self.answer.is_err() => {
                before.first_error = trouble;
            }
            _ => {
                *landed = Some(RequestOutcome {
                    answer: self.answer.map(Arc::new),
                    class: self.class,
                    raw_reply: self.raw_reply.map(Arc::new),
                    cache: CacheStatus::Miss,
                    timings: RequestTimings::default(),
                    first_error: trouble,
                    deadline_passed: false,
                });
            }
        }
    }
}

impl From<HttpClientError> for TriggerError {
    fn from(failed: HttpClientError) -> Self {
        match failed {
            HttpClientError::EgressDenied(refused) => Self::NotSent(refused.to_string()),
            HttpClientError::Unreachable(reason) => Self::Unreachable(reason),
            HttpClientError::ReplyTooLong(most) => Self::BodyTooLong(most),
        }
    }
}

/// In whole seconds; a date is not read. No budget is longer than an hour.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}
