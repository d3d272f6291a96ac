//! A web application that answers when a row says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::script::answer::Answer;
use dialscript::script::definition::Script;
use dialscript::script::request::{CacheUse, Fetched, NoAnswer, Request, Spent, Triggers};
use dialscript::script::verdict::{Verdict, verdict};
use tokio::time::sleep;

/// An answer, and how long it takes.
pub(crate) type Reply = (Duration, Result<Said, NoAnswer>);

/// Status, type and body.
pub(crate) type Said = (u16, &'static str, &'static str);

/// Answers in their order, and what was asked. What is kept answers from then on.
#[derive(Default)]
pub(crate) struct Web {
    answers: Mutex<VecDeque<Reply>>,
    kept: Mutex<Option<Fetched>>,
    asked: Mutex<Vec<String>>,
}

impl Web {
    pub(crate) fn answering(answers: Vec<Reply>) -> Self {
        Self { answers: Mutex::new(answers.into()), ..Self::default() }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, how: &str, request: &Request) {
        let body = request.body.as_ref().map(|(body, _)| body.text().to_owned());
        let line = format!("{how} {} {}", request.to.url.text(), body.unwrap_or_default());
        self.asked.lock().unwrap().push(line);
    }
}

impl Triggers for Web {
    async fn ask(&self, request: Request, script: &Arc<Script>) -> Fetched {
        let trigger = script.trigger.as_ref().expect("a trigger");
        let is_kept = trigger.caching.is_some();
        let kept = self.kept.lock().unwrap().clone().filter(|_| is_kept);
        if let Some(fetched) = kept {
            return Fetched { cache: CacheUse::Hit, ..fetched };
        }
        self.note("asks", &request);
        let (delay, answer) =
            self.answers.lock().unwrap().pop_front().expect("one request too many");
        sleep(delay).await;
        let answer = answer
            .map(|(status, kind, body)| Answer::read(status, Some(kind), body.as_bytes()))
            .map(Arc::new);
        let is_handled = answer.as_ref().is_ok_and(|answer| {
            let verdict = verdict(&script.branches, answer, trigger.key.as_ref());
            matches!(verdict, Verdict::Matched(_))
        });
        let cache = if is_kept { CacheUse::Miss } else { CacheUse::Off };
        let fetched = Fetched { answer, cache, spent: Spent::default(), trouble: None };
        if is_kept && is_handled {
            *self.kept.lock().unwrap() = Some(fetched.clone());
        }
        fetched
    }

    fn tell(&self, request: Request, _: &Arc<Script>) {
        self.note("tells", &request);
    }
}
