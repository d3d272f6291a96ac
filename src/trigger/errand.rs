//! A request with all of its attempts, inside one budget: `url`, again where that is allowed, then `fallback_url`.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{Instant, sleep, timeout_at};

use super::outgoing::{Outgoing, prepare};
use super::sign::Signers;
use super::upstream::{Sign, Upstreams};
use crate::script::answer::Answer;
use crate::script::definition::{Patience, Script};
use crate::script::request::{CacheUse, Fetched, NoAnswer, Request, Spent};
use crate::script::verdict::{Verdict, verdict};
use crate::web::client::{Client, Failed, Reply};
use crate::web::stopwatch::Stopwatch;

/// The longest body that is read, decompressed.
pub const MAX_BODY: usize = 256 * 1024;
/// Before the second attempt; then twice as long each time, and never longer than the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// An attempt that would have less time than this is not made.
const LEAST: Duration = Duration::from_millis(50);

/// Who sends, and to whom.
pub(super) struct Sender {
    pub(super) client: Arc<Client>,
    pub(super) upstreams: Upstreams,
}

/// A request with all of its attempts.
pub(super) struct Errand {
    /// `url`, then `fallback_url` where there is one.
    to: Vec<Result<Outgoing, NoAnswer>>,
    signers: Signers,
    patience: Patience,
    judge: Judge,
    /// Nobody waits: also an upstream that is left alone is asked.
    pub(super) unhurried: bool,
}

/// Who says whether a reply is of use.
pub(super) enum Judge {
    /// The branches of a script.
    Branches(Arc<Script>),
    /// Its HTTP status alone.
    Status,
}

/// What a reply is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Worth {
    /// A branch handles it.
    Handled,
    /// It is an answer.
    Answer,
    /// It is none; why.
    Nothing(String),
}

/// What came of an errand.
#[derive(Clone)]
pub(super) struct Landed {
    pub(super) answer: Result<Arc<Answer>, NoAnswer>,
    pub(super) worth: Worth,
    /// The reply that the answer was read from.
    pub(super) reply: Option<Arc<Received>>,
    /// Whether the answer was kept.
    pub(super) cache: CacheUse,
    pub(super) spent: Spent,
    pub(super) trouble: Option<String>,
}

/// A reply as it came: it can be read again elsewhere.
pub(super) struct Received {
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Errand {
    pub(super) fn new(client: &Client, request: &Request, judge: Judge) -> Self {
        let fallback = request.fallback.as_ref();
        let to = std::iter::once(&request.to).chain(fallback);
        Self {
            to: to.map(|to| prepare(client, request, to)).collect(),
            signers: Signers::new(&request.signed_by),
            patience: request.patience,
            judge,
            unhurried: false,
        }
    }

    /// The request to `url`, where it can be sent at all.
    pub(super) fn first(&self) -> Option<&Outgoing> {
        self.to.first()?.as_ref().ok()
    }

    pub(super) fn budget(&self) -> Duration {
        self.patience.budget
    }

    /// Whether an answer is of use to who asks.
    pub(super) fn accepts(&self, answer: &Answer) -> bool {
        !matches!(self.judge.worth(answer), Worth::Nothing(_))
    }
}

impl Judge {
    fn worth(&self, answer: &Answer) -> Worth {
        match self {
            Self::Status if answer.status >= 400 => {
                Worth::Nothing(format!("HTTP status {}", answer.status))
            }
            Self::Status => Worth::Answer,
            Self::Branches(script) => {
                let key = script.trigger.as_ref().and_then(|trigger| trigger.key.as_ref());
                match verdict(&script.branches, answer, key) {
                    Verdict::Matched(_) => Worth::Handled,
                    Verdict::Otherwise => Worth::Answer,
                    Verdict::NoResponse(reason) => Worth::Nothing(reason),
                }
            }
        }
    }
}

impl Landed {
    pub(super) fn nothing(why: NoAnswer) -> Self {
        let reason = why.to_string();
        Self {
            answer: Err(why),
            worth: Worth::Nothing(reason.clone()),
            reply: None,
            cache: CacheUse::Miss,
            spent: Spent::default(),
            trouble: Some(reason),
        }
    }

    /// An answer that was there.
    pub(super) fn kept(answer: Arc<Answer>, cache: CacheUse) -> Self {
        let (spent, worth) = (Spent::default(), Worth::Handled);
        Self { answer: Ok(answer), worth, reply: None, cache, spent, trouble: None }
    }

    /// Whether the call needs nothing more.
    fn is_of_use(&self) -> bool {
        !matches!(self.worth, Worth::Nothing(_))
    }

    /// Whether only its time was over.
    pub(super) fn was_cut(&self) -> bool {
        matches!(self.answer, Err(NoAnswer::TimedOut(_)))
    }

    /// Another call had begun it.
    pub(super) fn joined(mut self) -> Self {
        self.spent.joined = true;
        self
    }

    pub(super) fn into_fetched(self) -> Fetched {
        let Self { answer, cache, spent, trouble, .. } = self;
        Fetched { answer, cache, spent, trouble }
    }
}

/// The end of an attempt, or of all attempts, and how long it was given: that is told when it comes.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) at: Instant,
    pub(super) time: Duration,
}

