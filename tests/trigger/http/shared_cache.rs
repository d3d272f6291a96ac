//! Several daemons that share their cached answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialscript::script::definition::{ResponseCachePolicy, Script};

use dialscript::script::matcher::Matcher;
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerRequest};
use dialscript::trigger::{HttpTriggerClient, TriggerSettings, shared_cache};
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::support::fake_redis::{FakeRedis, RedisBehavior};
use crate::support::wait::until;
use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    CANARY, MINUTE, caching_script, caching_script_when, client_with, code, fresh_for_a_minute,
    ok_reply, secret_url,
};
use crate::trigger::requests::{get, request_target};

fn daemon(redis: &FakeRedis) -> HttpTriggerClient {
    let address = redis.url().parse().expect("an address");
    let shared =
        shared_cache::SharedCacheSettings { address, secret: "the daemons' own secret".into() };
    client_with(TriggerSettings { shared_cache: Some(shared), ..TriggerSettings::default() })
}

/// Waits until all background work is done.
async fn until_idle(daemon: &HttpTriggerClient) {
    until("nothing is under way", || daemon.tracker().is_empty()).await;
}

async fn cache_status(
    daemon: &HttpTriggerClient,
    request: TriggerRequest,
    script: &Arc<Script>,
) -> CacheStatus {
    let fetched = daemon.send(request, script).await;
    assert_eq!(code(&fetched), "200");
    until_idle(daemon).await;
    fetched.cache
}

#[tokio::test]
async fn an_answer_to_one_daemon_is_served_by_the_others() {
    let redis = FakeRedis::start().await;
    let mut web = Web::start(|_| ok_reply()).await;
    let (one, other, script) =
        (daemon(&redis), daemon(&redis), caching_script(fresh_for_a_minute()));
    assert_eq!(cache_status(&one, get(web.url("/")), &script).await, CacheStatus::Miss);
    assert_eq!(cache_status(&other, get(web.url("/")), &script).await, CacheStatus::Hit);
    assert_eq!(web.unread_requests(), 1);
    let commands = redis.state.lock().unwrap().commands.len();
    assert_eq!(cache_status(&other, get(web.url("/")), &script).await, CacheStatus::Hit);
    assert_eq!(redis.state.lock().unwrap().commands.len(), commands, "its own copy is nearer");
}

#[tokio::test]
async fn calls_on_several_daemons_make_one_request() {
    let redis = FakeRedis::start().await;
    let leave = Arc::new(Notify::new());
    let held = ok_reply().held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let daemons = [daemon(&redis), daemon(&redis), daemon(&redis)];
    let script = caching_script(fresh_for_a_minute());
    let calls = daemons.iter().flat_map(|daemon| (0..20).map(move |_| daemon));
    let calls = join_all(calls.map(|daemon| daemon.send(get(web.url("/")), &script)));
    let (all, ()) = tokio::join!(calls, async { leave.notify_one() });
    assert!(all.iter().all(|fetched| code(fetched) == "200"));
    assert_eq!(web.unread_requests(), 1);
}

#[tokio::test]
async fn an_answer_that_no_branch_handles_is_not_shared() {
    let redis = FakeRedis::start().await;
    let mut web = Web::start(|_| ok_reply()).await;
    let script = caching_script_when(fresh_for_a_minute(), Matcher::Text("404".into()));
    for daemon in [daemon(&redis), daemon(&redis)] {
        assert_eq!(cache_status(&daemon, get(web.url("/")), &script).await, CacheStatus::Miss);
    }
    assert_eq!((web.unread_requests(), redis.state.lock().unwrap().cached_answers().len()), (2, 0));
}

#[tokio::test]
async fn a_shared_answer_that_no_branch_handles_is_not_used() {
    let redis = FakeRedis::start().await;
    let mut web = Web::start(|_| Reply::with(404, "", "")).await;
    let standby = Web::start(|_| ok_reply()).await;
    let request =
        || TriggerRequest { fallback: Some(request_target(standby.url("/"))), ..get(web.url("/")) };
    let (one, other) = (daemon(&redis), daemon(&redis));
    one.send(request(), &caching_script_when(fresh_for_a_minute(), Matcher::Status(404))).await;
    until_idle(&one).await;
    assert_eq!(redis.state.lock().unwrap().cached_answers().len(), 1);
    assert_eq!(
        cache_status(&other, request(), &caching_script(fresh_for_a_minute())).await,
        CacheStatus::Miss
    );
    assert_eq!(web.unread_requests(), 2);
}

#[tokio::test]
async fn a_stale_answer_of_another_daemon_is_served_like_a_local_one() {
    let redis = FakeRedis::start().await;
    let zero = Duration::ZERO;
    for (stale, stale_if_error) in [(MINUTE, zero), (zero, MINUTE)] {
        let old =
            ResponseCachePolicy { fresh: zero, stale, stale_if_error, ..fresh_for_a_minute() };
        let web = Web::start(|seen| match seen.connection {
            1 => ok_reply(),
            _ => Reply::Reset,
        })
        .await;
        let script = caching_script(old);
        cache_status(&daemon(&redis), get(web.url("/")), &script).await;
        let other = daemon(&redis);
        assert_eq!(cache_status(&other, get(web.url("/")), &script).await, CacheStatus::Stale);
    }
}

#[tokio::test]
async fn every_call_gets_its_answer_while_the_cache_server_is_down() {
    for mood in [
        None,
        Some(RedisBehavior::NoReply),
        Some(RedisBehavior::OutOfMemory),
        Some(RedisBehavior::Flood),
    ] {
        let mut redis = FakeRedis::start().await;
        match mood {
            Some(mood) => redis.set_behavior(mood),
            None => redis.stop().await,
        }
        let mut web = Web::start(|_| ok_reply()).await;
        let (daemon, script) = (daemon(&redis), caching_script(fresh_for_a_minute()));
        let begun = Instant::now();
        assert_eq!(cache_status(&daemon, get(web.url("/")), &script).await, CacheStatus::Miss);
        assert_eq!(cache_status(&daemon, get(web.url("/")), &script).await, CacheStatus::Hit);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert_eq!(web.unread_requests(), 1);
    }
}

#[tokio::test]
async fn no_sensitive_value_is_sent_to_the_cache_server() {
    let redis = FakeRedis::start().await;
    let web = Web::start(|_| Reply::json(&format!(r#"{{"code":"200","pin":"{CANARY}"}}"#))).await;
    let (daemon, script) = (daemon(&redis), caching_script(fresh_for_a_minute()));
    let mut request = get("");
    request.target.url = secret_url(&web.url("/{keypress}?pin={keypress}"));
    cache_status(&daemon, request, &script).await;
    assert_eq!(redis.state.lock().unwrap().cached_answers().len(), 1);
    let dump = redis.dump();
    let has = |text: &[u8]| dump.windows(text.len()).any(|part| part == text);
    assert!(!has(CANARY.as_bytes()) && !has(b"secret") && !has(web.address.to_string().as_bytes()));
    let listed = format!("{:?}", daemon.cache().list(tokio::time::Instant::now()));
    assert!(listed.contains("pin=***") && !listed.contains(CANARY), "{listed}");
}
