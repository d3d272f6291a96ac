//! Speech recognition by an OpenAI-compatible web service (`/v1/audio/transcriptions`).

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::limits::MAX_REPLY_BYTES;
use super::utterance::UtteranceAudio;
use crate::script::voice::AsrError;
use crate::voice::settings::EngineHttpService;
use crate::web::client::{HttpClient, HttpReply};

/// The operator chose the service in the daemon's file, so the egress rules do not apply to it.
const UNTRUSTED_HOST: bool = false;

pub(super) async fn transcribe(
    client: &HttpClient,
    service: &EngineHttpService,
    utterance: &UtteranceAudio,
    language: &str,
) -> Result<String, AsrError> {
    let form = build_form(service, utterance, language)?;
    let request = client.request(Method::POST, service.url.clone(), UNTRUSTED_HOST);
    let request = request.map_err(|error| AsrError(error.to_string()))?;
    let headers = service.headers.iter().cloned().collect();
    let request = request.headers(headers).multipart(form).build();
    let request = request.map_err(|_| AsrError("could not build the request".into()))?;
    let reply = client.exchange(request, UNTRUSTED_HOST, MAX_REPLY_BYTES).await;
    parse_reply(&reply.map_err(|error| AsrError(error.to_string()))?)
}

fn build_form(
    service: &EngineHttpService,
    utterance: &UtteranceAudio,
    language: &str,
) -> Result<Form, AsrError> {
    let file = Part::bytes(utterance.to_wav()?).file_name("speech.wav").mime_str("audio/wav");
    let file = file.map_err(|_| AsrError("could not build the request".into()))?;
    let form = Form::new()
        .part("file", file)
        .text("model", service.model.clone())
        .text("response_format", "json")
        .text("temperature", "0");
    Ok(match iso_639_1(language) {
        Some(language) => form.text("language", language),
        None => form,
    })
}

/// Returns the language code without its region. `None` if it does not have two letters: services reject every other
/// code.
fn iso_639_1(language: &str) -> Option<String> {
    let primary = language.split(['-', '_']).next()?;
    let is_code = primary.len() == 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_code.then(|| primary.to_ascii_lowercase())
}

#[derive(serde::Deserialize)]
struct TranscriptionReply {
    text: String,
}

/// Accepts plain text as well as JSON: some services return text whatever the request asks for.
fn parse_reply(reply: &HttpReply) -> Result<String, AsrError> {
    if !(200..300).contains(&reply.status) {
        return Err(AsrError(format!("HTTP status {}", reply.status)));
    }
    if let Ok(TranscriptionReply { text }) = serde_json::from_slice(&reply.body) {
        return Ok(text);
    }
    let content_type = reply.headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content_type.to_ascii_lowercase().starts_with("text/plain") {
        true => Ok(String::from_utf8_lossy(&reply.body).into_owned()),
        false => Err(AsrError("its reply contains no text".into())),
    }
}
