//! A web service as recognizer.

use ::http::{HeaderName, HeaderValue};
use dialscript::voice::settings::{AsrBackend, EngineHttpService};

use crate::support::net::free_address;
use crate::support::web::{Reply, SeenRequest, Web};
use crate::voice::recognition::setup::{LONG, RecognitionSetup, SHORT, speech};

fn service(web: &Web) -> AsrBackend {
    let mut token = HeaderValue::from_static("Bearer canary");
    token.set_sensitive(true);
    AsrBackend::Http(EngineHttpService {
        url: web.url("/v1/audio/transcriptions?key=canary").parse().unwrap(),
        model: "whisper-1".into(),
        headers: vec![(HeaderName::from_static("authorization"), token)],
    })
}

async fn heard(
    reply: impl Fn(&SeenRequest) -> Reply + Send + Sync + 'static,
) -> Result<String, String> {
    let web = Web::start(reply).await;
    let setup = RecognitionSetup::new(service(&web));
    let heard = setup.transcribe(&speech()).await;
    setup.assert_no_recordings();
    heard.map_err(|error| error.0)
}

/// The value of a form field that is not a file.
fn field<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = body.split_once(&format!("name=\"{name}\"\r\n\r\n"))?;
    value.split("\r\n").next()
}

#[tokio::test]
async fn the_request_is_multipart_with_recording_model_and_language() {
    let mut web = Web::start(|_| Reply::json(r#"{"text":" Four, seven.\n"}"#)).await;
    let setup = RecognitionSetup::new(service(&web));
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "Four, seven.");
    let seen = web.next().await;
    assert_eq!(seen.line(), "POST /v1/audio/transcriptions?key=canary HTTP/1.1");
    assert_eq!(seen.headers("authorization"), ["Bearer canary"]);
    assert!(seen.headers("content-type")[0].starts_with("multipart/form-data; boundary="));
    let body = String::from_utf8_lossy(&seen.body);
    assert_eq!(field(&body, "model"), Some("whisper-1"));
    assert_eq!(field(&body, "language"), Some("en"));
    assert_eq!(field(&body, "response_format"), Some("json"));
    assert_eq!(field(&body, "temperature"), Some("0"));
    assert!(body.contains("name=\"file\"; filename=\"speech.wav\"\r\nContent-Type: audio/wav"));
    let wav = speech();
    assert!(seen.body.windows(wav.len()).any(|window| window == wav));
}

#[tokio::test]
async fn a_recording_that_meets_a_closing_connection_is_sent_once_more() {
    let seen_before = parking_lot::Mutex::new(0);
    let mut web = Web::start(move |_| {
        let mut seen_before = seen_before.lock();
        *seen_before += 1;
        match *seen_before {
            2 => Reply::Close(Vec::new()),
            _ => Reply::json(r#"{"text":"four"}"#),
        }
    })
    .await;
    let setup = RecognitionSetup::new(service(&web));
    for _ in 0..2 {
        assert_eq!(setup.transcribe(&speech()).await.unwrap(), "four");
    }
    let seen = [web.next().await, web.next().await, web.next().await];
    assert_eq!(seen.each_ref().map(|seen| seen.connection), [1, 1, 2]);
    assert_eq!(seen[1].body, seen[2].body);
}

#[tokio::test]
async fn a_language_without_a_two_letter_code_is_not_sent() {
    let mut web = Web::start(|_| Reply::json(r#"{"text":"four"}"#)).await;
    let setup = RecognitionSetup::new(service(&web));
    let recording = setup.write_recording(&speech());
    assert_eq!(setup.recognizer.transcribe(recording, "gsw-CH").await.unwrap(), "four");
    let body = web.next().await.body;
    assert_eq!(field(&String::from_utf8_lossy(&body), "language"), None);
}

#[tokio::test]
async fn replies_are_json_or_text() {
    assert_eq!(
        heard(|_| Reply::of(200, "text/plain; charset=utf-8", "four\n")).await.unwrap(),
        "four"
    );
    assert_eq!(heard(|_| Reply::of(201, "x/y", r#"{"text":"four","x":1}"#)).await.unwrap(), "four");
    assert_eq!(heard(|_| Reply::json(r#"{"text":""}"#)).await.unwrap(), "");
    let none = "recognizer: its reply contains no text";
    assert_eq!(heard(|_| Reply::json(r#"{"words":"four"}"#)).await.unwrap_err(), none);
    assert_eq!(heard(|_| Reply::json(r#"{"text":4}"#)).await.unwrap_err(), none);
    assert_eq!(heard(|_| Reply::of(200, "text/html", "<p>four")).await.unwrap_err(), none);
    assert_eq!(heard(|_| Reply::json("")).await.unwrap_err(), none);
}

#[tokio::test]
async fn each_failure_has_its_error_message_without_the_reply() {
    let of = |status| heard(move |_| Reply::of(status, "text/plain", "canary"));
    assert_eq!(of(401).await.unwrap_err(), "recognizer: HTTP status 401");
    assert_eq!(of(500).await.unwrap_err(), "recognizer: HTTP status 500");
    let error = heard(|_| Reply::redirect(302, "http://elsewhere.example/")).await.unwrap_err();
    assert_eq!(error, "recognizer: HTTP status 302");
    let error = heard(|_| Reply::Reset).await.unwrap_err();
    assert!(error.starts_with("recognizer: no connection") && !error.contains("canary"), "{error}");
    let long = heard(|_| Reply::of(200, "text/plain", "four ".repeat(100_000))).await;
    assert_eq!(long.unwrap_err(), "recognizer: the reply is longer than 262144 bytes");
}

#[tokio::test]
async fn a_service_that_hangs_or_drips_times_out() {
    let dripping = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{\"text\":\"".to_vec();
    for reply in [Reply::Silence, Reply::Drip(dripping)] {
        let web = Web::start(move |_| reply.clone()).await;
        let setup = RecognitionSetup::with(service(&web), SHORT, 4);
        assert_eq!(setup.asr_error().await, "recognizer: no result within 400ms");
    }
}

#[tokio::test]
async fn an_unreachable_service_is_an_error() {
    let web = Web::start(|_| Reply::Silence).await;
    let AsrBackend::Http(mut gone) = service(&web) else { panic!() };
    let free = free_address().port();
    gone.url.set_port(Some(free)).unwrap();
    let error = RecognitionSetup::with(AsrBackend::Http(gone), LONG, 4).asr_error().await;
    assert!(error.starts_with("recognizer: no connection"), "{error}");
}
