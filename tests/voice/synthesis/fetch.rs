//! Sounds from URLs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dialscript::script::template::RedactedText;
use dialscript::script::voice::{SoundRequest, VoiceService};
use dialscript::voice::VoiceEngines;
use dialscript::web::egress::EgressRules;
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::support::wait::within;
use crate::support::wav::tone;
use crate::support::web::{Reply, SeenRequest, Web};
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    file, length, render_if_cached, render_sound, sound_error, url_request,
};

fn sound(headers: &str, milliseconds: u32) -> Reply {
    Reply::with(200, headers, tone(milliseconds))
}

/// A server that sends these replies in order, and repeats the last.
async fn web_replying_in_turn(replies: Vec<Reply>) -> Web {
    let turn = AtomicUsize::new(0);
    Web::start(move |_: &SeenRequest| {
        let turn = turn.fetch_add(1, Ordering::SeqCst);
        replies[turn.min(replies.len() - 1)].clone()
    })
    .await
}

/// A URL whose host a value decides.
fn url_request_from_value(url: &str) -> SoundRequest {
    SoundRequest::Url { url: RedactedText::public(url.to_owned()), decides_host: true }
}

/// A setup whose egress rules allow 127.0.0.1.
fn setup_with_local_egress() -> SynthesisSetup {
    let mut setup = SynthesisSetup::new();
    let local = vec!["127.0.0.0/8".parse().unwrap()];
    setup.egress = EgressRules::new(vec!["127.0.0.1".parse().unwrap()], local);
    setup
}

async fn wav_at(engines: &VoiceEngines, web: &Web) -> u32 {
    length(&render_sound(engines, url_request(&web.url("/hello.wav"))).await)
}

#[tokio::test]
async fn a_sound_is_fetched_once_and_used_while_it_is_fresh() {
    let leave = Arc::new(Notify::new());
    let held = sound("", 100).held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let setup = SynthesisSetup::new();
    let engines = setup.open();
    let ten = join_all((0..10).map(|_| engines.render(url_request(&web.url("/hello.wav")), false)));
    let first = async {
        let seen = web.next().await;
        leave.notify_one();
        seen
    };
    let (ten, seen) = within("ten", async { tokio::join!(ten, first) }).await;
    assert_eq!(seen.line(), "GET /hello.wav HTTP/1.1");
    assert!(ten.iter().all(Result::is_ok));
    assert!(render_if_cached(&engines, url_request(&web.url("/hello.wav"))).is_some());
    assert_eq!((web.unread_requests(), setup.sounds()), (0, 1));
    assert!(setup.files().iter().all(|name| !name.contains("hello")));
}

#[tokio::test]
async fn a_stale_sound_is_revalidated_with_its_etag() {
    let headers = "ETag: \"one\"\r\nLast-Modified: Sun, 01 Nov 2026 10:00:00 GMT\r\nCache-Control: max-age=0\r\n";
    let renewed = Reply::with(304, "Cache-Control: max-age=600\r\n", "");
    let mut web = web_replying_in_turn(vec![sound(headers, 100), renewed]).await;
    let engines = SynthesisSetup::new().open();
    let first = render_sound(&engines, url_request(&web.url("/"))).await;
    assert!(web.next().await.headers("if-none-match").is_empty());
    assert!(render_if_cached(&engines, url_request(&web.url("/"))).is_none());
    let second = render_sound(&engines, url_request(&web.url("/"))).await;
    let seen = web.next().await;
    assert_eq!(seen.headers("if-none-match"), ["\"one\""]);
    assert_eq!(seen.headers("if-modified-since"), ["Sun, 01 Nov 2026 10:00:00 GMT"]);
    assert_eq!(file(&first), file(&second));
    assert!(render_if_cached(&engines, url_request(&web.url("/"))).is_some(), "fresh again");
}

#[tokio::test]
async fn a_changed_sound_replaces_the_old_one_that_is_still_playing() {
    let web =
        web_replying_in_turn(vec![sound("Cache-Control: max-age=0\r\n", 100), sound("", 200)])
            .await;
    let setup = SynthesisSetup::new();
    let engines = setup.open();
    let old = render_sound(&engines, url_request(&web.url("/"))).await;
    let new = render_sound(&engines, url_request(&web.url("/"))).await;
    assert_eq!((length(&old), length(&new)), (100, 200));
    drop(old);
    assert_eq!(setup.sounds(), 1);
}

