//! Requests over HTTP, against a web server that does whatever a bad one does.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dialscript::script::answer::Found;
use dialscript::script::definition::{
    Branch, Caching, Matcher, Outcome, Patience, Script, Trigger,
};
use dialscript::script::path::KeyPath;
use dialscript::script::request::{Fetched, NoAnswer, Request, Triggers};
use dialscript::script::template::{Braces, Filled, Piece, Placeholder, Template, Value, Values};
use dialscript::trigger::{HttpTriggers, Settings};
use http::HeaderName;

use super::requests::{get, plain};
use crate::support::web::Reply;

mod background;
mod breaker;
mod budget;
mod cache;
mod egress;
mod environment;
mod exchange;
mod hostile;
mod log;
mod outgoing;
mod shared_cache;
mod single_flight;
mod stale;

/// Every value is the same sensitive text.
struct Canary;

const CANARY: &str = "4711canary";

impl Values for Canary {
    fn value(&self, _of: &Placeholder) -> Value<'_> {
        Value { text: CANARY.into(), sensitive: true }
    }
}

fn filled(text: &str) -> Filled {
    Template::text(text).fill(&Canary).expect("a text without values")
}

/// With the canary wherever the text has a placeholder.
fn secret_url(text: &str) -> Filled {
    let (pieces, problems) = dialscript::script::template::read(text, Braces::Doubled);
    assert!(problems.is_empty());
    let pieces = pieces.into_iter().map(|(_, piece): (_, Piece)| piece);
    Template::url(pieces).0.fill(&Canary).expect("a canary fits")
}

fn within(budget: Duration, request: Request) -> Request {
    Request { patience: Patience { budget, ..request.patience }, ..request }
}

fn post(url: impl AsRef<str>, body: &str, content_type: &'static str) -> Request {
    Request { body: Some((filled(body), content_type)), ..get(url) }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Answers are fresh for a minute, and not used after it.
fn minute() -> Caching {
    Caching { fresh: MINUTE, ..Caching::default() }
}

/// A script that handles whatever has a `code`, and keeps it.
fn keeping(caching: Caching) -> Arc<Script> {
    keeping_what(caching, Matcher::Present)
}

fn keeping_what(caching: Caching, when: Matcher) -> Arc<Script> {
    let (key, caching) = (KeyPath::parse("code"), Some(caching));
    let trigger = Trigger { key, caching, ..Trigger::default() };
    let branch = Branch { when: vec![when], outcome: Outcome::default() };
    let name = "keeping".into();
    Arc::new(Script { name, trigger: Some(trigger), branches: vec![branch], ..Script::default() })
}

fn header(name: &'static str, value: &str) -> (HeaderName, Filled) {
    (HeaderName::from_static(name), filled(value))
}

fn good() -> Reply {
    Reply::json(r#"{"code":"200"}"#)
}

fn triggers() -> HttpTriggers {
    with(Settings::default())
}

fn with(settings: Settings) -> HttpTriggers {
    HttpTriggers::new(settings).expect("clients")
}

thread_local! {
    /// A test has a thread of its own, and reading the system's root certificates takes a while.
    static OF_THIS_TEST: Rc<HttpTriggers> = Rc::new(triggers());
}

async fn ask(request: Request) -> Fetched {
    let triggers = OF_THIS_TEST.with(Rc::clone);
    triggers.ask(request, &plain()).await
}

async fn failure(request: Request) -> NoAnswer {
    ask(request).await.answer.expect_err("no answer")
}

/// What stands at `code`.
fn code(fetched: &Fetched) -> String {
    let answer = fetched.answer.as_ref().expect("an answer");
    match answer.at(&KeyPath::parse("code").expect("a path")) {
        Found::Text(text) => text.into_owned(),
        other => panic!("{other:?} at code"),
    }
}
