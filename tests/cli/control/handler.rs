//! What is answered, from a cache that the test has filled.

use std::sync::Arc;
use std::time::Duration;

use dialscript::control::desk;
use dialscript::control::protocol::{Ahead, Answer, Explained, Keeps, Kept, Purge, Request};
use dialscript::script::answer::Answer as WebAnswer;
use dialscript::script::definition::{CacheKeyText, Caching, Library, Script, Trigger, Url};
use dialscript::script::escape::Landing;
use dialscript::script::request::CacheKey;
use dialscript::script::template::{Piece, Placeholder, Template};
use dialscript::trigger::cache::{Entry, Serves};
use dialscript::trigger::shared::{self, SharedCache};
use dialscript::trigger::{HttpTriggers, Settings};
use futures_util::FutureExt;
use tokio::time::{Instant, advance};

use crate::support::fake_redis::FakeRedis;

const MINUTE: Duration = Duration::from_secs(60);

fn caching(fresh: u32, stale: u32, stale_if_error: u32) -> Caching {
    let (stale, stale_if_error) = (MINUTE * stale, MINUTE * stale_if_error);
    Caching { fresh: MINUTE * fresh, stale, stale_if_error, key: None }
}

fn trigger(caching: Option<Caching>) -> Trigger {
    let url = Url { template: Template::text("https://shop.example/"), decides_host: false };
    Trigger { url, caching, ..Trigger::default() }
}

fn script(name: &str, trigger: Option<Trigger>) -> (String, Arc<Script>) {
    (name.to_owned(), Arc::new(Script { name: name.into(), trigger, ..Script::default() }))
}

/// A daemon with the scripts `order` and `plain`.
struct Daemon {
    triggers: HttpTriggers,
    library: Library,
}

impl Daemon {
    fn new(caching: Caching) -> Self {
        let scripts =
            [script("order", Some(trigger(Some(caching)))), script("plain", Some(trigger(None)))];
        let library = Library { scripts: scripts.into(), ..Library::default() };
        Self { triggers: HttpTriggers::new(Settings::default()).unwrap(), library }
    }

    fn caching(&self) -> Caching {
        self.library.scripts["order"].trigger.clone().unwrap().caching.unwrap()
    }

    /// Keeps an answer for `order` under a key that begins with a byte.
    fn keep(&self, key: u8) {
        let (caching, answer) = (self.caching(), WebAnswer::read(200, None, b"fine"));
        let entry = Entry {
            answer: Arc::new(answer),
            since: Instant::now(),
            fresh: caching.fresh,
            lifetime: caching.lifetime(),
            label: format!("GET https://shop.example/{key}").into(),
            script: "order".into(),
        };
        self.triggers.cache().put(CacheKey([key; 32]), entry);
    }

    fn ask(&self, request: Request) -> Vec<Answer> {
        let answered = desk::answer(&request, &self.triggers, &self.library);
        answered.now_or_never().expect("nothing is waited for where no cache is shared")
    }

    fn listed(&self) -> Vec<Kept> {
        let answers = self.ask(Request::List { script: None });
        let kept = answers.into_iter().filter_map(|answer| match answer {
            Answer::Kept(kept) => Some(kept),
            _ => None,
        });
        kept.collect()
    }

    fn explained(&self, script: &str) -> Explained {
        match self.ask(Request::Explain { what: script.into() }).swap_remove(0) {
            Answer::Script(explained) => *explained,
            other => panic!("{other:?}"),
        }
    }

