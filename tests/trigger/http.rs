//! Requests over HTTP, against a web server that does whatever a bad one does.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dialscript::script::answer::AnswerValue;
use dialscript::script::definition::{
    Branch, ResponseCachePolicy, RetryPolicy, Script, ScriptOutcome, ScriptTrigger,
};
use dialscript::script::matcher::Matcher;
use dialscript::script::path::KeyPath;
use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest, TriggerResult};
use dialscript::script::template::{
    BraceSyntax, Placeholder, PlaceholderValue, PlaceholderValues, RedactedText, Template,
    TemplatePiece,
};
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};
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

impl PlaceholderValues for Canary {
    fn value(&self, _of: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue { text: CANARY.into(), sensitive: true }
    }
}

fn filled(text: &str) -> RedactedText {
    Template::text(text).fill(&Canary).expect("a text without values")
}

/// With the canary wherever the text has a placeholder.
fn secret_url(text: &str) -> RedactedText {
    let (pieces, problems) =
        dialscript::script::template::parse_template(text, BraceSyntax::Doubled);
    assert!(problems.is_empty());
    let pieces = pieces.into_iter().map(|(_, piece): (_, TemplatePiece)| piece);
    Template::url(pieces).0.fill(&Canary).expect("a canary fits")
}

fn within(budget: Duration, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest {
        retry_policy: RetryPolicy { total_timeout: budget, ..request.retry_policy },
        ..request
    }
}

fn post(url: impl AsRef<str>, body: &str, content_type: &'static str) -> TriggerRequest {
    TriggerRequest { body: Some((filled(body), content_type)), ..get(url) }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Answers are fresh for a minute, and not used after it.
fn minute() -> ResponseCachePolicy {
    ResponseCachePolicy { fresh: MINUTE, ..ResponseCachePolicy::default() }
}

/// A script that handles whatever has a `code`, and keeps it.
fn keeping(caching: ResponseCachePolicy) -> Arc<Script> {
    keeping_what(caching, Matcher::Present)
}

fn keeping_what(caching: ResponseCachePolicy, when: Matcher) -> Arc<Script> {
    let (key, caching) = (KeyPath::parse("code"), Some(caching));
    let trigger =
        ScriptTrigger { response_key: key, cache_policy: caching, ..ScriptTrigger::default() };
    let branch = Branch { when: vec![when], outcome: ScriptOutcome::default() };
    let name = "keeping".into();
    Arc::new(Script { name, trigger: Some(trigger), branches: vec![branch], ..Script::default() })
}

fn header(name: &'static str, value: &str) -> (HeaderName, RedactedText) {
    (HeaderName::from_static(name), filled(value))
}

fn good() -> Reply {
    Reply::json(r#"{"code":"200"}"#)
}

fn triggers() -> HttpTriggerClient {
    with(TriggerSettings::default())
}

fn with(settings: TriggerSettings) -> HttpTriggerClient {
    HttpTriggerClient::new(settings).expect("clients")
}

thread_local! {
    /// A test has a thread of its own, and reading the system's root certificates takes a while.
    static OF_THIS_TEST: Rc<HttpTriggerClient> = Rc::new(triggers());
}

async fn ask(request: TriggerRequest) -> TriggerResult {
    let triggers = OF_THIS_TEST.with(Rc::clone);
    triggers.send(request, &plain()).await
}

async fn failure(request: TriggerRequest) -> TriggerError {
    ask(request).await.answer.expect_err("no answer")
}

/// What stands at `code`.
fn code(fetched: &TriggerResult) -> String {
    let answer = fetched.answer.as_ref().expect("an answer");
    match answer.lookup(&KeyPath::parse("code").expect("a path")) {
        AnswerValue::Text(text) => text.into_owned(),
        other => panic!("{other:?} at code"),
    }
}
