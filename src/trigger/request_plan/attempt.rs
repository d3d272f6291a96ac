//! One attempt: its outcome, what that says about the upstream, and whether a retry may help.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::outcome::RequestOutcome;
use super::response_class::{ResponseClass, ResponseClassifier};
use crate::script::answer::TriggerAnswer;
use crate::script::request::{CacheStatus, RequestTimings, TriggerError};
use crate::trigger::answer_parser::UnparsedAnswer;
use crate::trigger::upstream::HealthSignal;
use crate::web::client::HttpClientError;

pub(super) struct AttemptOutcome {
    answer: Result<TriggerAnswer, TriggerError>,
    class: ResponseClass,
    raw_reply: Option<UnparsedAnswer>,
    /// The shortest pause before a retry. `None` if a retry can't help.
    pub(super) retry_after: Option<Duration>,
}

impl AttemptOutcome {
    pub(super) fn without_reply(error: TriggerError, retry: bool) -> Self {
        let class = ResponseClass::Unusable(error.to_string());
        let retry_after = retry.then_some(Duration::ZERO);
        Self { answer: Err(error), class, raw_reply: None, retry_after }
    }

    /// The HTTP status, or why there is no answer.
    pub(super) fn status(&self) -> Result<u16, &TriggerError> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    pub(super) fn from_http_error(error: HttpClientError) -> Self {
        let retry =
            matches!(error, HttpClientError::Unreachable(_) | HttpClientError::BrokenReply(_));
        Self::without_reply(error.into(), retry)
    }

    pub(super) fn from_answer(
        answer: TriggerAnswer,
        raw_reply: UnparsedAnswer,
        headers: &HeaderMap,
        classifier: &ResponseClassifier,
    ) -> Self {
        let class = classifier.classify(&answer);
        let may_recover = answer.status >= 500 || answer.status == 429;
        let retry = may_recover && matches!(class, ResponseClass::Unusable(_));
        let retry_after = retry.then(|| retry_after(headers).unwrap_or_default());
        Self { answer: Ok(answer), class, raw_reply: Some(raw_reply), retry_after }
    }

    /// An error status that a branch of the script handles is a success for the circuit breaker.
    pub(super) fn health_signal(&self) -> HealthSignal {
        match &self.answer {
            Ok(answer) if answer.status >= 500 && self.retry_after.is_some() => {
                HealthSignal::ServerError(answer.status)
            }
            Ok(answer) => HealthSignal::Answered(answer.status),
            Err(
                TriggerError::TimedOut(_)
                | TriggerError::Unreachable(_)
                | TriggerError::BrokenReply(_),
            ) => HealthSignal::NoReply,
            Err(_) => HealthSignal::Unknown,
        }
    }

    /// Replaces the outcome of the earlier attempts, unless it has a complete reply and this attempt has none. The
    /// first error of all attempts stays in the outcome.
    pub(super) fn merge_into(self, outcome: &mut Option<RequestOutcome>) {
        let own_error = match &self.class {
            ResponseClass::Unusable(reason) => Some(reason.clone()),
            ResponseClass::Handled | ResponseClass::Usable => None,
        };
        let first_error =
            outcome.as_mut().and_then(|before| before.first_error.take()).or(own_error);
        match outcome {
            Some(before) if before.answer.is_ok() && self.answer.is_err() => {
                before.first_error = first_error;
            }
            _ => {
                *outcome = Some(RequestOutcome {
                    answer: self.answer.map(Arc::new),
                    class: self.class,
                    raw_reply: self.raw_reply.map(Arc::new),
                    cache: CacheStatus::Miss,
                    timings: RequestTimings::default(),
                    first_error,
                    deadline_passed: false,
                });
            }
        }
    }
}

impl From<HttpClientError> for TriggerError {
    fn from(error: HttpClientError) -> Self {
        match error {
            HttpClientError::EgressDenied(denied) => Self::NotSent(denied.to_string()),
            HttpClientError::UnsendableUrl(reason) => Self::NotSent(reason.to_string()),
            HttpClientError::Unreachable(reason) => Self::Unreachable(reason),
            HttpClientError::BrokenReply(reason) => Self::BrokenReply(reason),
            HttpClientError::ReplyTooLong(limit) => Self::BodyTooLong(limit),
            HttpClientError::RedirectLoop(count) => Self::RedirectLoop(count),
        }
    }
}

/// The `Retry-After` header, if it is a number of seconds; dates are ignored. At most an hour, the longest total
/// timeout.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}
