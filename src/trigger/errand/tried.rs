//! One attempt: what it came to, what it says about the upstream, and whether another may go better.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use super::{Judge, Landed, Received, Worth};
use crate::script::answer::Answer;
use crate::script::request::{CacheUse, NoAnswer, Spent};
use crate::trigger::upstream::Sign;
use crate::web::client::{Failed, Reply};

/// One attempt.
pub(super) struct Tried {
    answer: Result<Answer, NoAnswer>,
    worth: Worth,
    reply: Option<Received>,
    /// Another attempt may go better, after this time where the other side names one.
    pub(super) again: Option<Option<Duration>>,
}

impl Tried {
    pub(super) fn nothing(why: NoAnswer, again: bool) -> Self {
        let worth = Worth::Nothing(why.to_string());
        Self { answer: Err(why), worth, reply: None, again: again.then_some(None) }
    }

    pub(super) fn failed(failed: Failed) -> Self {
        let again = matches!(failed, Failed::Unreachable(_));
        Self::nothing(failed.into(), again)
    }

    pub(super) fn reply(reply: Reply, judge: &Judge) -> Self {
        let content_type = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let answer = Answer::read(reply.status, content_type, &reply.body);
        let worth = judge.worth(&answer);
        let is_broken = answer.status >= 500 || answer.status == 429;
        let again = matches!(worth, Worth::Nothing(_)) && is_broken;
        let again = again.then(|| retry_after(&reply.headers));
        let content_type = content_type.map(str::to_owned);
        let received = Received { content_type, body: reply.body };
        Self { answer: Ok(answer), worth, reply: Some(received), again }
    }

    /// What it says about the upstream: an error that a script has a branch for is an answer.
    pub(super) fn sign(&self) -> Sign {
        match &self.answer {
            Ok(answer) if answer.status >= 500 && self.again.is_some() => {
                Sign::Broken(answer.status)
            }
            Ok(answer) => Sign::Answered(answer.status),
            Err(NoAnswer::TimedOut(_) | NoAnswer::Unreachable(_)) => Sign::Silent,
            Err(_) => Sign::None,
        }
    }

    /// A complete reply says more than none; what went wrong first stays known.
    pub(super) fn add_to(self, landed: &mut Option<Landed>) {
        let trouble = match &self.worth {
            Worth::Nothing(reason) => Some(reason.clone()),
            Worth::Handled | Worth::Answer => None,
        };
        let trouble = landed.as_mut().and_then(|before| before.trouble.take()).or(trouble);
        match landed {
            Some(before) if before.answer.is_ok() && self.answer.is_err() => {
                before.trouble = trouble;
            }
            _ => {
                *landed = Some(Landed {
                    answer: self.answer.map(Arc::new),
                    worth: self.worth,
                    reply: self.reply.map(Arc::new),
                    cache: CacheUse::Miss,
                    spent: Spent::default(),
                    trouble,
                    is_late: false,
                });
            }
        }
    }
}

impl From<Failed> for NoAnswer {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(refused) => Self::NotSent(refused.to_string()),
            Failed::Unreachable(reason) => Self::Unreachable(reason),
            Failed::TooLong(most) => Self::TooLong(most),
        }
    }
}

/// In whole seconds; a date is not read. No budget is longer than an hour.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}
