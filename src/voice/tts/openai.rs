//! Text-to-speech by an OpenAI-compatible web service (`/v1/audio/speech`).

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

/// The operator chose the service in the daemon's file, so the egress rules do not apply to it.
const UNTRUSTED_HOST: bool = false;

/// Returns the sound file. The body of an error response may quote the text, so no error contains it.
pub(super) async fn synthesize(
    client: &HttpClient,
    service: &EngineHttpService,
    voice: &EngineVoice,
    text: &str,
) -> Result<Vec<u8>, String> {
    let SpeakingRate(hundredths) = voice.speed;
    let body = SpeechRequestBody {
        model: &service.model,
        input: text,
        voice: voice.voice.as_deref(),
        response_format: "wav",
        speed: f64::from(hundredths) / 100.0,
    };
    let request = build_request(client, service, &body)?;
    let reply = client.exchange(request, UNTRUSTED_HOST, MAX_SOUND_BYTES).await;
    let reply = reply.map_err(|error| error.to_string())?;
    match reply.status {
        200..=299 => Ok(reply.body),
        status => Err(format!("HTTP status {status}")),
    }
}

fn build_request(
    client: &HttpClient,
    service: &EngineHttpService,
    body: &SpeechRequestBody<'_>,
) -> Result<Request, String> {
    let request = client.request(Method::POST, service.url.clone(), UNTRUSTED_HOST);
    let mut request = request.map_err(|error| error.to_string())?;
    request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request = request.headers(service.headers.iter().cloned().collect());
    let body = serde_json::to_vec(body).map_err(|_| "could not encode the text as JSON")?;
    request.body(body).build().map_err(|_| "could not build a request from its settings".to_owned())
}
