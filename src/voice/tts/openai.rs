//! Engines over HTTP: an OpenAI-compatible `/v1/audio/speech`.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use reqwest::{Method, Request};
use serde::Serialize;

use super::engine_voice::EngineVoice;
use crate::script::voice::SpeakingRate;
use crate::voice::settings::EngineHttpService;
use crate::voice::sound_fetcher::MAX_SOUND_BYTES;
use crate::web::client::HttpClient;

#[derive(Serialize)]
struct SpeechRequestBody<'a> {
    model: &'a str,
    input: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a str>,
    response_format: &'static str,
    speed: f64,
}

/// The sound file of a text. Nothing of a refusal's body is told: it may hold the text.
pub(super) async fn synthesize(
    client: &HttpClient,
    service: &EngineHttpService,
    speaker: &EngineVoice,
    text: &str,
) -> Result<Vec<u8>, String> {
    let SpeakingRate(hundredths) = speaker.speed;
    let speech = SpeechRequestBody {
        model: &service.model,
        input: text,
        voice: speaker.voice.as_deref(),
        response_format: "wav",
        speed: f64::from(hundredths) / 100.0,
    };
    let request = build_request(client, service, &speech)?;
    let reply = client.exchange(request, false, MAX_SOUND_BYTES).await;
    let reply = reply.map_err(|failed| failed.to_string())?;
    match reply.status {
        200..=299 => Ok(reply.body),
        status => Err(format!("it answered with status {status}")),
    }
}

fn build_request(
    client: &HttpClient,
    service: &EngineHttpService,
    speech: &SpeechRequestBody<'_>,
) -> Result<Request, String> {
    let request = client.request(Method::POST, service.url.clone(), false);
    let mut request = request.map_err(|refused| refused.to_string())?;
    request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &service.headers {
        request = request.header(name, value);
    }
    let body = serde_json::to_vec(speech).map_err(|_| "the text can't be written as JSON")?;
    request.body(body).build().map_err(|_| "no request can be made of its settings".to_owned())
}