#[tokio::test]
async fn freshness_and_etag_survive_a_restart() {
    let mut web = web_replying_in_turn(vec![
        sound("ETag: \"one\"\r\nCache-Control: max-age=600\r\n", 100),
        sound("ETag: \"two\"\r\nCache-Control: max-age=0\r\n", 200),
        Reply::with(304, "", ""),
    ])
    .await;
    let setup = SynthesisSetup::new();
    render_sound(&setup.open(), url_request(&web.url("/fresh"))).await;
    render_sound(&setup.open(), url_request(&web.url("/stale"))).await;
    web.next().await;
    web.next().await;
    let engines = setup.open();
    assert!(render_if_cached(&engines, url_request(&web.url("/fresh"))).is_some());
    assert_eq!(length(&render_sound(&engines, url_request(&web.url("/stale"))).await), 200);
    assert_eq!(web.next().await.headers("if-none-match"), ["\"two\""]);
    for name in setup.files().iter().filter(|name| name.ends_with(".json")) {
        let known = std::fs::read_to_string(setup.settings.cache_folder.local.join(name)).unwrap();
        assert!(!known.contains("http") && !known.contains("stale"), "{known}");
    }
}

#[tokio::test]
async fn a_stale_sound_is_used_when_the_server_fails_and_the_next_request_is_delayed() {
    // A kept connection that ends without an answer is replaced, so that request is sent twice.
    let failures = [
        (Reply::of(500, "text/plain", "broken"), 1),
        (Reply::of(200, "text/html", "<html>we are moving</html>"), 1),
        (Reply::redirect(302, "http://elsewhere.invalid/"), 1),
        (Reply::Reset, 2),
        (Reply::Silence, 1),
    ];
    for (failure, requests) in failures {
        let mut web =
            web_replying_in_turn(vec![sound("Cache-Control: max-age=0\r\n", 100), failure]).await;
        let mut setup = SynthesisSetup::new();
        setup.settings.timeout = Duration::from_millis(1500);
        let engines = setup.open();
        assert_eq!(wav_at(&engines, &web).await, 100);
        assert_eq!(wav_at(&engines, &web).await, 100);
        assert_eq!(web.unread_requests(), 1 + requests);
        assert!(render_if_cached(&engines, url_request(&web.url("/hello.wav"))).is_some());
        assert_eq!(web.unread_requests(), 0);
    }
}

#[tokio::test]
async fn a_stale_sound_is_not_used_when_it_is_gone_or_must_be_revalidated() {
    let stale = "Cache-Control: max-age=0\r\n";
    let web =
        web_replying_in_turn(vec![sound(stale, 100), Reply::of(404, "text/plain", "gone")]).await;
    let setup = SynthesisSetup::new();
    let engines = setup.open();
    assert_eq!(wav_at(&engines, &web).await, 100);
    let reason = sound_error(&engines, url_request(&web.url("/hello.wav"))).await;
    assert_eq!(reason, "the sound's web server answered with status 404");
    assert_eq!(setup.files(), [""; 0]);
    let strict = "Cache-Control: max-age=0, must-revalidate\r\n";
    let web =
        web_replying_in_turn(vec![sound(strict, 100), Reply::of(500, "text/plain", "broken")])
            .await;
    assert_eq!(wav_at(&engines, &web).await, 100);
    let reason = sound_error(&engines, url_request(&web.url("/hello.wav"))).await;
    assert_eq!(reason, "the sound's web server answered with status 500");
}

#[tokio::test]
async fn a_no_store_or_private_sound_is_fetched_for_each_use_and_deleted() {
    for control in ["no-store", "max-age=600, private"] {
        let mut web =
            web_replying_in_turn(vec![sound(&format!("Cache-Control: {control}\r\n"), 100)]).await;
        let setup = SynthesisSetup::new();
        let engines = setup.open();
        assert_eq!(wav_at(&engines, &web).await, 100);
        assert_eq!((setup.files(), setup.private_files()), (Vec::new(), Vec::new()), "{control}");
        assert_eq!(wav_at(&engines, &web).await, 100);
        web.next().await;
        web.next().await;
    }
}