impl Until {
    pub(super) fn after(begun: Instant, time: Duration) -> Self {
        Self { at: begun + time, time }
    }

    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(super) fn more_than_half_is_left(&self) -> bool {
        self.left() > self.time / 2
    }

    fn no_later_than(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }
}

/// One attempt.
struct Tried {
    answer: Result<Answer, NoAnswer>,
    worth: Worth,
    reply: Option<Received>,
    /// Another attempt may go better, after this time where the other side names one.
    again: Option<Option<Duration>>,
}

impl Sender {
    /// Runs an errand to its end, which is within its budget; that counts from when it was `begun`.
    pub(super) async fn run(&self, errand: &Errand, begun: Instant) -> Landed {
        let whole = Until::after(begun, errand.patience.budget);
        let mut landed: Option<Landed> = None;
        let mut spent = Spent::default();
        for (number, to) in errand.to.iter().enumerate() {
            let is_last = number + 1 == errand.to.len();
            let until = if is_last { whole } else { Until::after(begun, errand.patience.share()) };
            spent.fallback = number > 0;
            let outgoing = match to {
                Ok(outgoing) => outgoing,
                Err(why) => {
                    Tried::nothing(why.clone(), false).add_to(&mut landed);
                    continue;
                }
            };
            self.attempts(errand, outgoing, until, &mut spent, &mut landed).await;
            if landed.as_ref().is_some_and(Landed::is_of_use) {
                break;
            }
        }
        let landed = landed.unwrap_or_else(|| Landed::nothing(NoAnswer::GivenUp));
        Landed { spent, ..landed }
    }

    async fn attempts(
        &self,
        errand: &Errand,
        to: &Outgoing,
        until: Until,
        spent: &mut Spent,
        landed: &mut Option<Landed>,
    ) {
        for number in 0..=errand.patience.retries {
            let tried = self.attempt(errand, to, until, spent).await;
            let again = tried.again;
            tried.add_to(landed);
            let Some(wanted) = again else { return };
            let pause = wanted.map_or_else(|| pause(number), |wanted| wanted.max(pause(number)));
            let is_last = number == errand.patience.retries;
            if is_last || Instant::now() + pause + LEAST > until.at {
                return;
            }
            sleep(pause).await;
            spent.paused += pause;
        }
    }

    async fn attempt(
        &self,
        errand: &Errand,
        to: &Outgoing,
        until: Until,
        spent: &mut Spent,
    ) -> Tried {
        let begun = Instant::now();
        let attempt = errand.patience.attempt.map(|time| Until::after(begun, time));
        let until = attempt.map_or(until, |attempt| until.no_later_than(attempt));
        let upstream = self.upstreams.of(to.url(), &to.upstream);
        let sending = upstream.place(until.at, errand.unhurried).await;
        spent.queued += begun.elapsed();
        let sending = match sending {
            Ok(sending) => sending,
            Err(why) => return Tried::nothing(why, errand.unhurried),
        };
        let Some(request) = to.attempt(&errand.signers) else {
            return Tried::nothing(NoAnswer::GivenUp, false);
        };
        spent.attempts += 1;
        let stopwatch = Stopwatch::default();
        let exchange = stopwatch.time(self.client.exchange(request, to.guarded, MAX_BODY));
        let reply = timeout_at(until.at, exchange).await;
        let parts = stopwatch.stop();
        spent.dns += parts.dns;
        spent.connect += parts.connect;
        spent.tls += parts.tls;
        spent.answer += parts.answer;
        let tried = match reply {
            Ok(Ok(reply)) => Tried::reply(reply, &errand.judge),
            Ok(Err(failed)) => Tried::failed(failed),
            Err(_) => Tried::nothing(NoAnswer::TimedOut(until.time), true),
        };
        sending.ended(tried.sign());
        tried
    }
}

impl Patience {
    /// What `url` gets where there is a `fallback_url`: half of the budget, or one attempt where that is longer.
    fn share(&self) -> Duration {
        (self.budget / 2).max(self.attempt.unwrap_or_default()).min(self.budget)
    }
}

impl Tried {
    fn nothing(why: NoAnswer, again: bool) -> Self {
        let worth = Worth::Nothing(why.to_string());
        Self { answer: Err(why), worth, reply: None, again: again.then_some(None) }
    }

    fn failed(failed: Failed) -> Self {
        let again = matches!(failed, Failed::Unreachable(_));
        Self::nothing(failed.into(), again)
    }

    fn reply(reply: Reply, judge: &Judge) -> Self {
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
    fn sign(&self) -> Sign {
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
    fn add_to(self, landed: &mut Option<Landed>) {
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

/// Half of it is by chance: callers who failed together do not come again together.
fn pause(number: u32) -> Duration {
    let longest = PAUSES.0.saturating_mul(1 << number.min(16)).min(PAUSES.1);
    let mut chance = [0; 1];
    // Without chance it is the longest.
    let share = SystemRandom::new().fill(&mut chance).map_or(255, |()| chance[0]);
    longest / 2 + longest / 2 * u32::from(share) / 255
}
