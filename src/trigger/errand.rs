//! A request with all of its attempts, inside one budget: `url`, again where that is allowed, then `fallback_url`.

use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::outgoing::{Outgoing, prepare};
use super::sign::Signers;
use super::upstream::Upstreams;
use crate::script::answer::Answer;
use crate::script::definition::{Patience, Script};
use crate::script::request::{NoAnswer, Request, Spent};
use crate::script::verdict::{Verdict, verdict};
use crate::web::client::Client;
use crate::web::stopwatch::Stopwatch;

mod landed;
mod tried;

pub(super) use landed::{Landed, Received, Until};
use tried::Tried;

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
    /// The process ends soon: nothing is waited for any more, each errand is tried once more.
    pub(super) closing: CancellationToken,
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

    /// That to `fallback_url`.
    pub(super) fn second(&self) -> Option<&Outgoing> {
        self.to.get(1)?.as_ref().ok()
    }

    pub(super) fn budget(&self) -> Duration {
        self.patience.budget
    }

    /// Whether what landed is of use to who asks.
    pub(super) fn takes(&self, landed: &Landed) -> bool {
        let worth = landed.answer.as_ref().map(|answer| self.judge.worth(answer));
        worth.is_ok_and(|worth| !matches!(worth, Worth::Nothing(_)))
    }
}

impl Judge {
    fn worth(&self, answer: &Answer) -> Worth {
        match self {
            Self::Status if answer.status >= 400 => {
                Worth::Nothing(format!("HTTP status {}", answer.status))
            }
            Self::Status => Worth::Answer,
            Self::Branches(script) => worth(script, answer),
        }
    }
}

fn worth(script: &Script, answer: &Answer) -> Worth {
    let key = script.trigger.as_ref().and_then(|trigger| trigger.key.as_ref());
    match verdict(&script.branches, answer, key) {
        Verdict::Matched(_) => Worth::Handled,
        Verdict::Otherwise => Worth::Answer,
        Verdict::NoResponse(reason) => Worth::Nothing(reason),
    }
}

/// Whether a branch of a script handles an answer: that of another script with the same request may be of no use to it.
pub(super) fn handles(script: &Script, answer: &Answer) -> bool {
    worth(script, answer) == Worth::Handled
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
        Landed { spent, is_late: whole.left() < LEAST, ..landed }
    }

    async fn attempts(
        &self,
        errand: &Errand,
        to: &Outgoing,
        until: Until,
        spent: &mut Spent,
        landed: &mut Option<Landed>,
    ) {
        let mut is_last = false;
        for number in 0..=errand.patience.retries {
            is_last |= number == errand.patience.retries;
            let tried = self.attempt(errand, to, until, spent).await;
            let again = tried.again;
            tried.add_to(landed);
            let Some(wanted) = again else { return };
            let pause = wanted.map_or_else(|| pause(number), |wanted| wanted.max(pause(number)));
            if is_last || Instant::now() + pause + LEAST > until.at {
                return;
            }
            let paused = Instant::now();
            let _ = timeout(pause, self.closing.cancelled()).await;
            spent.paused += paused.elapsed();
            is_last = self.closing.is_cancelled();
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
        // The time may have gone into a place, or the first URL: that is no failure of who would be asked now.
        if until.left() < LEAST {
            return Tried::nothing(NoAnswer::TimedOut(until.time), false);
        }
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

/// Half of it is by chance: callers who failed together do not come again together.
fn pause(number: u32) -> Duration {
    let longest = PAUSES.0.saturating_mul(1 << number.min(16)).min(PAUSES.1);
    let mut chance = [0; 1];
    // Without chance it is the longest.
    let share = SystemRandom::new().fill(&mut chance).map_or(255, |()| chance[0]);
    longest / 2 + longest / 2 * u32::from(share) / 255
}
