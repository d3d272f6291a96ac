//! One request with all of its attempts: `url`, its retries, then `fallback_url`, all within one total timeout.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::answer_parser::{AnswerParser, UnparsedAnswer};
use super::outgoing_request::{OutgoingRequest, prepare};
use super::request_signature::RequestSigner;
use super::upstream::UpstreamRegistry;
use crate::script::answer::{AnswerFormat, MAX_TEXT, TriggerAnswer};
use crate::script::definition::RetryPolicy;
use crate::script::request::{RequestTimings, TriggerError, TriggerRequest};
use crate::trace::TraceContext;
use crate::web::client::{HttpClient, HttpReply};
use crate::web::stopwatch::{ExchangeTimings, Stopwatch};

mod attempt;
mod attempt_trace;
mod outcome;
mod response_class;

use attempt::AttemptOutcome;
use attempt_trace::AttemptTrace;
pub(super) use outcome::{RequestDeadline, RequestOutcome};
pub(super) use response_class::{ResponseClass, ResponseClassifier, has_branch_for};

/// The longest body of an answer, decompressed, in bytes.
pub(crate) const MAX_BODY: usize = MAX_TEXT;
/// The longest pause before the first retry. The limit doubles with each further retry, up to [`MAX_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// An attempt is not made when less time than this remains.
const MIN_ATTEMPT_TIME: Duration = Duration::from_millis(50);

pub(super) struct RequestSender {
    pub(super) client: Arc<HttpClient>,
    pub(super) upstreams: Arc<UpstreamRegistry>,
    pub(super) parser: Arc<AnswerParser>,
    /// Whether requests have the header `traceparent`.
    pub(super) sends_traceparent: bool,
    /// Cancelled when the daemon stops. Then retries are made without a pause, and each URL gets one more at most.
    pub(super) shutdown: CancellationToken,
}

/// What to send, how often, and what counts as a usable answer.
pub(super) struct RequestPlan {
    /// The request to `url`, then the one to `fallback_url` if the script has one. An error if no request could be
    /// built.
    targets: Vec<Result<OutgoingRequest, TriggerError>>,
    signer: RequestSigner,
    retry_policy: RetryPolicy,
    classifier: ResponseClassifier,
    read_as: Option<AnswerFormat>,
    /// The parent of the attempts.
    trace: TraceContext,
    /// Whether this is a background request: no call waits for its answer. It may use at most half of an upstream's
    /// permits, and is sent even while the circuit breaker is open.
    pub(super) is_background: bool,
}

impl RequestPlan {
    pub(super) fn new(
        client: &HttpClient,
        request: &TriggerRequest,
        classifier: ResponseClassifier,
    ) -> Self {
        let targets = std::iter::once(&request.target).chain(request.fallback.as_ref());
        Self {
            targets: targets.map(|target| prepare(client, request, target)).collect(),
            signer: RequestSigner::new(&request.signing_keys),
            retry_policy: request.retry_policy,
            classifier,
            read_as: request.read_as,
            trace: request.trace.clone(),
            is_background: false,
        }
    }

    /// The request to `url`, if it could be built.
    pub(super) fn primary(&self) -> Option<&OutgoingRequest> {
        self.targets.first()?.as_ref().ok()
    }

    /// The request to `fallback_url`, if there is one and it could be built.
    pub(super) fn fallback(&self) -> Option<&OutgoingRequest> {
        self.targets.get(1)?.as_ref().ok()
    }

    pub(super) fn total_timeout(&self) -> Duration {
        self.retry_policy.total_timeout
    }

    /// Whether this plan's own classifier finds the answer usable. The class in the outcome may be wrong for this plan,
    /// because a call of another script may have fetched the answer.
    pub(super) fn accepts(&self, outcome: &RequestOutcome) -> bool {
        outcome.answer.as_ref().is_ok_and(|answer| {
            !matches!(self.classifier.classify(answer), ResponseClass::Unusable(_))
        })
    }
}

impl RequestSender {
    /// Makes the attempts of a plan until one has a usable answer. Ends within the plan's total timeout, which counts
    /// from `started_at`.
    pub(super) async fn run(&self, plan: &RequestPlan, started_at: Instant) -> RequestOutcome {
        let total = RequestDeadline::after(started_at, plan.retry_policy.total_timeout);
        let mut outcome: Option<RequestOutcome> = None;
        let mut timings = RequestTimings::default();
        for (index, target) in plan.targets.iter().enumerate() {
            let deadline = if index + 1 == plan.targets.len() {
                total
            } else {
                RequestDeadline::after(started_at, plan.retry_policy.primary_timeout())
            };
            timings.used_fallback = index > 0;
            let outgoing = match target {
                Ok(outgoing) => outgoing,
                Err(error) => {
                    AttemptOutcome::without_reply(error.clone(), false).merge_into(&mut outcome);
                    continue;
                }
            };
            self.run_attempts(plan, outgoing, deadline, &mut timings, &mut outcome).await;
            if outcome.as_ref().is_some_and(RequestOutcome::is_usable) {
                break;
            }
        }
        let outcome = outcome.unwrap_or_else(|| RequestOutcome::failed(TriggerError::Cancelled));
        RequestOutcome { timings, deadline_passed: total.remaining() < MIN_ATTEMPT_TIME, ..outcome }
    }