#[tokio::test]
async fn a_sensitive_url_leaves_nothing_behind() {
    let web = web_replying_in_turn(vec![sound("Cache-Control: max-age=600\r\n", 100)]).await;
    let setup = SynthesisSetup::new();
    let engines = setup.open();
    let url = RedactedText::sensitive(web.url("/4711.wav"));
    let made = render_sound(&engines, SoundRequest::Url { url, decides_host: false }).await;
    assert_eq!(setup.private_files().len(), 1);
    drop(made);
    assert_eq!((setup.files(), setup.private_files()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_url_from_a_value_must_pass_the_egress_rules() {
    let mut web = Web::start(|seen| match seen.path() {
        "/away" => Reply::redirect(302, "http://10.0.0.1/secret.wav"),
        _ => sound("", 100),
    })
    .await;
    let url = web.url("/hello.wav");
    let closed = SynthesisSetup::new();
    let engines = closed.open();
    // A sound that a script may fetch is not played for a URL from a value.
    render_sound(&engines, url_request(&url)).await;
    web.next().await;
    let reason = sound_error(&engines, url_request_from_value(&url)).await;
    assert_eq!(reason, "a value decides its host, and the host is not in `allow_hosts`");
    assert_eq!(web.unread_requests(), 0);
    let engines = setup_with_local_egress().open();
    assert_eq!(length(&render_sound(&engines, url_request_from_value(&url)).await), 100);
    let reason = sound_error(&engines, url_request_from_value(&web.url("/away"))).await;
    assert_eq!(reason, "the sound's web server answered with status 302");
    for (url, reason) in [
        ("file:///etc/passwd", "the sound's URL is neither http nor https"),
        ("hello.wav", "the sound's URL is invalid"),
    ] {
        assert_eq!(sound_error(&engines, url_request_from_value(url)).await, reason);
    }
}

#[tokio::test]
async fn a_cached_sound_is_not_used_when_the_egress_rules_forbid_its_host() {
    let web = web_replying_in_turn(vec![sound("Cache-Control: max-age=600\r\n", 100)]).await;
    let mut setup = setup_with_local_egress();
    render_sound(&setup.open(), url_request_from_value(&web.url("/"))).await;
    setup.egress = EgressRules::default();
    assert!(
        sound_error(&setup.open(), url_request_from_value(&web.url("/")))
            .await
            .contains("allow_hosts")
    );
}

#[tokio::test]
async fn a_file_that_is_no_sound_or_too_long_is_an_error_without_its_url() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 20 << 20);
    let long = Reply::Close([long.as_bytes(), &vec![0; 17 << 20]].concat());
    let mut web = Web::start(move |seen| match seen.path() {
        "/page?q=1" => Reply::of(200, "audio/wav", "<html>"),
        "/long?q=1" => long.clone(),
        _ => Reply::Silence,
    })
    .await;
    let mut setup = SynthesisSetup::new();
    for (path, timeout, begins) in [
        ("/page?q=1", 5000, "the fetched file is not a playable sound: "),
        ("/long?q=1", 5000, "the reply is longer than 16777216 bytes"),
        ("/silent?q=1", 500, "the sound was not fetched within 500ms"),
    ] {
        setup.settings.timeout = Duration::from_millis(timeout);
        let engines = setup.open();
        let reason = sound_error(&engines, url_request(&web.url(path))).await;
        assert!(reason.starts_with(begins), "{reason}");
        assert!(!reason.contains("q=1") && !reason.contains("127.0.0.1"), "{reason}");
        web.next().await;
        // The next call gets the error at once.
        assert!(
            render_if_cached(&engines, url_request(&web.url(path)))
                .is_some_and(|outcome| outcome.is_err())
        );
    }
    assert_eq!(web.unread_requests(), 0);
    assert_eq!(setup.files(), [""; 0]);
}

#[tokio::test]
async fn music_on_hold_uses_cached_sounds_and_renews_stale_ones_in_the_background() {
    let stale = "ETag: \"one\"\r\nCache-Control: max-age=0\r\n";
    let renewed = Reply::with(304, "Cache-Control: max-age=600\r\n", "");
    let mut web = web_replying_in_turn(vec![sound(stale, 100), renewed]).await;
    let engines = SynthesisSetup::new().open();
    assert!(engines.cached(url_request(&web.url("/")), false).is_none());
    web.next().await;
    render_sound(&engines, url_request(&web.url("/"))).await;
    let seen = web.unread_requests();
    assert!(engines.cached(url_request(&web.url("/")), false).is_some());
    within("the end", engines.close_and_wait()).await;
    assert!(
        render_if_cached(&engines, url_request(&web.url("/"))).is_some(),
        "after {seen} and one more"
    );
}
