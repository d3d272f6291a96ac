//! Engines over HTTP.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::voice::{SpeakingRate, VoiceParams};
use dialscript::voice::settings::{EngineHttpService, TtsBackend, TtsEngine};
use http::{HeaderName, HeaderValue};

use crate::support::wav::tone;
use crate::support::web::{Reply, Web};
use crate::voice::synthesis::engine::tts_engine;
use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{
    length, render_if_cached, render_sound, sound_error, text_request, text_request_with,
};

fn service(web: &Web) -> Arc<TtsEngine> {
    service_at(&web.url("/v1/audio/speech"))
}

fn service_at(url: &str) -> Arc<TtsEngine> {
    let authorization = HeaderValue::from_static("Bearer key-of-the-house");
    let by = TtsBackend::Http(EngineHttpService {
        url: url.parse().unwrap(),
        model: "tts-1".to_owned(),
        headers: vec![(HeaderName::from_static("authorization"), authorization)],
    });
    let TtsEngine { name, backend: by, voices, language, speed, .. } =
        Arc::into_inner(tts_engine("web", by)).unwrap();
    Arc::new(TtsEngine {
        name,
        backend: by,
        voice: Some("alloy".into()),
        voices,
        language,
        language_is_set: false,
        speed,
    })
}

fn setup(web: &Web) -> SynthesisSetup {
    let mut setup = SynthesisSetup::new();
    setup.settings.default_engine = Some(service(web));
    setup
}

#[tokio::test]
async fn a_request_to_a_service_has_text_voice_speed_and_wav_format() {
    let mut web = Web::start(|_| Reply::of(200, "audio/wav", tone(100))).await;
    let engines = setup(&web).open();
    let params = VoiceParams { speed: Some(SpeakingRate(125)), ..VoiceParams::default() };
    let text = "He said \"yes\"\n{and} left.";
    assert_eq!(length(&render_sound(&engines, text_request_with(text, params.clone())).await), 100);
    let seen = web.next().await;
    assert_eq!(seen.line(), "POST /v1/audio/speech HTTP/1.1");
    assert_eq!(seen.headers("content-type"), ["application/json"]);
    assert_eq!(seen.headers("authorization"), ["Bearer key-of-the-house"]);
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    let expected = serde_json::json!({
        "model": "tts-1", "input": text, "voice": "alloy", "response_format": "wav", "speed": 1.25,
    });
    assert_eq!(body, expected);
    assert!(render_if_cached(&engines, text_request_with(text, params)).is_some());
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test]
async fn the_header_of_a_service_replaces_the_credentials_in_its_url() {
    let mut web = Web::start(|_| Reply::of(200, "audio/wav", tone(100))).await;
    let mut setup = setup(&web);
    let url = web.url("/v1/audio/speech").replace("://", "://ivr:word@");
    setup.settings.default_engine = Some(service_at(&url));
    assert_eq!(length(&render_sound(&setup.open(), text_request("four")).await), 100);
    assert_eq!(web.next().await.headers("authorization"), ["Bearer key-of-the-house"]);
}

/// The error when the service sends this reply.
async fn reason(reply: Reply) -> String {
    let web = Web::start(move |_| reply.clone()).await;
    let mut setup = setup(&web);
    setup.settings.timeout = Duration::from_millis(1500);
    sound_error(&setup.open(), text_request("Good day.")).await
}

#[tokio::test]
async fn the_error_of_a_failing_service_does_not_contain_its_reply() {
    let refused = Reply::of(401, "application/json", r#"{"error":"Good day. key-of-the-house"}"#);
    assert_eq!(reason(refused).await, "web: HTTP status 401");
    let page = Reply::of(200, "text/html", "<html>Good day.</html>");
    let page = reason(page).await;
    assert!(page.starts_with("web: its output is not a playable sound: "), "{page}");
    assert!(!page.contains("Good day"), "{page}");
    let drip = Reply::Drip(b"HTTP/1.1 200 OK\r\n\r\n".into());
    let (silence, drip) = tokio::join!(reason(Reply::Silence), reason(drip));
    assert_eq!([silence, drip], ["web: no sound within 1.5s"; 2]);
    assert!(reason(Reply::Reset).await.starts_with("web: no connection: "));
}

#[tokio::test]
async fn an_endless_reply_is_aborted() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 20 << 20);
    let endless = Reply::Close([head.as_bytes(), &vec![0; 17 << 20]].concat());
    let web = Web::start(move |_| endless.clone()).await;
    let reason = sound_error(&setup(&web).open(), text_request("Good day.")).await;
    assert_eq!(reason, "web: the reply is longer than 16777216 bytes");
}
