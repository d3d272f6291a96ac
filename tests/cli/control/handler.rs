//! What is answered, from a cache that the test has filled.

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

fn caching(fresh: u32, stale: u32, stale_if_error: u32) -> ResponseCachePolicy {
    let (stale, stale_if_error) = (MINUTE * stale, MINUTE * stale_if_error);
    ResponseCachePolicy { fresh: MINUTE * fresh, stale, stale_if_error, key: None }
}

fn trigger(caching: Option<ResponseCachePolicy>) -> ScriptTrigger {
    let url =
        UrlTemplate { template: Template::text("https://shop.example/"), decides_host: false };
    ScriptTrigger { url, cache_policy: caching, ..ScriptTrigger::default() }
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
    fn new(caching: ResponseCachePolicy) -> Self {
        let scripts =
            [script("order", Some(trigger(Some(caching)))), script("plain", Some(trigger(None)))];
        let library = ScriptLibrary { scripts: scripts.into(), ..ScriptLibrary::default() };
        Self { triggers: HttpTriggerClient::new(TriggerSettings::default()).unwrap(), library }
    }

    fn caching(&self) -> ResponseCachePolicy {
        self.library.scripts["order"].trigger.clone().unwrap().cache_policy.unwrap()
    }

    /// Keeps an answer for `order` under a key that begins with a byte.
    fn keep(&self, key: u8) {
        let (caching, answer) = (self.caching(), WebAnswer::parse(200, None, b"fine"));
        let entry = ResponseCacheEntry {
            answer: Arc::new(answer),
            stored_at: Instant::now(),
            fresh_for: caching.fresh,
            lifetime: caching.lifetime(),
            request_label: format!("GET https://shop.example/{key}").into(),
            script: "order".into(),
        };
        self.triggers.cache().put(CacheKey([key; 32]), entry);
    }

    fn ask(&self, request: ControlRequest) -> Vec<ControlReply> {
        let answered = handler::handle_request(&request, &self.triggers, &self.library);
        answered.now_or_never().expect("nothing is waited for where no cache is shared")
    }

    fn listed(&self) -> Vec<ControlEntry> {
        let answers = self.ask(ControlRequest::List { script: None });
        let kept = answers.into_iter().filter_map(|answer| match answer {
            ControlReply::Kept(kept) => Some(kept),
            _ => None,
        });
        kept.collect()
    }

    fn explained(&self, script: &str) -> ScriptCacheReport {
        match self.ask(ControlRequest::Explain { what: script.into() }).swap_remove(0) {
            ControlReply::Script(explained) => *explained,
            other => panic!("{other:?}"),
        }
    }

    fn fault(&self, request: ControlRequest) -> String {
        match self.ask(request).as_slice() {
            [ControlReply::Fault(fault)] => fault.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn purge_keys(keys: &[&str]) -> ControlRequest {
    ControlRequest::Purge(PurgeTarget::Keys(keys.iter().map(|&key| key.to_owned()).collect()))
}

fn ways(kept: &ControlEntry) -> Vec<(ResponseFreshness, u64)> {
    kept.ahead
        .iter()
        .map(|ServingPhase { serves, until_ms }| (*serves, until_ms / 60_000))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_newest_comes_first_with_how_it_serves_now_and_later() {
    let daemon = Daemon::new(caching(5, 10, 60));
    daemon.keep(1);
    advance(MINUTE * 6).await;
    daemon.keep(2);
    let listed = daemon.listed();
    let keys: Vec<_> = listed.iter().map(|kept| &kept.key[..4]).collect();
    assert_eq!(keys, ["0202", "0101"]);
    let all = [
        (ResponseFreshness::Fresh, 5),
        (ResponseFreshness::Stale, 15),
        (ResponseFreshness::LastResort, 65),
    ];
    assert_eq!(ways(&listed[0]), all);
    assert_eq!(
        ways(&listed[1]),
        [(ResponseFreshness::Stale, 9), (ResponseFreshness::LastResort, 59)]
    );
    assert_eq!(listed[1].age_ms, 360_000);
    assert_eq!(listed[1].request, "GET https://shop.example/1");
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_of_an_answer_is_what_a_call_would_get() {
    let daemon = Daemon::new(caching(1, 2, 4));
    daemon.keep(1);
    let asks = daemon.caching();
    for minute in 0..6 {
        let found = daemon.triggers.cache().get(CacheKey([1; 32]), &asks, Instant::now());
        let found = found.map(|found| format!("{found:?}"));
        let told = daemon.listed().first().and_then(|kept| kept.ahead.first().copied());
        let told = told.map(|ahead| format!("{:?}", ahead.serves));
        assert_eq!(told.is_some(), found.is_some(), "minute {minute}");
        assert!(
            found.unwrap_or_default().starts_with(&told.unwrap_or_default()),
            "minute {minute}"
        );
        advance(MINUTE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_script_that_caches_none_any_more_serves_nobody() {
    let mut daemon = Daemon::new(caching(5, 0, 0));
    daemon.keep(1);
    daemon.library.scripts.remove("order");
    assert!(daemon.listed()[0].ahead.is_empty());
    assert_eq!(
        daemon.ask(ControlRequest::Purge(PurgeTarget::Script("order".into()))),
        [ControlReply::Purged(1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_script_is_explained_by_what_its_file_says_and_what_came_of_it() {
    let (pieces, key) = (
        [
            TemplatePiece::Placeholder(Placeholder::Keypress),
            TemplatePiece::Placeholder(Placeholder::Arg("shop".into())),
        ],
        "https://shop.example/",
    );
    let template = Template::with_context(pieces, EscapeContext::Variable);
    let key = Some(CacheKeyTemplate { source: key.into(), template });
    let daemon = Daemon::new(ResponseCachePolicy { key, ..caching(5, 0, 60) });
    daemon.triggers.cache().update_stats("order", |tally| tally.hits += 3);
    let explained = daemon.explained("order");
    assert_eq!(explained.tally.hits, 3);
    let by = Some(vec!["{keypress}".to_owned(), "{arg.shop}".to_owned()]);
    let keeps = ScriptCachePolicy::Answers {
        fresh_ms: 300_000,
        stale_ms: 0,
        stale_if_error_ms: 3_600_000,
        by,
    };
    assert_eq!(explained.keeps, keeps);
    assert_eq!(daemon.explained("plain").keeps, ScriptCachePolicy::Nothing);
}

#[tokio::test(start_paused = true)]
async fn a_key_can_be_shortened_as_long_as_it_means_one_answer() {
    let daemon = Daemon::new(caching(5, 0, 0));
    [0xab, 0xcd].into_iter().for_each(|key| daemon.keep(key));
    let one = daemon.ask(ControlRequest::Explain { what: "ABAB".into() });
    assert!(
        matches!(&one[..], [ControlReply::Kept(kept)] if kept.key == "ab".repeat(32)),
        "{one:?}"
    );
    let mut twin = [0xab; 32];
    twin[31] = 0;
    let entry = daemon.triggers.cache().list(Instant::now()).swap_remove(0).entry;
    daemon.triggers.cache().put(CacheKey(twin), entry);
    let fault = daemon.fault(ControlRequest::Explain { what: "abab".into() });
    assert_eq!(fault, "several cached answers have a key that starts with abab");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_means_nothing_spares_all_the_others() {
    let daemon = Daemon::new(caching(5, 0, 0));
    [1, 2, 3].into_iter().for_each(|key| daemon.keep(key));
    assert!(daemon.fault(purge_keys(&["0101", "9999"])).contains("no cached answer"));
    assert!(daemon.fault(purge_keys(&["01"])).contains("at least 4"));
    assert_eq!(daemon.listed().len(), 3);
    assert_eq!(daemon.ask(purge_keys(&["0101", "0202", "0101"])), [ControlReply::Purged(2)]);
    assert_eq!(daemon.ask(ControlRequest::Purge(PurgeTarget::All)), [ControlReply::Purged(1)]);
    assert!(daemon.listed().is_empty());
}

#[tokio::test]
async fn an_unknown_script_is_reported_with_the_names_of_those_that_there_are() {
    let daemon = Daemon::new(caching(5, 0, 0));
    let requests = [
        ControlRequest::List { script: Some("ordre".into()) },
        ControlRequest::Explain { what: "ordre".into() },
        ControlRequest::Purge(PurgeTarget::Script("ordre".into())),
    ];
    for request in requests {
        let fault = daemon.fault(request);
        assert!(
            fault.contains("\"ordre\"") && fault.contains("available: order, plain"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn what_is_purged_is_shared_no_more() {
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
    let daemon = Daemon { triggers, ..Daemon::new(caching(5, 0, 0)) };
    let others = SharedCache::new(&settings(&redis)).unwrap();
    let kept = shared_cache::SharedCacheEntry {
        status: 200,
        content_type: None,
        body: b"fine".to_vec(),
        age: Duration::ZERO,
        fresh_for: MINUTE,
        lifetime: MINUTE,
    };
    for key in [1, 2, 3] {
        daemon.keep(key);
        others.put(&CacheKey([key; 32]), &kept).await;
    }
    let one = purge_keys(&["0101"]);
    let purged = handler::handle_request(&one, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [ControlReply::Purged(1), ControlReply::Shared(None)]);
    assert!(others.get(&CacheKey([1; 32])).await.is_none());
    assert!(others.get(&CacheKey([2; 32])).await.is_some());
    let all = ControlRequest::Purge(PurgeTarget::All);
    let purged = handler::handle_request(&all, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [ControlReply::Purged(2), ControlReply::Shared(None)]);
    assert_eq!(redis.memory.lock().unwrap().answers().len(), 0);
    daemon.keep(1);
    redis.kill().await;
    let answers = handler::handle_request(&all, &daemon.triggers, &daemon.library).await;
    let [ControlReply::Purged(1), ControlReply::Shared(Some(problem))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(problem.contains("is unavailable"), "{problem}");
}
