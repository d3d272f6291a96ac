//! A request with all of its attempts, inside one budget: `url`, again where that is allowed, then `fallback_url`.

use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::outgoing_request::{OutgoingRequest, prepare};
use super::request_signature::RequestSigner;
use super::upstream::UpstreamRegistry;
use crate::script::answer::TriggerAnswer;
use crate::script::branch::{BranchDecision, decide_branch, status_reason};
use crate::script::definition::{RetryPolicy, Script};
use crate::script::request::{RequestTimings, TriggerError, TriggerRequest};
use crate::web::client::HttpClient;
use crate::web::stopwatch::Stopwatch;

mod attempt;
mod outcome;

use attempt::AttemptOutcome;
pub(super) use outcome::{RawHttpReply, RequestDeadline, RequestOutcome};

/// The longest body that is read, decompressed.
pub const MAX_BODY: usize = 256 * 1024;
/// Before the second attempt; then twice as long each time, and never longer than the second.
const RETRY_BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// An attempt that would have less time than this is not made.
const MIN_ATTEMPT_TIME: Duration = Duration::from_millis(50);

/// Who sends, and to whom.
pub(super) struct RequestSender {
    pub(super) client: Arc<HttpClient>,
    pub(super) upstreams: UpstreamRegistry,
    /// The process ends soon: nothing is waited for any more, each errand is tried once more.
    pub(super) shutdown: CancellationToken,
}

/// A request with all of its attempts.
pub(super) struct RequestPlan {
    /// `url`, then `fallback_url` where there is one.
    targets: Vec<Result<OutgoingRequest, TriggerError>>,
    signer: RequestSigner,
    retry_policy: RetryPolicy,
    classifier: ResponseClassifier,
    /// Nobody waits: also an upstream that is left alone is asked.
    pub(super) is_background: bool,
}

/// Who says whether a reply is of use.
pub(super) enum ResponseClassifier {
    /// The branches of a script.
    Branches(Arc<Script>),
    /// Its HTTP status alone.
    Status,
}

/// What a reply is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ResponseClass {
    /// A branch handles it.
    Handled,
    /// It is an answer.
    Usable,
    /// It is none; why.
    Unusable(String),
}

impl RequestPlan {
    pub(super) fn new(
        client: &HttpClient,
        request: &TriggerRequest,
        classifier: ResponseClassifier,
    ) -> Self {
        let fallback = request.fallback.as_ref();
        let to = std::iter::once(&request.target).chain(fallback);
        Self {
            targets: to.map(|to| prepare(client, request, to)).collect(),
            signer: RequestSigner::new(&request.signing_keys),
            retry_policy: request.retry_policy,
            classifier,
            is_background: false,
        }
    }

    /// The request to `url`, where it can be sent at all.
    pub(super) fn primary(&self) -> Option<&OutgoingRequest> {
        self.targets.first()?.as_ref().ok()
    }

    /// That to `fallback_url`.
    pub(super) fn fallback(&self) -> Option<&OutgoingRequest> {
        self.targets.get(1)?.as_ref().ok()
    }

    pub(super) fn budget(&self) -> Duration {
        self.retry_policy.total_timeout
    }

    /// Whether what landed is of use to who asks.
    pub(super) fn accepts(&self, landed: &RequestOutcome) -> bool {
        let worth = landed.answer.as_ref().map(|answer| self.classifier.classify(answer));
        worth.is_ok_and(|worth| !matches!(worth, ResponseClass::Unusable(_)))
    }
}

impl ResponseClassifier {
    fn classify(&self, answer: &TriggerAnswer) -> ResponseClass {
        match self {
            Self::Status if answer.status >= 300 => {
                ResponseClass::Unusable(status_reason(answer.status))
            }
            Self::Status => ResponseClass::Usable,
            Self::Branches(script) => classify_by_branches(script, answer),
        }
    }
}

fn classify_by_branches(script: &Script, answer: &TriggerAnswer) -> ResponseClass {
    let key = script.trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref());
    match decide_branch(&script.branches, answer, key) {
        BranchDecision::Matched(_) => ResponseClass::Handled,
        BranchDecision::Otherwise => ResponseClass::Usable,
        BranchDecision::NoResponse(reason) => ResponseClass::Unusable(reason),
    }
}

/// Whether a branch of a script handles an answer: that of another script with the same request may be of no use to it.
pub(super) fn has_branch_for(script: &Script, answer: &TriggerAnswer) -> bool {
    classify_by_branches(script, answer) == ResponseClass::Handled
}