    /// Makes the attempts at one URL.
    async fn run_attempts(
        &self,
        plan: &RequestPlan,
        outgoing: &OutgoingRequest,
        deadline: RequestDeadline,
        timings: &mut RequestTimings,
        outcome: &mut Option<RequestOutcome>,
    ) {
        let mut is_last = false;
        for attempt_index in 0..=plan.retry_policy.retries {
            is_last |= attempt_index == plan.retry_policy.retries;
            let attempt = self.run_attempt(plan, outgoing, deadline, timings).await;
            let retry_after = attempt.retry_after;
            attempt.merge_into(outcome);
            let Some(min_pause) = retry_after else { return };
            let pause = min_pause.max(backoff(attempt_index));
            if is_last || Instant::now() + pause + MIN_ATTEMPT_TIME > deadline.at {
                return;
            }
            let paused_at = Instant::now();
            let _ = timeout(pause, self.shutdown.cancelled()).await;
            timings.retry_pause += paused_at.elapsed();
            is_last = self.shutdown.is_cancelled();
        }
    }

    async fn run_attempt(
        &self,
        plan: &RequestPlan,
        outgoing: &OutgoingRequest,
        deadline: RequestDeadline,
        timings: &mut RequestTimings,
    ) -> AttemptOutcome {
        let started_at = Instant::now();
        let deadline = match plan.retry_policy.attempt_timeout {
            Some(limit) => deadline.min(RequestDeadline::after(started_at, limit)),
            None => deadline,
        };
        let upstream = self.upstreams.for_url(outgoing.url(), &outgoing.upstream_name);
        let permit = upstream.acquire(deadline.at, plan.is_background).await;
        timings.queued += started_at.elapsed();
        let permit = match permit {
            Ok(permit) => permit,
            Err(error) => return AttemptOutcome::without_reply(error, plan.is_background),
        };
        // The wait for the permit or the attempts at `url` have used up the time. That is not a failure of this
        // upstream.
        if deadline.remaining() < MIN_ATTEMPT_TIME {
            return AttemptOutcome::without_reply(TriggerError::TimedOut(deadline.limit), false);
        }
        let Some(mut request) = outgoing.signed_copy(&plan.signer) else {
            return AttemptOutcome::without_reply(TriggerError::Cancelled, false);
        };
        let trace = AttemptTrace::start(&plan.trace, outgoing, timings, plan.is_background);
        trace.add_header(&mut request, self.sends_traceparent);
        timings.attempts += 1;
        let stopwatch = Stopwatch::default();
        let exchange = self.client.exchange(request, outgoing.untrusted_host, MAX_BODY);
        let reply = timeout_at(deadline.at, stopwatch.time(exchange)).await;
        add_exchange_timings(timings, stopwatch.stop());
        let attempt = match reply {
            Ok(Ok(reply)) => self.read_reply(plan, reply, deadline, timings).await,
            Ok(Err(error)) => AttemptOutcome::from_http_error(error),
            Err(_) => AttemptOutcome::without_reply(TriggerError::TimedOut(deadline.limit), true),
        };
        permit.finish(attempt.health_signal());
        trace.finish(&attempt);
        attempt
    }

    async fn read_reply(
        &self,
        plan: &RequestPlan,
        reply: HttpReply,
        deadline: RequestDeadline,
        timings: &mut RequestTimings,
    ) -> AttemptOutcome {
        let started_at = Instant::now();
        let HttpReply { status, headers, body } = reply;
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let unparsed = UnparsedAnswer { status, content_type, body };
        let parsed = match is_encoded(&headers) && !unparsed.body.is_empty() {
            true => Ok((TriggerAnswer::encoded(status), unparsed)),
            false => self.parser.parse(plan.read_as, unparsed, deadline.at).await,
        };
        timings.answer += started_at.elapsed();
        match parsed {
            Ok((answer, raw_reply)) => {
                AttemptOutcome::from_answer(answer, raw_reply, &headers, &plan.classifier)
            }
            Err(error) => AttemptOutcome::without_reply(error, false),
        }
    }
}

/// Whether the body is still encoded. The HTTP client decodes what it can, and removes the header then.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn add_exchange_timings(timings: &mut RequestTimings, exchange: ExchangeTimings) {
    timings.dns += exchange.dns;
    timings.connect += exchange.connect;
    timings.tls += exchange.tls;
    timings.answer += exchange.answer;
}

impl RetryPolicy {
    /// The time for `url` when there is a `fallback_url`: half of the total timeout, or the timeout of one attempt if
    /// that is longer.
    fn primary_timeout(&self) -> Duration {
        (self.total_timeout / 2)
            .max(self.attempt_timeout.unwrap_or_default())
            .min(self.total_timeout)
    }
}

/// Returns the pause after an attempt; attempts count from 0. The pause is random, between half of the current limit
/// and the limit, so that calls that failed at the same time do not retry at the same time.
fn backoff(attempt_index: u32) -> Duration {
    let longest = FIRST_BACKOFF.saturating_mul(1 << attempt_index.min(16)).min(MAX_BACKOFF);
    let mut random = [0; 1];
    let share = SystemRandom::new().fill(&mut random).map_or(255, |()| random[0]);
    longest / 2 + longest / 2 * u32::from(share) / 255
}
