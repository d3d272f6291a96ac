//! Conditions on values of one call: an answer is shared between calls, so they count as if they might hold.

use dialscript::script::condition::{Condition, ConditionTarget, ConditionTest};
use dialscript::script::escape::EscapeContext;
use dialscript::script::matcher::Matcher;
use dialscript::script::path::KeyPath;
use dialscript::script::request::{CacheStatus, RequestTimings, TriggerClient};
use dialscript::script::template::{Placeholder, Template, TemplatePiece};

use crate::support::web::{Reply, Web};
use crate::trigger::http::budget::with_retries;
use crate::trigger::http::{caching_script_if, fresh_for_a_minute, triggers};
use crate::trigger::requests::get;

fn caller() -> Template {
    Template::with_context(
        [TemplatePiece::Placeholder(Placeholder::Caller)],
        EscapeContext::Comparison,
    )
}

fn is_called_by_100() -> Condition {
    let test = ConditionTest::Matcher(Matcher::Text("100".into()));
    Condition { target: ConditionTarget::Text(caller()), test, negated: false }
}

fn at(path: &str, test: ConditionTest, negated: bool) -> Condition {
    Condition { target: ConditionTarget::Key(KeyPath::parse(path).unwrap()), test, negated }
}

/// How the second of two equal requests uses the cache, if the branch has these conditions.
async fn second_use(when: Condition, and: Vec<Condition>) -> CacheStatus {
    let web = Web::start(|_| Reply::json(r#"{"code":"200","full":"yes"}"#)).await;
    let (triggers, script) = (triggers(), caching_script_if(fresh_for_a_minute(), when, and));
    triggers.send(get(web.url("/")), &script).await;
    triggers.send(get(web.url("/")), &script).await.cache
}

#[tokio::test]
async fn an_answer_that_a_branch_handles_in_some_call_is_cached() {
    let yes = || ConditionTest::Matcher(Matcher::Text("yes".into()));
    let caller = || ConditionTest::OneOf(vec![caller()]);
    let present = || Condition::from(Matcher::Present);
    for (when, and, expected) in [
        (is_called_by_100(), vec![], CacheStatus::Hit),
        (Condition { negated: true, ..is_called_by_100() }, vec![], CacheStatus::Hit),
        (present(), vec![is_called_by_100(), at("full", yes(), false)], CacheStatus::Hit),
        (present(), vec![at("full", caller(), false)], CacheStatus::Hit),
        (present(), vec![at("full", caller(), true)], CacheStatus::Hit),
        (present(), vec![at("full", yes(), true)], CacheStatus::Miss),
        (present(), vec![is_called_by_100(), at("none", yes(), false)], CacheStatus::Miss),
        (present(), vec![at("none", caller(), false)], CacheStatus::Miss),
    ] {
        let case = format!("{when:?} {and:?}");
        assert_eq!(second_use(when, and).await, expected, "{case}");
    }
}

#[tokio::test]
async fn an_error_is_tried_again_unless_a_branch_may_be_written_for_it() {
    let status = || Condition::from(Matcher::StatusClass(5));
    for (when, and, attempts) in [
        (is_called_by_100(), vec![], 2),
        (status(), vec![is_called_by_100()], 1),
        (is_called_by_100(), vec![status()], 1),
        (status(), vec![Matcher::Present.into(), is_called_by_100()], 2),
    ] {
        let case = format!("{when:?} {and:?}");
        let mut web = Web::start(|_| Reply::with(500, "", "")).await;
        let script = caching_script_if(fresh_for_a_minute(), when, and);
        let fetched = triggers().send(with_retries(1, get(web.url("/"))), &script).await;
        let RequestTimings { attempts: made, .. } = fetched.timings;
        assert_eq!((made, web.unread_requests()), (attempts, attempts as usize), "{case}");
    }
}
