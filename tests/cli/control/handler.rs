//! The replies to control requests, with a response cache that the test has filled.

use std::sync::Arc;
use std::time::Duration;

use dialscript::control::handler;
use dialscript::control::protocol::{
    ControlEntry, ControlReply, ControlRequest, PurgeTarget, ScriptCachePolicy, ScriptCacheReport,
    ServingPhase,
};
use dialscript::script::answer::TriggerAnswer as WebAnswer;
use dialscript::script::definition::{
    CacheKeyTemplate, ResponseCachePolicy, Script, ScriptLibrary, ScriptTrigger, UrlTemplate,
};
use dialscript::script::escape::EscapeContext;
use dialscript::script::request::CacheKey;
use dialscript::script::template::{Placeholder, Template, TemplatePiece};
use dialscript::trigger::response_cache::{ResponseCacheEntry, ResponseFreshness};
use dialscript::trigger::shared_cache::{self, SharedCache};
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};
use futures_util::FutureExt;
use tokio::time::{Instant, advance};

use crate::support::fake_redis::FakeRedis;

const MINUTE: Duration = Duration::from_secs(60);

fn policy(fresh: u32, stale: u32, stale_if_error: u32) -> ResponseCachePolicy {
    let (stale, stale_if_error) = (MINUTE * stale, MINUTE * stale_if_error);
    ResponseCachePolicy { fresh: MINUTE * fresh, stale, stale_if_error, key: None }
}

fn trigger(policy: Option<ResponseCachePolicy>) -> ScriptTrigger {
    let url =
        UrlTemplate { template: Template::text("https://shop.example/"), decides_host: false };
    ScriptTrigger { url, cache_policy: policy, ..ScriptTrigger::default() }
}

fn script(name: &str, trigger: Option<ScriptTrigger>) -> (String, Arc<Script>) {
    (name.to_owned(), Arc::new(Script { name: name.into(), trigger, ..Script::default() }))
}

/// A daemon with the scripts `order` and `plain`.
struct Daemon {
    triggers: HttpTriggerClient,
    library: ScriptLibrary,
}

impl Daemon {
    fn new(policy: ResponseCachePolicy) -> Self {
        let scripts =
            [script("order", Some(trigger(Some(policy)))), script("plain", Some(trigger(None)))];
        let library = ScriptLibrary { scripts: scripts.into(), ..ScriptLibrary::default() };
        Self { triggers: HttpTriggerClient::new(TriggerSettings::default()).unwrap(), library }
    }

    fn policy(&self) -> ResponseCachePolicy {
        self.library.scripts["order"].trigger.clone().unwrap().cache_policy.unwrap()
    }

    /// Stores an answer of the script `order`. All bytes of its cache key are `key`.
    fn store(&self, key: u8) {
        let (policy, answer) = (self.policy(), WebAnswer::parse(200, None, b"fine"));
        let entry = ResponseCacheEntry {
            answer: Arc::new(answer),
            stored_at: Instant::now(),
            fresh_for: policy.fresh,
            lifetime: policy.lifetime(),
            request_label: format!("GET https://shop.example/{key}").into(),
            script: "order".into(),
        };
        self.triggers.cache().put(CacheKey([key; 32]), entry);
    }

    fn handle(&self, request: ControlRequest) -> Vec<ControlReply> {
        let answered = handler::handle_request(&request, &self.triggers, &self.library);
        answered.now_or_never().expect("without a shared cache, the handler does not wait")
    }

    fn listed(&self) -> Vec<ControlEntry> {
        let replies = self.handle(ControlRequest::List { script: None });
        let entries = replies.into_iter().filter_map(|reply| match reply {
            ControlReply::Entry(entry) => Some(entry),
            _ => None,
        });
        entries.collect()
    }

    fn explained(&self, script: &str) -> ScriptCacheReport {
        match self.handle(ControlRequest::Explain { what: script.into() }).swap_remove(0) {
            ControlReply::Script(explained) => *explained,
            other => panic!("{other:?}"),
        }
    }