    fn fault(&self, request: Request) -> String {
        match self.ask(request).as_slice() {
            [Answer::Fault(fault)] => fault.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn purge_keys(keys: &[&str]) -> Request {
    Request::Purge(Purge::Keys(keys.iter().map(|&key| key.to_owned()).collect()))
}

fn ways(kept: &Kept) -> Vec<(Serves, u64)> {
    kept.ahead.iter().map(|Ahead { serves, until_ms }| (*serves, until_ms / 60_000)).collect()
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
    let all = [(Serves::Fresh, 5), (Serves::Stale, 15), (Serves::LastResort, 65)];
    assert_eq!(ways(&listed[0]), all);
    assert_eq!(ways(&listed[1]), [(Serves::Stale, 9), (Serves::LastResort, 59)]);
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
    assert_eq!(daemon.ask(Request::Purge(Purge::Script("order".into()))), [Answer::Purged(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_script_is_explained_by_what_its_file_says_and_what_came_of_it() {
    let (pieces, key) = (
        [Piece::Fill(Placeholder::Keypress), Piece::Fill(Placeholder::Arg("shop".into()))],
        "https://shop.example/",
    );
    let template = Template::landing(pieces, Landing::Variable);
    let key = Some(CacheKeyText { of: key.into(), template });
    let daemon = Daemon::new(Caching { key, ..caching(5, 0, 60) });
    daemon.triggers.cache().count("order", |tally| tally.hits += 3);
    let explained = daemon.explained("order");
    assert_eq!(explained.tally.hits, 3);
    let by = Some(vec!["{keypress}".to_owned(), "{arg.shop}".to_owned()]);
    let keeps = Keeps::Answers { fresh_ms: 300_000, stale_ms: 0, stale_if_error_ms: 3_600_000, by };
    assert_eq!(explained.keeps, keeps);
    assert_eq!(daemon.explained("plain").keeps, Keeps::Nothing);
}

#[tokio::test(start_paused = true)]
async fn a_key_can_be_shortened_as_long_as_it_means_one_answer() {
    let daemon = Daemon::new(caching(5, 0, 0));
    [0xab, 0xcd].into_iter().for_each(|key| daemon.keep(key));
    let one = daemon.ask(Request::Explain { what: "ABAB".into() });
    assert!(matches!(&one[..], [Answer::Kept(kept)] if kept.key == "ab".repeat(32)), "{one:?}");
    let mut twin = [0xab; 32];
    twin[31] = 0;
    let entry = daemon.triggers.cache().list(Instant::now()).swap_remove(0).entry;
    daemon.triggers.cache().put(CacheKey(twin), entry);
    let fault = daemon.fault(Request::Explain { what: "abab".into() });
    assert_eq!(fault, "several kept answers have a key that begins with abab");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_means_nothing_spares_all_the_others() {
    let daemon = Daemon::new(caching(5, 0, 0));
    [1, 2, 3].into_iter().for_each(|key| daemon.keep(key));
    assert!(daemon.fault(purge_keys(&["0101", "9999"])).contains("no kept answer"));
    assert!(daemon.fault(purge_keys(&["01"])).contains("at least 4"));
    assert_eq!(daemon.listed().len(), 3);
    assert_eq!(daemon.ask(purge_keys(&["0101", "0202", "0101"])), [Answer::Purged(2)]);
    assert_eq!(daemon.ask(Request::Purge(Purge::All)), [Answer::Purged(1)]);
    assert!(daemon.listed().is_empty());
}

#[tokio::test]
async fn an_unknown_script_is_reported_with_the_names_of_those_that_there_are() {
    let daemon = Daemon::new(caching(5, 0, 0));
    let requests = [
        Request::List { script: Some("ordre".into()) },
        Request::Explain { what: "ordre".into() },
        Request::Purge(Purge::Script("ordre".into())),
    ];
    for request in requests {
        let fault = daemon.fault(request);
        assert!(
            fault.contains("\"ordre\"") && fault.contains("there are: order, plain"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn what_is_purged_is_shared_no_more() {
    let mut redis = FakeRedis::start().await;
    let settings = |redis: &FakeRedis| shared::Settings {
        address: redis.url().parse().unwrap(),
        secret: "the daemons' own secret".into(),
    };
    let shared = Some(settings(&redis));
    let triggers = HttpTriggers::new(Settings { shared, ..Settings::default() }).unwrap();
    let daemon = Daemon { triggers, ..Daemon::new(caching(5, 0, 0)) };
    let others = SharedCache::new(&settings(&redis)).unwrap();
    let kept = shared::Kept {
        status: 200,
        content_type: None,
        body: b"fine".to_vec(),
        age: Duration::ZERO,
        time: MINUTE,
        lifetime: MINUTE,
    };
    for key in [1, 2, 3] {
        daemon.keep(key);
        others.put(&CacheKey([key; 32]), &kept).await;
    }
    let one = purge_keys(&["0101"]);
    let purged = desk::answer(&one, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [Answer::Purged(1), Answer::Shared(None)]);
    assert!(others.get(&CacheKey([1; 32])).await.is_none());
    assert!(others.get(&CacheKey([2; 32])).await.is_some());
    let all = Request::Purge(Purge::All);
    let purged = desk::answer(&all, &daemon.triggers, &daemon.library).await;
    assert_eq!(purged, [Answer::Purged(2), Answer::Shared(None)]);
    assert_eq!(redis.memory.lock().unwrap().answers().len(), 0);
    daemon.keep(1);
    redis.kill().await;
    let answers = desk::answer(&all, &daemon.triggers, &daemon.library).await;
    let [Answer::Purged(1), Answer::Shared(Some(problem))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(problem.contains("does not answer"), "{problem}");
}