impl RequestSender {
    /// Runs an errand to its end, which is within its budget; that counts from when it was `begun`.
    pub(super) async fn run(&self, errand: &RequestPlan, begun: Instant) -> RequestOutcome {
        let whole = RequestDeadline::after(begun, errand.retry_policy.total_timeout);
        let mut landed: Option<RequestOutcome> = None;
        let mut spent = RequestTimings::default();
        for (number, to) in errand.targets.iter().enumerate() {
            let is_last = number + 1 == errand.targets.len();
            let until = if is_last {
                whole
            } else {
                RequestDeadline::after(begun, errand.retry_policy.primary_budget())
            };
            spent.used_fallback = number > 0;
            let outgoing = match to {
                Ok(outgoing) => outgoing,
                Err(why) => {
                    AttemptOutcome::without_reply(why.clone(), false).merge_into(&mut landed);
                    continue;
                }
            };
            self.run_attempts(errand, outgoing, until, &mut spent, &mut landed).await;
            if landed.as_ref().is_some_and(RequestOutcome::is_usable) {
                break;
            }
        }
        let landed = landed.unwrap_or_else(|| RequestOutcome::failed(TriggerError::Cancelled));
        RequestOutcome {
            timings: spent,
            deadline_passed: whole.remaining() < MIN_ATTEMPT_TIME,
            ..landed
        }
    }

    async fn run_attempts(
        &self,
        errand: &RequestPlan,
        to: &OutgoingRequest,
        until: RequestDeadline,
        spent: &mut RequestTimings,
        landed: &mut Option<RequestOutcome>,
    ) {
        let mut is_last = false;
        for number in 0..=errand.retry_policy.retries {
            is_last |= number == errand.retry_policy.retries;
            let tried = self.run_attempt(errand, to, until, spent).await;
            let again = tried.retry;
            tried.merge_into(landed);
            let Some(wanted) = again else { return };
            let pause =
                wanted.map_or_else(|| backoff(number), |wanted| wanted.max(backoff(number)));
            if is_last || Instant::now() + pause + MIN_ATTEMPT_TIME > until.at {
                return;
            }
            let paused = Instant::now();
            let _ = timeout(pause, self.shutdown.cancelled()).await;
            spent.retry_pause += paused.elapsed();
            is_last = self.shutdown.is_cancelled();
        }
    }

    async fn run_attempt(
        &self,
        errand: &RequestPlan,
        to: &OutgoingRequest,
        until: RequestDeadline,
        spent: &mut RequestTimings,
    ) -> AttemptOutcome {
        let begun = Instant::now();
        let attempt =
            errand.retry_policy.attempt_timeout.map(|time| RequestDeadline::after(begun, time));
        let until = attempt.map_or(until, |attempt| until.no_later_than(attempt));
        let upstream = self.upstreams.for_url(to.url(), &to.upstream_name);
        let sending = upstream.acquire(until.at, errand.is_background).await;
        spent.queued += begun.elapsed();
        let sending = match sending {
            Ok(sending) => sending,
            Err(why) => return AttemptOutcome::without_reply(why, errand.is_background),
        };
        // The time may have gone into a place, or the first URL: that is no failure of who would be asked now.
        if until.remaining() < MIN_ATTEMPT_TIME {
            return AttemptOutcome::without_reply(TriggerError::TimedOut(until.limit), false);
        }
        let Some(request) = to.signed_copy(&errand.signer) else {
            return AttemptOutcome::without_reply(TriggerError::Cancelled, false);
        };
        spent.attempts += 1;
        let stopwatch = Stopwatch::default();
        let exchange = stopwatch.time(self.client.exchange(request, to.untrusted_host, MAX_BODY));
        let reply = timeout_at(until.at, exchange).await;
        let parts = stopwatch.stop();
        spent.dns += parts.dns;
        spent.connect += parts.connect;
        spent.tls += parts.tls;
        spent.answer += parts.answer;
        let tried = match reply {
            Ok(Ok(reply)) => AttemptOutcome::from_reply(reply, &errand.classifier),
            Ok(Err(failed)) => AttemptOutcome::from_http_error(failed),
            Err(_) => AttemptOutcome::without_reply(TriggerError::TimedOut(until.limit), true),
        };
        sending.finish(tried.health_signal());
        tried
    }
}

impl RetryPolicy {
    /// What `url` gets where there is a `fallback_url`: half of the budget, or one attempt where that is longer.
    fn primary_budget(&self) -> Duration {
        (self.total_timeout / 2)
            .max(self.attempt_timeout.unwrap_or_default())
            .min(self.total_timeout)
    }
}

/// Half of it is by chance: callers who failed together do not come again together.
fn backoff(number: u32) -> Duration {
    let longest = RETRY_BACKOFF.0.saturating_mul(1 << number.min(16)).min(RETRY_BACKOFF.1);
    let mut chance = [0; 1];
    // Without chance it is the longest.
    let share = SystemRandom::new().fill(&mut chance).map_or(255, |()| chance[0]);
    longest / 2 + longest / 2 * u32::from(share) / 255
}
