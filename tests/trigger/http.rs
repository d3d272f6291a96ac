//! Requests over HTTP to a web server that can misbehave in every way.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dialscript::script::answer::AnswerValue;
use dialscript::script::condition::Condition;
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
use http::{HeaderName, Method};

use super::requests::{get, plain_script};
use crate::support::web::Reply;

mod background;
mod breaker;
mod budget;
mod cache;
mod changed_settings;
mod conditions;
mod connections;
mod egress;
mod environment;
mod exchange;
mod hostile;
mod large;
mod log;
mod outgoing;
pub(super) mod proxy;
mod shared_cache;
mod single_flight;
mod stale;
mod traceparent;
mod waits;

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

/// The URL with the canary in place of each placeholder.
fn secret_url(text: &str) -> RedactedText {
    let (pieces, problems) =
        dialscript::script::template::parse_template(text, BraceSyntax::Doubled);
    assert!(problems.is_empty());
    let pieces = pieces.into_iter().map(|(_, piece): (_, TemplatePiece)| piece);
    Template::url(pieces).0.fill(&Canary).expect("a canary fits")
}

pub(super) fn with_total_timeout(budget: Duration, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest {
        retry_policy: RetryPolicy { total_timeout: budget, ..request.retry_policy },
        ..request
    }
}

fn post(url: impl AsRef<str>, body: &str, content_type: &'static str) -> TriggerRequest {
    TriggerRequest { method: Method::POST, body: Some((filled(body), content_type)), ..get(url) }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Answers are fresh for a minute, and not used after it.
fn fresh_for_a_minute() -> ResponseCachePolicy {
    ResponseCachePolicy { fresh: MINUTE, ..ResponseCachePolicy::default() }
}

/// A script that handles and caches every answer with a `code`.
fn caching_script(caching: ResponseCachePolicy) -> Arc<Script> {
    caching_script_when(caching, Matcher::Present)
}

fn caching_script_when(caching: ResponseCachePolicy, when: Matcher) -> Arc<Script> {
    caching_script_if(caching, when.into(), Vec::new())
}

fn caching_script_if(
    caching: ResponseCachePolicy,
    when: Condition,
    and: Vec<Condition>,
) -> Arc<Script> {
    let (key, caching) = (KeyPath::parse("code"), Some(caching));
    let trigger =
        ScriptTrigger { response_key: key, cache_policy: caching, ..ScriptTrigger::default() };
    let branch = Branch { when: vec![when], and, outcome: ScriptOutcome::default() };
    let name = "keeping".into();
    Arc::new(Script { name, trigger: Some(trigger), branches: vec![branch], ..Script::default() })
}

fn header(name: &'static str, value: &str) -> (HeaderName, RedactedText) {
    (HeaderName::from_static(name), filled(value))
}

fn ok_reply() -> Reply {
    Reply::json(r#"{"code":"200"}"#)
}

fn triggers() -> HttpTriggerClient {
    client_with(TriggerSettings::default())
}

fn client_with(settings: TriggerSettings) -> HttpTriggerClient {
    HttpTriggerClient::new(settings).expect("clients")
}

thread_local! {
    /// One per test thread, since reading the root certificates of the system takes a while.
    static OF_THIS_TEST: Rc<HttpTriggerClient> = Rc::new(triggers());
}

async fn ask(request: TriggerRequest) -> TriggerResult {
    let triggers = OF_THIS_TEST.with(Rc::clone);
    triggers.send(request, &plain_script()).await
}

async fn failure(request: TriggerRequest) -> TriggerError {
    ask(request).await.answer.expect_err("no answer")
}

/// The value of `code` in the answer.
fn code(fetched: &TriggerResult) -> String {
    let answer = fetched.answer.as_ref().expect("an answer");
    match answer.lookup(&KeyPath::parse("code").expect("a path")) {
        AnswerValue::Text(text) => text.into_owned(),
        other => panic!("{other:?} at code"),
    }
}