    fn error(&self, request: ControlRequest) -> String {
        match self.handle(request).as_slice() {
            [ControlReply::Error(error)] => error.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn purge_keys(keys: &[&str]) -> ControlRequest {
    ControlRequest::Purge(PurgeTarget::Keys(keys.iter().map(|&key| key.to_owned()).collect()))
}

fn phases_in_minutes(entry: &ControlEntry) -> Vec<(ResponseFreshness, u64)> {
    entry
        .phases
        .iter()
        .map(|ServingPhase { serves, until_ms }| (*serves, until_ms / 60_000))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_is_newest_first_with_all_serving_phases() {
    let daemon = Daemon::new(policy(5, 10, 60));
    daemon.store(1);
    advance(MINUTE * 6).await;
    daemon.store(2);
    let listed = daemon.listed();
    let keys: Vec<_> = listed.iter().map(|entry| &entry.key[..4]).collect();
    assert_eq!(keys, ["0202", "0101"]);
    let all = [
        (ResponseFreshness::Fresh, 5),
        (ResponseFreshness::Stale, 15),
        (ResponseFreshness::LastResort, 65),
    ];
    assert_eq!(phases_in_minutes(&listed[0]), all);
    assert_eq!(
        phases_in_minutes(&listed[1]),
        [(ResponseFreshness::Stale, 9), (ResponseFreshness::LastResort, 59)]
    );
    assert_eq!(listed[1].age_ms, 360_000);
    assert_eq!(listed[1].request, "GET https://shop.example/1");
}

#[tokio::test(start_paused = true)]
async fn the_reported_phase_is_what_a_call_would_get() {
    let daemon = Daemon::new(policy(1, 2, 4));
    daemon.store(1);
    let policy = daemon.policy();
    for minute in 0..6 {
        let found = daemon.triggers.cache().get(CacheKey([1; 32]), &policy, Instant::now());
        let found = found.map(|found| format!("{found:?}"));
        let reported = daemon.listed().first().and_then(|entry| entry.phases.first().copied());
        let reported = reported.map(|ahead| format!("{:?}", ahead.serves));
        assert_eq!(reported.is_some(), found.is_some(), "minute {minute}");
        assert!(
            found.unwrap_or_default().starts_with(&reported.unwrap_or_default()),
            "minute {minute}"
        );
        advance(MINUTE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_removed_script_has_no_serving_phase() {
    let mut daemon = Daemon::new(policy(5, 0, 0));
    daemon.store(1);
    daemon.library.scripts.remove("order");
    assert!(daemon.listed()[0].phases.is_empty());
    assert_eq!(
        daemon.handle(ControlRequest::Purge(PurgeTarget::Script("order".into()))),
        [ControlReply::Purged(1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_script_is_explained_by_its_policy_and_statistics() {
    let (pieces, key) = (
        [
            TemplatePiece::Placeholder(Placeholder::Keypress),
            TemplatePiece::Placeholder(Placeholder::Arg("shop".into())),
        ],
        "https://shop.example/",
    );
    let template = Template::with_context(pieces, EscapeContext::Variable);
    let key = Some(CacheKeyTemplate { source: key.into(), template });
    let daemon = Daemon::new(ResponseCachePolicy { key, ..policy(5, 0, 60) });
    daemon.triggers.cache().update_stats("order", |stats| stats.hits += 3);
    let explained = daemon.explained("order");
    assert_eq!(explained.stats.hits, 3);
    let by = Some(vec!["{keypress}".to_owned(), "{arg.shop}".to_owned()]);
    let keeps = ScriptCachePolicy::Enabled {
        fresh_ms: 300_000,
        stale_ms: 0,
        stale_if_error_ms: 3_600_000,
        key_values: by,
    };
    assert_eq!(explained.policy, keeps);
    assert_eq!(daemon.explained("plain").policy, ScriptCachePolicy::Disabled);
}

#[tokio::test(start_paused = true)]
async fn a_key_prefix_must_match_exactly_one_answer() {
    let daemon = Daemon::new(policy(5, 0, 0));
    [0xab, 0xcd].into_iter().for_each(|key| daemon.store(key));
    let one = daemon.handle(ControlRequest::Explain { what: "ABAB".into() });
    assert!(
        matches!(&one[..], [ControlReply::Entry(entry)] if entry.key == "ab".repeat(32)),
        "{one:?}"
    );
    let mut twin = [0xab; 32];
    twin[31] = 0;
    let entry = daemon.triggers.cache().list(Instant::now()).swap_remove(0).entry;
    daemon.triggers.cache().put(CacheKey(twin), entry);
    let error = daemon.error(ControlRequest::Explain { what: "abab".into() });
    assert_eq!(error, "several cached answers have a key that starts with abab");
}

#[tokio::test(start_paused = true)]
async fn a_purge_with_an_unknown_key_prefix_removes_nothing() {
    let daemon = Daemon::new(policy(5, 0, 0));
    [1, 2, 3].into_iter().for_each(|key| daemon.store(key));
    assert!(daemon.error(purge_keys(&["0101", "9999"])).contains("no cached answer"));
    assert!(daemon.error(purge_keys(&["01"])).contains("at least 4"));
    assert_eq!(daemon.listed().len(), 3);
    assert_eq!(daemon.handle(purge_keys(&["0101", "0202", "0101"])), [ControlReply::Purged(2)]);
    assert_eq!(daemon.handle(ControlRequest::Purge(PurgeTarget::All)), [ControlReply::Purged(1)]);
    assert!(daemon.listed().is_empty());
}

#[tokio::test]
async fn an_unknown_script_is_an_error_that_names_the_known_scripts() {
    let daemon = Daemon::new(policy(5, 0, 0));
    let requests = [
        ControlRequest::List { script: Some("ordre".into()) },
        ControlRequest::Explain { what: "ordre".into() },
        ControlRequest::Purge(PurgeTarget::Script("ordre".into())),
    ];
    for request in requests {
        let error = daemon.error(request);
        assert!(
            error.contains("\"ordre\"") && error.contains("available: order, plain"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_purge_also_removes_answers_from_the_shared_cache() {
    let mut redis = FakeRedis::start().await;
    let settings = |redis: &FakeRedis| shared_cache::SharedCacheSettings {
        address: redis.url().parse().unwrap(),
        secret: "the daemons' own secret".into(),
    };
    let shared = Some(settings(&redis));
    let triggers = HttpTriggerClient::new(TriggerSettings {
        shared_cache: shared,
        ..TriggerSettings::default()
    })
    .unwrap();
    let daemon = Daemon { triggers, ..Daemon::new(policy(5, 0, 0)) };
    let others = SharedCache::new(&settings(&redis)).unwrap();
    let entry = shared_cache::SharedCacheEntry {
        status: 200,
        content_type: None,
        body: b"fine".to_vec(),
        age: Duration::ZERO,
        fresh_for: MINUTE,
        lifetime: MINUTE,
    };
    for key in [1, 2, 3] {
        daemon.store(key);
        others.put(&CacheKey([key; 32]), &entry).await;
    }
    let one = purge_keys(&["0101"]);
    let purged = handler::handle_request(&one, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [ControlReply::Purged(1), ControlReply::SharedPurge(None)]);
    assert!(others.get(&CacheKey([1; 32])).await.is_none());
    assert!(others.get(&CacheKey([2; 32])).await.is_some());
    let all = ControlRequest::Purge(PurgeTarget::All);
    let purged = handler::handle_request(&all, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [ControlReply::Purged(2), ControlReply::SharedPurge(None)]);
    assert_eq!(redis.state.lock().unwrap().cached_answers().len(), 0);
    daemon.store(1);
    redis.stop().await;
    let replies = handler::handle_request(&all, &daemon.triggers, &daemon.library).await;
    let [ControlReply::Purged(1), ControlReply::SharedPurge(Some(error))] = replies.as_slice()
    else {
        panic!("{replies:?}");
    };
    assert!(error.contains("is unavailable"), "{error}");
}
